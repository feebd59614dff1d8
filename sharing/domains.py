"""Where a store's share links lead: its own domain, one of the pool, or the main host."""

from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest

from stores.queries import share_domain_id
from wechat.services import Domain, appid_of, domains, origin_of


def share_origin(store_id: int) -> str:
    """The origin of a store's new links.

    A store with a domain of its own uses that one. The others share the pool, always the same
    domain for a store: when one is banned, the stores behind it move and nobody else does.
    """
    domain = _domain(store_id)
    return domain.origin if domain else settings.SITE_URL


def card_origin(request: HttpRequest, store_id: int) -> str:
    """The origin of a card that this page gives to WeChat, which takes only links to domains of the
    服务号 that signed the page; otherwise the page's own."""
    domain = _domain(store_id)
    appid = domain.appid if domain else settings.WECHAT_APPID
    here = request.get_host()
    if appid != appid_of(here):
        return origin_of(here)
    return domain.origin if domain else settings.SITE_URL


def _domain(store_id: int) -> Domain | None:
    usable = [domain for domain in domains() if domain.is_active]
    if any(not domain.is_pool for domain in usable):
        own_id = share_domain_id(store_id)
        for domain in usable:
            if domain.id == own_id:
                return domain
    pool = [domain for domain in usable if domain.is_pool]
    # The highest of the hashes wins (rendezvous hashing): taking one away moves only its stores.
    return max(pool, key=lambda domain: _weight(store_id, domain.host), default=None)


def _weight(store_id: int, host: str) -> bytes:
    return sha256(f"{store_id} {host}".encode()).digest()
