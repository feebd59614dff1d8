"""With which openid this browser pays: WeChat Pay wants the one that the payer has at the 服务号 whose
merchant number takes the money."""

from django.http import HttpRequest

from accounts.queries import openid_of, signed_in_id

TOLD = "wechat_openids"


def openid_keep(request: HttpRequest, *, appid: str, openid: str) -> None:
    """Remember what WeChat just told this browser, for as long as somebody is signed in. The account
    may not get it: another one of the same person has it, and both hold orders."""
    request.session[TOLD] = {**request.session.get(TOLD, {}), appid: openid}


def openid_here(request: HttpRequest, appid: str) -> str:
    """The openid of whoever is signed in, or else of whoever holds this phone; "" when WeChat has not
    told it yet."""
    told: dict[str, str] = request.session.get(TOLD, {})
    return openid_of(signed_in_id(request), appid) or told.get(appid, "")
