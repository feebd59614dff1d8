"""The variables that the shop's settings read, for each way of running it on one machine."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


def secrets_of(folder: Path) -> dict[str, str]:
    """The generated secrets kept in `folder`, readable by their owner only; made when missing."""
    path = folder / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        # What Fernet takes: 32 random bytes in URL-safe base 64.
        "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "INDEX_KEY": secrets.token_urlsafe(32),
        "WECHAT_APPID": "wx" + secrets.token_hex(8),
        "WECHAT_SECRET": secrets.token_hex(16),
        "postgres": secrets.token_urlsafe(24),
        "valkey": secrets.token_urlsafe(24),
    }
    if made.keys() - kept.keys():
        kept = {**made, **kept}
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(kept, indent=2))
        fresh.replace(path)
    return kept


def simulated(*, site_url: str, simulator_url: str) -> dict[str, str]:
    """The addresses of a shop whose WeChat is the simulator."""
    return {
        "SITE_URL": site_url,
        "SIMULATOR_URL": simulator_url,
        "WECHAT_OPEN_URL": simulator_url,
        "WECHAT_API_URL": simulator_url,
        "WECHAT_PAY_URL": simulator_url,
        "WECHAT_JSSDK_URL": f"{simulator_url}/open/js/jweixin-1.6.0.js",
        "WECHAT_BRIDGE_URL": f"{simulator_url}/bridge.js",
    }


def base(app_env: str, folder: Path) -> dict[str, str]:
    """What every local process gets: the person's environment, our secrets, our folders.

    Secrets that the person set are used instead of the generated ones.
    """
    given = dict(os.environ)
    generated = {k: v for k, v in secrets_of(folder).items() if k.isupper()}
    return {
        **generated,
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
        "PRIVATE_ROOT": str(folder / "private"),
        **given,
        "APP_ENV": app_env,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
    }


def with_database(url: str, name: str) -> str:
    """The same server's URL with another database (or Redis database number)."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def strong_production() -> Mapping[str, str]:
    """Production settings with strong values of no meaning, for `check --deploy`."""
    drop = ("WECHAT_", "SIMULATOR_", "DEBUG")
    keep = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    return {
        **keep,
        "APP_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "INDEX_KEY": secrets.token_urlsafe(48),
        "OPERATOR_NAME": "Example",
        "OPERATOR_CONTACT": "privacy@shop.example",
        "SITE_URL": "https://shop.example",
        "ALLOWED_HOSTS": "shop.example",
        "WECHAT_APPID": "wx" + secrets.token_hex(8),
        "WECHAT_SECRET": secrets.token_hex(16),
        "DJANGO_SETTINGS_MODULE": "shop.settings",
    }
