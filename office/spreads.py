"""What the merchant may look at the spread of: a campaign with all of its pages, or a single page."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from campaigns.bargain import shared as bargains
from campaigns.flash import shared as flash_sales
from campaigns.groupbuy import shared as groups
from catalog.queries import product_titles
from sharing.spread import Pages, Spread, shared_pages, spread


@dataclass(frozen=True)
class Choice:
    """One line of the select: `key` is a campaign's or a page's reference."""

    key: str
    label: str


@dataclass(frozen=True)
class SpreadView:
    """What may be chosen, what is, and how it spread. `until` is when the chosen campaign was over:
    its goods' pages count up to then."""

    campaigns: tuple[Choice, ...]
    pages: tuple[Choice, ...]
    chosen: str
    until: datetime | None
    spread: Spread


def spread_view(store_id: int, *, chosen: str, since: datetime, now: datetime) -> SpreadView:
    """How what is `chosen` spread since then, or since the campaign began; the whole store's pages
    if it names nothing of the store's."""
    campaigns = [
        *groups.campaigns_shared(store_id, now=now),
        *bargains.campaigns_shared(store_id, now=now),
        *flash_sales.campaigns_shared(store_id, now=now),
    ]
    pages = shared_pages(store_id, since=since)
    titles = product_titles([page.ref for page in pages])
    asked: Pages | None = None
    begun = since
    if campaign := next((one for one in campaigns if one.ref == chosen), None):
        own = [
            *groups.campaign_pages(store_id, chosen),
            *bargains.campaign_pages(store_id, chosen),
            *flash_sales.campaign_pages(store_id, chosen),
        ]
        asked = Pages(own, campaign.products, campaign.until)
        begun = max(since, campaign.since)
    elif any(page.ref == chosen for page in pages):
        asked = Pages([chosen])
    return SpreadView(
        campaigns=tuple(
            Choice(one.ref, _labelled(one.kind, one.title, f"{localdate(one.since):%Y-%m-%d}"))
            for one in campaigns
        ),
        pages=tuple(
            Choice(page.ref, _labelled(page.label, titles.get(page.ref, page.sharer)))
            for page in pages
        ),
        chosen=chosen if asked is not None else "",
        until=campaign.until if campaign else None,
        spread=spread(store_id, pages=asked, since=begun, now=now),
    )


def _labelled(kind: str, *rest: str) -> str:
    return " · ".join(part for part in (kind, *rest) if part)
