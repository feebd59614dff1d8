"""Messages of a 服务号: cgi-bin/message/template."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from simulator.api.cgi import app_of_token
from simulator.api.plain import misbehaving
from simulator.models import App, Message
from simulator.services.faults import fault_take
from simulator.services.messages import (
    MessageRefused,
    subscription_message,
    template_message,
)

REFUSALS = {
    "refused": (43101, "user refuse to accept the msg"),
    "not_following": (43004, "require subscribe"),
    "bad_template": (40037, "invalid template_id"),
    "quota": (45009, "reach max api daily quota limit"),
}


@csrf_exempt
def template_send(request: HttpRequest) -> HttpResponse:
    """POST {"touser", "template_id", "url", "data", "client_msg_id"}: for followers."""
    return _send(request, template_message)


@csrf_exempt
def subscription_send(request: HttpRequest) -> HttpResponse:
    """POST {"touser", "template_id", "url", "scene", "title", "data"}: one for each consent."""
    return _send(request, subscription_message)


def _send(request: HttpRequest, send: Callable[..., Message]) -> HttpResponse:
    if request.method != "POST":
        return _error(43002, "require POST method")
    app = app_of_token(request)
    if app is None:
        return _error(40001, "invalid credential, access_token is invalid or not latest")
    asked = _body(request)
    if asked is None:
        return _error(47001, "data format error")
    mode = fault_take("message", among=frozenset(REFUSALS))
    if mode:
        return _error(*REFUSALS[mode])
    return misbehaving("message", lambda: _answer(app, asked, send), _error)


def _answer(app: App, asked: dict[str, Any], send: Callable[..., Message]) -> HttpResponse:
    try:
        sent = send(app=app, asked=asked)
    except MessageRefused as refused:
        return _error(refused.code, refused.message)
    number = {"msgid": sent.pk} if sent.kind == "template" else {}
    return JsonResponse({"errcode": 0, "errmsg": "ok", **number})


def _body(request: HttpRequest) -> dict[str, Any] | None:
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return asked if isinstance(asked, dict) else None


def _error(code: int, message: str) -> HttpResponse:
    return JsonResponse({"errcode": code, "errmsg": message})
