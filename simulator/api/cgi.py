"""Tokens and tickets of a 服务号: cgi-bin."""

import json
import secrets
import time
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from simulator.models import ApiToken, App
from simulator.services import clock
from simulator.services.faults import fault_take

LIVES_S = 7200


def token(request: HttpRequest) -> HttpResponse:
    """GET with appid and secret: a new token each time, the old ones die."""
    return _token(request.GET.dict(), renew=True)


@csrf_exempt
def stable_token(request: HttpRequest) -> HttpResponse:
    """POST: the token in use while it lasts; `force_refresh` makes a new one."""
    try:
        asked = json.loads(request.body)
    except ValueError:
        return _error(47001, "data format error")
    return _token(asked, renew=bool(asked.get("force_refresh")))


def ticket(request: HttpRequest) -> HttpResponse:
    """GET ?type=jsapi: the ticket that signs pages."""
    known = ApiToken.objects.filter(
        kind="token", value=request.GET.get("access_token", ""), expires_at__gt=clock.due_now()
    ).first()
    if known is None:
        return _error(40001, "invalid credential, access_token is invalid or not latest")
    if request.GET.get("type") != "jsapi":
        return _error(40097, "invalid args")
    value, lives_s = _current(known.app, "ticket", renew=False)
    return JsonResponse({"errcode": 0, "errmsg": "ok", "ticket": value, "expires_in": lives_s})


def _token(asked: dict[str, Any], *, renew: bool) -> HttpResponse:
    mode = fault_take("token")
    if mode == "timeout":
        time.sleep(3.5)
    if mode:
        return _error(-1, "system error")
    if asked.get("grant_type") != "client_credential":
        return _error(40002, "invalid grant_type")
    app = App.objects.filter(appid=asked.get("appid")).first()
    if app is None:
        return _error(40013, "invalid appid")
    if asked.get("secret") != app.secret:
        return _error(40125, "invalid appsecret")
    value, lives_s = _current(app, "token", renew=renew)
    return JsonResponse({"access_token": value, "expires_in": lives_s})


def _current(app: App, kind: str, *, renew: bool) -> tuple[str, int]:
    now = clock.due_now()
    live = ApiToken.objects.filter(app=app, kind=kind, expires_at__gt=now)
    if renew:
        live.update(expires_at=now)
    found = live.order_by("-expires_at").first()
    if found is None:
        found = ApiToken.objects.create(
            app=app,
            kind=kind,
            value=secrets.token_hex(48),
            expires_at=now + timedelta(seconds=LIVES_S),
        )
    return found.value, int((found.expires_at - now).total_seconds())


def _error(code: int, message: str) -> HttpResponse:
    return JsonResponse({"errcode": code, "errmsg": message})
