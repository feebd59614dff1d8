"""wechatpy behind what it lacks: limits, a shared token under a lock, one retry, no leaks.

Its own retry on a refused token calls itself without end, its token call has neither limit nor
lock, and its OAuth calls have no limit at all; so none of these three is used.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from django.conf import settings
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException
from wechatpy.oauth import WeChatOAuth

from core.outbound import calls_within
from wechat.domains import secret_of
from wechat.http import guard
from wechat.store import StoreUnavailable, shared_get

log = logging.getLogger(__name__)

# invalid credential, invalid access_token, access_token expired
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
# busy, call quota used up, calls too frequent
PASSING = frozenset({-1, 45009, 45011})

T = TypeVar("T")


class WechatTrouble(Exception):
    """Tencent did not answer, or answered with an error.

    `permanent`: the same call would be refused again. `code` is Tencent's errcode, or None.
    """

    def __init__(self, message: str, *, permanent: bool, code: int | None = None) -> None:
        super().__init__(message)
        self.permanent, self.code = permanent, code


class Client(WeChatClient):
    """The 服务号's API client. Its token is shared by every process."""

    def __init__(self, *, appid: str, secret: str) -> None:
        super().__init__(appid, secret, auto_retry=False)
        self.API_BASE_URL = f"{settings.WECHAT_API_URL}/cgi-bin/"
        guard(self._http)
        self._refused = ""

    @property
    def access_token(self) -> str:
        return shared_get(
            appid=self.appid, what="access_token", fetch=self._token_fetch, not_this=self._refused
        )

    def fetch_access_token(self) -> None:
        """Not the library's way: the property above is the only source of tokens."""
        raise NotImplementedError

    def call(self, verb: Callable[["Client"], T]) -> T:
        """One call to Tencent, with one retry when the shared token was refused; three seconds in all.

        Raises WechatTrouble.
        """
        try:
            with calls_within():
                return self._with_token(verb)
        except (WeChatClientException, requests.RequestException, StoreUnavailable) as error:
            raise trouble(error) from error
        finally:
            self._refused = ""

    def _with_token(self, verb: Callable[["Client"], T]) -> T:
        try:
            used = self.access_token
            return verb(self)
        except WeChatClientException as error:
            if error.errcode not in TOKEN_REFUSED:
                raise
            log.info("the access token was refused (%s): a new one, once", error.errcode)
            self._refused = used
            return verb(self)

    def _token_fetch(self) -> tuple[str, int]:
        """stable_token in normal mode: it does not invalidate the token that is in use."""
        response = self._http.post(
            f"{self.API_BASE_URL}stable_token",
            json={
                "grant_type": "client_credential",
                "appid": self.appid,
                "secret": self.secret,
                "force_refresh": False,
            },
        )
        response.raise_for_status()
        result: dict[str, Any] = self._handle_result(response)
        return str(result["access_token"]), int(result["expires_in"])


def client(appid: str = "") -> Client:
    """A client of a 服务号, the platform's unless said otherwise.

    Raises WechatTrouble when it is not configured.
    """
    return Client(**_account(appid))


def oauth(
    *, redirect_uri: str = "", scope: str = "snsapi_base", state: str = "", appid: str = ""
) -> WeChatOAuth:
    """wechatpy's OAuth with our addresses and limits. Raises WechatTrouble as `client` does."""
    account = _account(appid)
    one = WeChatOAuth(account["appid"], account["secret"], redirect_uri, scope, state)
    one.API_BASE_URL = f"{settings.WECHAT_API_URL}/"
    one.OAUTH_BASE_URL = f"{settings.WECHAT_OPEN_URL}/connect/"
    guard(one._http)
    return one


def trouble(error: Exception) -> WechatTrouble:
    """What the library raised, as our one exception; the secret in a URL never gets into it."""
    code = getattr(error, "errcode", None)
    if code is None:
        return WechatTrouble(f"no answer: {type(error).__name__}", permanent=False)
    message = str(getattr(error, "errmsg", ""))
    return WechatTrouble(message, permanent=code not in PASSING, code=code)


def _account(appid: str) -> dict[str, str]:
    account = {"appid": appid or settings.WECHAT_APPID}
    account["secret"] = secret_of(account["appid"])
    if not all(account.values()):
        raise WechatTrouble("no AppID and AppSecret for this account", permanent=True)
    return account
