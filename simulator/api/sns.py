"""OAuth's server half: sns. Its answers say text/plain, as Tencent's do."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from simulator.api.plain import misbehaving
from simulator.models import Grant
from simulator.services import people
from simulator.services.people import OAuthError

LIVES_S = 7200


def access_token(request: HttpRequest) -> HttpResponse:
    """The token behind a code, which works once."""
    asked = request.GET

    def act() -> HttpResponse:
        if asked.get("grant_type") != "authorization_code":
            return _error(40002, "invalid grant_type")
        try:
            grant = people.grant_exchange(
                appid=asked.get("appid", ""),
                secret=asked.get("secret", ""),
                code=asked.get("code", ""),
            )
        except OAuthError as error:
            return _error(error.code, error.message)
        return _say(_token(grant))

    return misbehaving("oauth", act, _error)


def refresh_token(request: HttpRequest) -> HttpResponse:
    """A new access token for a refresh token."""
    asked = request.GET
    try:
        grant = people.grant_refresh(
            appid=asked.get("appid", ""), token=asked.get("refresh_token", "")
        )
    except OAuthError as error:
        return _error(error.code, error.message)
    return _say(_token(grant))


def userinfo(request: HttpRequest) -> HttpResponse:
    """Name and face, for a token that was given with consent."""
    try:
        grant = _granted(request)
    except OAuthError as error:
        return _error(error.code, error.message)
    if "snsapi_userinfo" not in grant.scope and "snsapi_login" not in grant.scope:
        return _error(48001, "api unauthorized")
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
    """Whether a token still lives."""
    try:
        _granted(request)
    except OAuthError as error:
        return _error(error.code, error.message)
    return _error(0, "ok")


def _granted(request: HttpRequest) -> Grant:
    asked = request.GET
    return people.grant_known(token=asked.get("access_token", ""), openid=asked.get("openid", ""))


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


def _error(code: int, message: str) -> HttpResponse:
    return _say({"errcode": code, "errmsg": message})
