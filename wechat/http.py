"""The wire to Tencent: only the configured hosts, never longer than three seconds."""

from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

# To connect and to wait for an answer, in seconds: three together.
TIMEOUT = (1.0, 2.0)


class HostRefused(requests.RequestException):
    """The library wanted to talk to a host that is not in the settings."""


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
        return super().send(request, timeout=TIMEOUT, **kwargs)


def guard(session: requests.Session) -> requests.Session:
    """Put the adapter on a session of the library's, and let no redirect lead elsewhere."""
    session.mount("https://", TencentAdapter())
    session.mount("http://", TencentAdapter())
    session.max_redirects = 0
    return session
