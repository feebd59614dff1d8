"""Development only: the simulator's control API, and our 服务号 there."""

from typing import Any

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

TIMEOUT = (1.0, 5.0)
# How many a 服务号 may name.
JS_DOMAINS = 5


def simulator_call(method: str, path: str, *, body: dict[str, Any] | None = None) -> Any:
    """Ask the simulator's control API; its JSON answer.

    Raises ImproperlyConfigured where there is no simulator, which is production, and
    requests.RequestException when it is silent or refuses.
    """
    if not settings.SIMULATOR_URL:
        raise ImproperlyConfigured("there is no simulator here: SIMULATOR_URL is empty")
    response = requests.request(
        method, f"{settings.SIMULATOR_URL}/_control/{path}", json=body, timeout=TIMEOUT
    )
    response.raise_for_status()
    return response.json()


def app_provision(*, name: str) -> None:
    """Register WECHAT_APPID with its secret, our domain and templates at the simulator. Idempotent."""
    simulator_call(
        "PUT",
        f"apps/{settings.WECHAT_APPID}",
        body={
            "secret": settings.WECHAT_SECRET,
            "name": name,
            "domains": [settings.SITE_HOST],
            "js_domains": [settings.SITE_HOST, *settings.SHARE_HOSTS][:JS_DOMAINS],
            "templates": [one["id"] for one in settings.WECHAT_TEMPLATES.values()],
            "subscribe_template": settings.WECHAT_SUBSCRIBE_TEMPLATE,
        },
    )
