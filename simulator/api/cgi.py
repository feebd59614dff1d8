"""Tokens and tickets of a 服务号: cgi-bin."""

import json
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from simulator.api.plain import misbehaving
from simulator.models import ApiToken, App
from simulator.services import clock, people
from simulator.services.people import OAuthError

LIVES = timedelta(seconds=7200)
# An old classic token is good for so long after a new one was made.
OVERLAP = timedelta(minutes=5)
# The two ways to a token know nothing of each other.
CLASSIC, STABLE, TICKET = "token", "stable", "ticket"


@csrf_exempt
def token(request: HttpRequest) -> HttpResponse:
    """GET with appid and secret: a new token each time; the last one lives on for five minutes."""
    if request.method != "GET":
        return _error(43001, "require GET method")
    return _token(request.GET.dict(), CLASSIC, renew=True, overlap=OVERLAP)


@csrf_exempt
def stable_token(request: HttpRequest) -> HttpResponse:
    """POST: the token in use while it lasts; `force_refresh` kills it and makes a new one."""
    if request.method != "POST":
        return _error(43002, "require POST method")
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        return _error(47001, "data format error")
    return _token(asked, STABLE, renew=asked.get("force_refresh") is True, overlap=timedelta(0))


def ticket(request: HttpRequest) -> HttpResponse:
    """GET ?type=jsapi: the ticket that signs pages."""
    app = app_of_token(request)
    if app is None:
        return _error(40001, "invalid credential, access_token is invalid or not latest")
    if request.GET.get("type") != "jsapi":
        return _error(40097, "invalid args")
    value, lives_s = _current(app, TICKET, renew=False)
    return JsonResponse({"errcode": 0, "errmsg": "ok", "ticket": value, "expires_in": lives_s})


def app_of_token(request: HttpRequest) -> App | None:
    """Whose living access token is in the address."""
    known = ApiToken.objects.select_related("app").filter(
        kind__in=(CLASSIC, STABLE),
        value=request.GET.get("access_token", ""),
        expires_at__gt=clock.due_now(),
    )
    found = known.first()
    return found.app if found else None


def _token(asked: dict[str, Any], kind: str, *, renew: bool, overlap: timedelta) -> HttpResponse:
    def act() -> HttpResponse:
        if asked.get("grant_type") != "client_credential":
            return _error(40002, "invalid grant_type")
        try:
            app = people.app_of(appid=asked.get("appid"), secret=asked.get("secret"))
        except OAuthError as error:
            return _error(error.code, error.message)
        value, lives_s = _current(app, kind, renew=renew, overlap=overlap)
        return JsonResponse({"access_token": value, "expires_in": lives_s})

    return misbehaving("token", act, _error)


def _current(
    app: App, kind: str, *, renew: bool, overlap: timedelta = timedelta(0)
) -> tuple[str, int]:
    now = clock.due_now()
    with transaction.atomic():
        live = ApiToken.objects.filter(app=app, kind=kind, expires_at__gt=now)
        if renew:
            live.filter(expires_at__gt=now + overlap).update(expires_at=now + overlap)
        found = None if renew else live.order_by("-expires_at").first()
        if found is None:
            found = ApiToken.objects.create(
                app=app, kind=kind, value=secrets.token_hex(48), expires_at=now + LIVES
            )
    return found.value, int((found.expires_at - now).total_seconds())


def _error(code: int, message: str) -> HttpResponse:
    return JsonResponse({"errcode": code, "errmsg": message})
