"""Which hosts are ours, whose they are, and with which 服务号.

Asked for at every share and never more than a few seconds old: a banned domain is taken out of the
office and new links lead elsewhere at once.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache

from wechat.models import ShareDomain

KEY, AGE_S = "wechat:share-domains", 10


@dataclass(frozen=True)
class Domain:
    """One of our hosts. `appid` is the 服务号's whose pages these are, the platform's or a store's."""

    id: int
    host: str
    appid: str
    is_pool: bool
    is_active: bool

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash at the end: the main host's, but for the name."""
        main = urlsplit(settings.SITE_URL)
        return f"{main.scheme}://{self.host}" + (f":{main.port}" if main.port else "")


def domains() -> tuple[Domain, ...]:
    """Every share domain, retired ones too: links to them are out there."""
    found = cache.get(KEY)
    if found is None:
        found = tuple(
            Domain(
                id=row.pk,
                host=row.host,
                appid=row.appid or settings.WECHAT_APPID,
                is_pool=row.is_pool,
                is_active=row.state == ShareDomain.State.ACTIVE,
            )
            for row in ShareDomain.objects.exclude(state=ShareDomain.State.GIVEN_UP)
            .order_by("pk")
            .defer("secret")
        )
        cache.set(KEY, found, AGE_S)
    return tuple(found)


def domains_forget() -> None:
    """After a change of the table."""
    cache.delete(KEY)


def domain_of(host: str) -> Domain | None:
    """The share domain that a request's host (with or without its port) names; None for the main
    host and for every other name."""
    name = host.rsplit(":", 1)[0].lower()
    if name == settings.SITE_HOST:
        return None
    return next((one for one in domains() if one.host == name), None)


def origin_of(host: str) -> str:
    """The origin that a request came to, as links in it say it: a share domain's, or the main one."""
    domain = domain_of(host)
    return domain.origin if domain else settings.SITE_URL


def appid_of(host: str) -> str:
    """The 服务号 that people sign in with, and pages are signed for, at this host."""
    domain = domain_of(host)
    return domain.appid if domain else settings.WECHAT_APPID


def sign_in_host(appid: str, *, here: str = "") -> str | None:
    """The host that WeChat brings people back to who signed in with one of our 服务号 (its
    网页授权域名): the main one, or the one that has that account. None for no account or nobody's, and
    for one whose host is retired: WeChat blocks it, and only who is at that host got there."""
    if not appid:
        return None
    if appid == settings.WECHAT_APPID:
        return str(settings.SITE_HOST)
    own = next((one for one in domains() if one.appid == appid), None)
    return own.host if own and (own.is_active or own == domain_of(here)) else None


def secret_of(appid: str) -> str:
    """The secret of one of our 服务号; "" for an unknown one."""
    if appid == settings.WECHAT_APPID:
        return settings.WECHAT_SECRET
    rows = ShareDomain.objects.filter(appid=appid)
    return str(rows.values_list("secret", flat=True).first() or "")
