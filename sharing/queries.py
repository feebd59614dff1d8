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
    "tied_to",
]


@dataclass(frozen=True)
class OrderSource:
    """Which share brought an order, and by which rule."""

    sharer_id: int
    channel: str
    token: str
    rule: str
    store_id: int


@dataclass(frozen=True)
class LinkResult:
    """What came through a link: people, and the orders that it brought and that were kept."""

    people: int
    order_refs: tuple[str, ...]


def order_source(order_id: int) -> OrderSource | None:
    """The share that an order is attributed to, if any."""
    row = Attribution.objects.select_related("link").filter(order_id=order_id).first()
    if row is None:
        return None
    return OrderSource(row.sharer_id, row.link.channel, row.link.token, row.rule, row.store_id)


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
