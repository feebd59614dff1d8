"""Reads of sharing for the apps above and the office."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from sharing.models import Attribution, Visit
from sharing.ties import tied_to

__all__ = [
    "LinkResult",
    "OrderSource",
    "link_results",
    "order_source",
    "sources_of_orders",
    "tied_to",
]


@dataclass(frozen=True)
class OrderSource:
    """Which share brought an order, by which rule, and how often the buyer had opened shares."""

    sharer_id: int
    channel: str
    token: str
    rule: str
    channel_label: str = ""
    touched_at: datetime | None = None
    touches: int = 0


@dataclass(frozen=True)
class LinkResult:
    """What came through a link: people, and the orders that it brought and that were kept."""

    people: int
    order_refs: tuple[str, ...]


def order_source(order_id: int) -> OrderSource | None:
    """The share that an order is attributed to, if any."""
    return sources_of_orders([order_id]).get(order_id)


def sources_of_orders(order_ids: Iterable[int]) -> dict[int, OrderSource]:
    """The shares that orders are attributed to, by order, in one query."""
    rows = Attribution.objects.select_related("link").filter(order_id__in=list(order_ids))
    return {row.order_id: _source(row) for row in rows}


def link_results(
    link_ids: Iterable[int], *, since: datetime, now: datetime
) -> dict[int, LinkResult]:
    """What came through these links since then: who opened them, and the orders placed since then
    that were paid and not cancelled. By link, in two queries."""
    ids = list(link_ids)
    people = Visit.objects.filter(link_id__in=ids, last_at__gte=since).order_by()
    came = dict(people.values_list("link_id").annotate(number=Count("pk")))
    orders = Attribution.objects.filter(
        link_id__in=ids,
        order__placed_at__gte=since,
        order__placed_at__lte=now,
        order__paid_at__isnull=False,
    ).exclude(order__state="cancelled")
    refs: dict[int, list[str]] = {}
    for link_id, ref in orders.order_by("pk").values_list("link_id", "order__public_id"):
        refs.setdefault(link_id, []).append(ref)
    return {pk: LinkResult(came.get(pk, 0), tuple(refs.get(pk, ()))) for pk in ids}


def _source(row: Attribution) -> OrderSource:
    last = row.chain[-1] if row.chain else {}
    touched = last.get("last_at")
    return OrderSource(
        sharer_id=row.sharer_id,
        channel=row.link.channel,
        token=row.link.token,
        rule=row.rule,
        channel_label=row.link.get_channel_display(),
        touched_at=datetime.fromisoformat(touched) if touched else None,
        touches=len(row.chain),
    )
