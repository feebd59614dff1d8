"""What the shop asks of WeChat: who is this person, may this page use the JS-SDK, tell them this."""

import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from wechatpy.exceptions import WeChatClientException
from wechatpy.oauth import WeChatOAuth

from core import clock
from core.outbound import calls_within
from wechat.client import Client, WechatTrouble, client, oauth, trouble
from wechat.domains import Domain, appid_of, domain_of, domains, origin_of, sign_in_host
from wechat.messages import (
    BUSY,
    LAST_SCENE,
    NO_CONSENT,
    NOT_FOLLOWING,
    MessageTemplate,
    message_template,
    subscription_send,
    subscription_url,
    template_send,
)
from wechat.store import StoreUnavailable, shared_get

__all__ = [
    "BUSY",
    "LAST_SCENE",
    "NOT_FOLLOWING",
    "NO_CONSENT",
    "Domain",
    "ForeignUrl",
    "MessageTemplate",
    "OAuthPerson",
    "WechatTrouble",
    "appid_of",
    "authorize_url",
    "domain_of",
    "domains",
    "is_own_url",
    "jssdk_config",
    "jssdk_signature",
    "message_template",
    "oauth_person",
    "oauth_state_new",
    "origin_of",
    "sign_in_host",
    "subscription_send",
    "subscription_url",
    "template_send",
]

SCOPES = frozenset({"snsapi_base", "snsapi_userinfo"})
_STATE = re.compile(r"[a-zA-Z0-9]{1,128}", re.ASCII)
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class OAuthPerson:
    """Who came back from WeChat.

    `unionid`, `nickname` and `avatar` are there for `snsapi_userinfo` only. A snapshot person is
    invented by WeChat for a page that asked too early: never to be stored, never to pay.
    """

    openid: str
    unionid: str
    nickname: str
    avatar: str
    scope: str
    is_snapshot: bool


class ForeignUrl(ValueError):
    """The URL is not on our own host."""


def oauth_state_new() -> str:
    """A state that cannot be guessed, in the only alphabet that WeChat lets through."""
    return "".join(secrets.choice(_LETTERS) for _ in range(32))


def authorize_url(*, scope: str, state: str, redirect_uri: str, appid: str = "") -> str:
    """Where the browser is sent to; the code comes back to `redirect_uri` with the state.

    The 服务号 is the platform's unless `appid` names another one of ours.

    Ends in `#wechat_redirect`, without which WeChat shows an error page. Raises ValueError for a
    scope or a state that WeChat does not take, ForeignUrl for a redirect elsewhere.
    """
    if scope not in SCOPES:
        raise ValueError(f"scope {scope!r} is not one of {sorted(SCOPES)}")
    if not _STATE.fullmatch(state):
        raise ValueError("a state is 1 to 128 letters and digits")
    if not is_own_url(redirect_uri):
        raise ForeignUrl(redirect_uri)
    session = oauth(redirect_uri=redirect_uri, scope=scope, state=state, appid=appid)
    return str(session.authorize_url)


def oauth_person(code: str, *, appid: str = "") -> OAuthPerson:
    """Who the code of an authorisation stands for. A code works once, for five minutes.

    A silent sign-in (`snsapi_base`) and a snapshot person cost one call, the others two. Raises
    WechatTrouble; `permanent` when the code itself is refused.
    """
    session = oauth(appid=appid)
    try:
        with calls_within():
            token = session.fetch_access_token(code)
            scope = str(token.get("scope", ""))
            is_snapshot = bool(int(token.get("is_snapshotuser") or 0))
            profile = {} if is_snapshot else _profile(session, scope)
    except (WeChatClientException, requests.RequestException) as error:
        raise trouble(error) from error
    except (KeyError, ValueError, TypeError) as error:
        raise WechatTrouble("the answer makes no sense", permanent=False) from error
    return OAuthPerson(
        openid=str(token["openid"]),
        unionid=str(profile.get("unionid") or token.get("unionid") or ""),
        nickname=str(profile.get("nickname") or ""),
        avatar=_https(str(profile.get("headimgurl") or "")),
        scope=scope,
        is_snapshot=is_snapshot,
    )


def _profile(session: WeChatOAuth, scope: str) -> dict[str, Any]:
    if "snsapi_userinfo" not in scope.split(","):
        return {}
    profile: dict[str, Any] = session.get_user_info()
    if profile["openid"] != session.open_id:
        raise ValueError("the profile is somebody else's")
    return profile


def _https(url: str) -> str:
    return "https://" + url.removeprefix("http://") if url.startswith("http://thirdwx.") else url


def is_own_url(url: str) -> bool:
    """Whether the URL is on an origin of ours, port and scheme included."""
    if any(c.isspace() for c in url):
        return False
    if url.startswith(settings.SITE_URL + "/"):
        return True
    if not url.startswith(("https://", "http://")):
        return False
    return any(url.startswith(domain.origin + "/") for domain in domains())


def jssdk_config(url: str, *, now: datetime | None = None) -> dict[str, Any]:
    """What `wx.config` needs on the page at `url`: appId, timestamp, nonceStr, signature.

    The URL is signed exactly as the browser shows it, without the fragment, query and all. Raises
    ForeignUrl for a page that is not ours, WechatTrouble when no ticket is to be had.
    """
    page = url.split("#", 1)[0]
    if not is_own_url(page):
        raise ForeignUrl(page)
    appid = appid_of(urlsplit(page).hostname or "")
    timestamp = int((now or clock.now()).timestamp())
    nonce = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return {
        "appId": appid,
        "timestamp": timestamp,
        "nonceStr": nonce,
        "signature": jssdk_signature(
            nonce=nonce, ticket=_ticket(appid), timestamp=timestamp, url=page
        ),
    }


def jssdk_signature(*, nonce: str, ticket: str, timestamp: int, url: str) -> str:
    """The 40 hex digits of `wx.config`, as the official document computes them."""
    signer = Client.jsapi
    return str(signer.get_jsapi_signature(nonce, ticket, timestamp, url))


def _ticket(appid: str) -> str:
    one = client(appid)

    def fetch() -> tuple[str, int]:
        answer = one.call(lambda session: session.jsapi.get_ticket("jsapi"))
        return str(answer["ticket"]), int(answer["expires_in"])

    try:
        return shared_get(appid=appid, what="jsapi_ticket", fetch=fetch)
    except StoreUnavailable as error:
        raise trouble(error) from error
