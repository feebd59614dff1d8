"""OAuth's server half: sns. Its answers say text/plain, as Tencent's do."""

import json
import secrets
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from simulator.models import Grant
from simulator.services import people
from simulator.services.faults import CALL_MODES, fault_take
from simulator.services.people import OAuthError

LIVES_S = 7200


def access_token(request: HttpRequest) -> HttpResponse:
    mode = fault_take("oauth", among=frozenset(CALL_MODES))
    if mode == "timeout":
        time.sleep(3.5)
    if mode:
        return _say({"errcode": -1, "errmsg": "system error"})
    asked = request.GET
    if asked.get("grant_type") != "authorization_code":
        return _say({"errcode": 40002, "errmsg": "invalid grant_type"})
    try:
        grant = people.grant_exchange(
            appid=asked.get("appid", ""), secret=asked.get("secret", ""), code=asked.get("code", "")
        )
    except OAuthError as error:
        return _say({"errcode": error.code, "errmsg": error.message})
    return _say(_token(grant))


def refresh_token(request: HttpRequest) -> HttpResponse:
    token = request.GET.get("refresh_token", "")
    grant = Grant.objects.filter(refresh_token=token).exclude(refresh_token="").first()
    if grant is None or grant.app_id != request.GET.get("appid"):
        return _say({"errcode": 40030, "errmsg": "invalid refresh_token"})
    grant.access_token = secrets.token_hex(24)
    grant.save(update_fields=["access_token"])
    return _say(_token(grant))


def userinfo(request: HttpRequest) -> HttpResponse:
    grant = _granted(request)
    if grant is None:
        return _say({"errcode": 40001, "errmsg": "invalid credential"})
    if "snsapi_userinfo" not in grant.scope:
        return _say({"errcode": 48001, "errmsg": "api unauthorized"})
    person = grant.person
    told: dict[str, Any] = {
        "openid": people.grant_openid(grant),
        "nickname": "微信用户" if grant.is_snapshot else person.nickname,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": f"{settings.URL}/avatar/{person.key}.svg",
        "privilege": [],
    }
    if not grant.is_snapshot:
        told["unionid"] = people.unionid_of(person.key)
    return _say(told)


def auth(request: HttpRequest) -> HttpResponse:
    grant = _granted(request)
    if grant is None:
        return _say({"errcode": 40003, "errmsg": "invalid openid"})
    return _say({"errcode": 0, "errmsg": "ok"})


def _granted(request: HttpRequest) -> Grant | None:
    token = request.GET.get("access_token", "")
    grant = Grant.objects.select_related("person").filter(access_token=token).first()
    if not token or grant is None:
        return None
    return grant if people.grant_openid(grant) == request.GET.get("openid") else None


def _token(grant: Grant) -> dict[str, Any]:
    told: dict[str, Any] = {
        "access_token": grant.access_token,
        "expires_in": LIVES_S,
        "refresh_token": grant.refresh_token,
        "openid": people.grant_openid(grant),
        "scope": grant.scope,
    }
    if grant.is_snapshot:
        told["is_snapshotuser"] = 1
    elif "snsapi_userinfo" in grant.scope:
        told["unionid"] = people.unionid_of(grant.person_id)
    return told


def _say(told: dict[str, Any]) -> HttpResponse:
    text = json.dumps(told, ensure_ascii=False)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
