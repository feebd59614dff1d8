"""What each source brought a store: people who came by it, and orders that they paid for."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from orders.queries import PaidOrder, paid_orders
from sharing.models import Attribution, Channel, SearchArrival, ShareLink, Visit
from sharing.windows import Windows, windows_of

SEARCH, DIRECT = "search", "direct"
# How many days a merchant may look back.
PERIODS = (7, 30, 90)
CAMPAIGN_PAGES = (ShareLink.Target.GROUP, ShareLink.Target.BARGAIN, ShareLink.Target.FLASH)


@dataclass(frozen=True)
class SourceRow:
    """What one source brought: people who came by it, orders that were paid, and their fen."""

    label: str
    people: int
    orders: int
    paid_fen: int

    @property
    def percent(self) -> str:
        """Paid orders for each hundred people; "—" where people are not counted."""
        return f"{100 * self.orders / self.people:.1f}%" if self.people else "—"


def sources(store_id: int, *, since: datetime, now: datetime) -> tuple[SourceRow, ...]:
    """What each source brought since then, the best first. An order without a share came by the search
    if its buyer did, within the same window, and otherwise by itself."""
    orders = {order.id: order for order in paid_orders(store_id, since=since, now=now)}
    rows = Attribution.objects.filter(order_id__in=orders).select_related("link")
    source_of = {row.order_id: _source(row.link) for row in rows}
    searched = _searched(store_id, {order.buyer_id for order in orders.values()})
    windows = windows_of(store_id)
    counted: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for order in orders.values():
        source = source_of.get(order.id) or _unshared(order, searched, windows)
        counted[source] += 1
        paid[source] += order.paid_fen
    came = _people(store_id, since=since)
    labels = _labels()
    found = [
        SourceRow(labels[name], came.get(name, 0), counted[name], paid[name])
        for name in labels
        if counted[name] or came.get(name)
    ]
    return tuple(sorted(found, key=lambda row: -row.paid_fen))


def _labels() -> dict[str, str]:
    kinds = ShareLink.Target
    labels = {
        str(kinds.GROUP): _("拼团页分享"),
        str(kinds.BARGAIN): _("砍价页分享"),
        str(kinds.FLASH): _("秒杀页分享"),
    }
    labels |= {str(name): str(label) for name, label in Channel.choices}
    return {**labels, SEARCH: _("店内搜索"), DIRECT: _("直接打开")}


def _source(link: ShareLink) -> str:
    """A campaign's own page in a chat is a source of its own: a group's, a bargain's, a flash offer's."""
    is_own = link.target_kind in CAMPAIGN_PAGES and link.channel == Channel.FRIEND
    return link.target_kind if is_own else link.channel


def _people(store_id: int, *, since: datetime) -> Counter[str]:
    rows = Visit.objects.filter(store_id=store_id, last_at__gte=since).select_related("link")
    came: dict[str, set[tuple[int | None, str]]] = {}
    for visit in rows.only("visitor_id", "guest", "link__target_kind", "link__channel").iterator():
        came.setdefault(_source(visit.link), set()).add((visit.visitor_id, visit.guest))
    people = Counter({name: len(who) for name, who in came.items()})
    people[SEARCH] = SearchArrival.objects.filter(store_id=store_id, last_at__gte=since).count()
    return people


def _searched(store_id: int, buyers: set[int]) -> dict[int, tuple[datetime, datetime]]:
    """When those of the buyers who came by the search did first and last."""
    rows = SearchArrival.objects.filter(store_id=store_id, visitor_id__in=buyers)
    return {row.visitor_id: (row.first_at, row.last_at) for row in rows if row.visitor_id}


def _unshared(
    order: PaidOrder, searched: dict[int, tuple[datetime, datetime]], windows: Windows
) -> str:
    since = order.placed_at - windows.at(order.placed_at)
    for at in searched.get(order.buyer_id, ()):
        if since < at <= order.placed_at:
            return SEARCH
    return DIRECT
