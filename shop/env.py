"""The environment: how it is read, and the checks of what must not be wrong. `settings.py` asks.

`APP_ENV` is `production` unless said otherwise, so a forgotten
variable is a refused start, not an open door.
"""

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

APP_ENV: str = env.str("APP_ENV", default="production")
if APP_ENV not in {"development", "test", "production"}:
    raise ImproperlyConfigured(f"APP_ENV is {APP_ENV!r}: use development, test or production")
PRODUCTION = APP_ENV == "production"

TENCENT_URLS = {
    "WECHAT_OPEN_URL": "https://open.weixin.qq.com",
    "WECHAT_API_URL": "https://api.weixin.qq.com",
    "WECHAT_PAY_URL": "https://api.mch.weixin.qq.com",
    "WECHAT_MP_URL": "https://mp.weixin.qq.com",
    "WECHAT_JSSDK_URL": "https://res.wx.qq.com/open/js/jweixin-1.6.0.js",
}
TENCENT_DOMAINS = ("qq.com", "wechat.com", "weixin.com", "tenpay.com")


def is_tencent(url: str) -> bool:
    """Whether the URL's host belongs to Tencent."""
    host = urlsplit(url).hostname or ""
    return any(host == domain or host.endswith("." + domain) for domain in TENCENT_DOMAINS)


def wechat_url(name: str, *, beside: str = "") -> str:
    """The base URL of one of Tencent's services, without a trailing slash.

    Where it is not set and the URL `beside` it is a simulator's, it is that simulator's, too.

    In production anything but Tencent's own address refuses to start; in tests Tencent's address
    does, so that no test can ever talk to the real servers.
    """
    default = beside if beside and not is_tencent(beside) else TENCENT_URLS[name]
    url = env.str(name, default=default).rstrip("/")
    if PRODUCTION and (not is_tencent(url) or not url.startswith("https://")):
        raise ImproperlyConfigured(f"{name} is {url!r}: in production only Tencent's own address")
    if APP_ENV == "test" and is_tencent(url):
        raise ImproperlyConfigured(f"{name} is {url!r}: tests never talk to Tencent")
    return url


def one_of(name: str, values: tuple[str, ...], *, default: str) -> str:
    """One of a few words. Anything else, nothing included, is a refused start."""
    value = env.str(name, default=default)
    if value not in values:
        raise ImproperlyConfigured(f"{name} is {value!r}: use {' or '.join(values)}")
    return value


def simulator_only(name: str) -> str:
    """The URL of a part that the simulator alone serves; empty in production, or no start."""
    url = env.str(name, default="").rstrip("/")
    if PRODUCTION and url:
        raise ImproperlyConfigured(f"{name} is set: there is no simulator in production")
    return url


def sms_url(name: str) -> str:
    """The address of the SMS gateway, or "" for none. Codes travel to it, in production by TLS."""
    url = env.str(name, default="")
    if PRODUCTION and url and not url.startswith("https://"):
        raise ImproperlyConfigured(f"{name} is {url!r}: codes travel to it, so it must be https://")
    return url


def required(name: str, *, development_default: str) -> str:
    """What every operator has to say for themselves; in production it must be given."""
    if PRODUCTION:
        value = env.str(name, default="")
        if not value:
            raise ImproperlyConfigured(f"{name} is not set: production needs its own")
        return value
    return env.str(name, default=development_default)


def message_templates(name: str, *, default: dict[str, Any]) -> dict[str, Any]:
    """Templates of WeChat messages: `{"kind": {"id": "…", "places": {"thing1": "goods"}}}`.

    Refuses to start with anything else: the first message would find out too late.
    """
    given = env.json(name, default=default)
    if not isinstance(given, dict):
        raise ImproperlyConfigured(f"{name} is no JSON object of templates by kind")
    for kind, one in given.items():
        template = one if isinstance(one, dict) else {}
        places = template.get("places")
        texts = [*places.keys(), *places.values()] if isinstance(places, dict) else []
        if not texts or not all(isinstance(text, str) for text in [*texts, template.get("id")]):
            raise ImproperlyConfigured(f'{name}: {kind} wants {{"id": "…", "places": {{…}}}}')
    return given
