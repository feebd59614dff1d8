"""The wire to Tencent: only the configured hosts, few calls at once, none longer than three seconds."""

from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

from core.outbound import NoRoom, call_room, timeouts


class HostRefused(requests.RequestException):
    """The library wanted to talk to a host that is not in the settings."""


class Busy(requests.RequestException):
    """Too many calls at once: nothing was sent."""


def allowed_hosts() -> frozenset[str]:
    """The hosts (with port) that the WeChat client may talk to."""
    return frozenset(
        urlsplit(url).netloc for url in (settings.WECHAT_API_URL, settings.WECHAT_OPEN_URL)
    )


class TencentAdapter(HTTPAdapter):
    """Refuses other hosts and puts a limit on every call: wechatpy has neither.

    Parts of wechatpy carry Tencent's address in their code; here such a call is refused unless
    the settings point at Tencent, so that no test or simulator run can leak outside.
    """

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, *, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        host = urlsplit(request.url or "").netloc
        if host not in allowed_hosts():
            raise HostRefused(f"{host} is none of the configured WeChat hosts")
        try:
            with call_room():
                response = super().send(request, timeout=timeouts(), **kwargs)
                # Read here: an answer that stops half-way takes up room, too.
                response.content  # noqa: B018
                return response
        except NoRoom as error:
            raise Busy(str(error)) from error


def guard(session: requests.Session) -> requests.Session:
    """Put the adapter on a session of the library's, and let no redirect lead elsewhere."""
    session.mount("https://", TencentAdapter())
    session.mount("http://", TencentAdapter())
    session.max_redirects = 0
    return session
