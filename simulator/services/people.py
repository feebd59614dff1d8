"""People, who they are to each app, and what they have allowed."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction

from simulator.models import App, Grant, Person
from simulator.services import clock

CODE_LIVES = timedelta(minutes=5)
FIRST_PEOPLE = [("limei", "李梅"), ("wangqiang", "王强"), ("chenjing", "陈静"), ("zhaolei", "赵磊")]


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
        made_at=clock.stamp(),
    )


def grant_exchange(*, appid: str, secret: str, code: str) -> Grant:
    """The code's token; a code works once, for five minutes. Raises OAuthError."""
    app = App.objects.filter(appid=appid).first()
    if app is None:
        raise OAuthError(40013, "invalid appid")
    if not secrets.compare_digest(app.secret, secret):
        raise OAuthError(40125, "invalid appsecret")
    with transaction.atomic():
        grant = Grant.objects.filter(code=code, app=app).first()
        if grant is None:
            raise OAuthError(40029, "invalid code")
        if grant.used_at is not None:
            raise OAuthError(40163, "code been used")
        if clock.stamp() - grant.made_at > CODE_LIVES:
            raise OAuthError(42003, "oauth_code expired")
        grant.used_at = clock.stamp()
        grant.access_token, grant.refresh_token = secrets.token_hex(24), secrets.token_hex(24)
        grant.save()
    return grant


def grant_openid(grant: Grant) -> str:
    """Who the token says; a snapshot's openid belongs to nobody."""
    key = f"snapshot:{grant.pk}" if grant.is_snapshot else grant.person_id
    return openid_of(grant.app_id, key)
