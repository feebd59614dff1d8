"""People, who they are to each app, and what they have allowed."""

import hashlib
import secrets
import threading
from datetime import timedelta

from django.db import transaction

from simulator.models import App, Grant, Person
from simulator.services import clock

CODE_LIVES = timedelta(minutes=5)
TOKEN_LIVES = timedelta(hours=2)
FIRST_PEOPLE = [("limei", "李梅"), ("wangqiang", "王强"), ("chenjing", "陈静"), ("zhaolei", "赵磊")]


# {appid: {openid: key}}; people are never removed, only added.
_openids: dict[str, dict[str, str]] = {}
_lock = threading.Lock()


class OAuthError(Exception):
    """Tencent's errcode and errmsg."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def people() -> list[Person]:
    """Everybody; the first few are born by themselves."""
    if not Person.objects.exists():
        Person.objects.bulk_create(
            [Person(key=key, nickname=name) for key, name in FIRST_PEOPLE], ignore_conflicts=True
        )
    return list(Person.objects.order_by("made_at", "key"))


def openid_of(appid: str, key: str) -> str:
    """28 characters, another one at every app."""
    return "o" + _letters(f"openid:{appid}:{key}", 27)


def is_openid(appid: str, openid: str) -> bool:
    """Whether anybody has this openid at this app."""
    return _key_of(appid, openid) != ""


def person_with(appid: str, openid: str) -> Person | None:
    """Who has this openid at this app."""
    return Person.objects.filter(key=_key_of(appid, openid)).first()


def people_add(prefix: str, number: int) -> list[str]:
    """So many people, `prefix`0 and on, at once; their keys. Those who are there already stay."""
    keys = [f"{prefix}{n}" for n in range(number)]
    Person.objects.bulk_create(
        [Person(key=key, nickname=key) for key in keys], batch_size=500, ignore_conflicts=True
    )
    return keys


def _key_of(appid: str, openid: str) -> str:
    known = _openids.setdefault(appid, {})
    if openid not in known:
        with _lock:
            known.update({openid_of(appid, one.key): one.key for one in people()})
    return known.get(openid, "")


def unionid_of(key: str) -> str:
    return "u" + _letters(f"unionid:{key}", 27)


def _letters(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def grant_new(*, app: App, person: Person, scope: str, is_snapshot: bool = False) -> Grant:
    """A code for the redirect back."""
    return Grant.objects.create(
        code=secrets.token_hex(16),
        app=app,
        person=person,
        scope=scope,
        is_snapshot=is_snapshot,
        made_at=clock.due_now(),
    )


def grant_exchange(*, appid: str, secret: str, code: str) -> Grant:
    """The code's token; a code works once, for five minutes. Raises OAuthError."""
    app = app_of(appid=appid, secret=secret)
    if not code:
        raise OAuthError(41008, "missing code")
    with transaction.atomic():
        grant = Grant.objects.filter(code=code, app=app).first()
        if grant is None:
            raise OAuthError(40029, "invalid code")
        if grant.used_at is not None:
            raise OAuthError(40163, "code been used")
        if clock.due_now() - grant.made_at > CODE_LIVES:
            raise OAuthError(42003, "oauth_code expired")
        grant.used_at = clock.due_now()
        grant.refresh_token = secrets.token_hex(24)
        _token_give(grant)
    return grant


def grant_refresh(*, appid: str, token: str) -> Grant:
    """The grant of a refresh token, with a new access token. Raises OAuthError."""
    grant = Grant.objects.filter(refresh_token=token).first() if token else None
    if grant is None or grant.app_id != appid:
        raise OAuthError(40030, "invalid refresh_token")
    _token_give(grant)
    return grant


def grant_known(*, token: str, openid: str) -> Grant:
    """The grant of a living access token of this person's. Raises OAuthError."""
    grant = Grant.objects.select_related("person").filter(access_token=token).first()
    if not token or grant is None:
        raise OAuthError(40001, "invalid credential, access_token is invalid or not latest")
    if grant.token_at is None or clock.due_now() - grant.token_at > TOKEN_LIVES:
        raise OAuthError(42001, "access_token expired")
    if grant_openid(grant) != openid:
        raise OAuthError(40003, "invalid openid")
    return grant


def _token_give(grant: Grant) -> None:
    grant.access_token, grant.token_at = secrets.token_hex(24), clock.due_now()
    grant.save(update_fields=["access_token", "token_at", "refresh_token", "used_at"])


def app_of(*, appid: object, secret: object) -> App:
    """The 服务号 that knows its secret. Raises OAuthError."""
    if not appid:
        raise OAuthError(41002, "appid missing")
    if not secret:
        raise OAuthError(41004, "appsecret missing")
    app = App.objects.filter(appid=str(appid)).first()
    if app is None:
        raise OAuthError(40013, "invalid appid")
    if not secrets.compare_digest(app.secret.encode(), str(secret).encode()):
        raise OAuthError(40125, "invalid appsecret")
    return app


def grant_openid(grant: Grant) -> str:
    """Who the token says; a snapshot's openid belongs to nobody."""
    key = f"snapshot:{grant.pk}" if grant.is_snapshot else grant.person_id
    return openid_of(grant.app_id, key)
