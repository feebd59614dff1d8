"""What each source brought a store: people who came by it, and orders that they paid for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from orders.queries import KEPT_ORDERS
from sharing.arrivals import IN_WINDOW
from sharing.models import Arrival, Channel, ShareLink

SEARCH, DIRECT = Arrival.Source.SEARCH.value, Arrival.Source.DIRECT.value
# How many days a merchant may look back.
PERIODS = (7, 30, 90)

# A campaign's own page in a chat is a source of its own: a group's, a bargain's, a flash offer's.
_SOURCE = """
    CASE WHEN link.channel = 'friend' AND link.target_kind IN ('group', 'bargain', 'flash')
        THEN link.target_kind ELSE link.channel END
"""
_PAID = f"""
    SELECT CASE WHEN link.id IS NOT NULL THEN {_SOURCE}
            WHEN arrival.id IS NOT NULL AND {IN_WINDOW.format(at="kept.placed_at")}
            THEN '{SEARCH}' ELSE '{DIRECT}' END AS source,
        count(*), sum(kept.kept_fen), min(kept.placed_at)
    FROM ({KEPT_ORDERS}) kept
    LEFT JOIN sharing_attribution attribution ON attribution.order_id = kept.id
    LEFT JOIN sharing_sharelink link ON link.id = attribution.link_id
    LEFT JOIN sharing_arrival arrival ON arrival.store_id = %(store)s
        AND arrival.visitor_id = kept.buyer_id AND arrival.source = '{SEARCH}'
    GROUP BY 1
"""
_CAME = f"""
    SELECT {_SOURCE} AS source, count(DISTINCT visit.visitor_id)
        + count(DISTINCT visit.guest) FILTER (WHERE visit.visitor_id IS NULL), min(visit.first_at)
    FROM sharing_visit visit JOIN sharing_sharelink link ON link.id = visit.link_id
    WHERE visit.store_id = %(store)s AND visit.last_at >= %(since)s
    GROUP BY source
    UNION ALL
    SELECT source, count(*), min(first_at) FROM sharing_arrival
    WHERE store_id = %(store)s AND last_at >= %(since)s
    GROUP BY source
"""


@dataclass(frozen=True)
class SourceRow:
    """What one source brought: people who came by it (None where some of the orders are from before
    they were counted), orders that were paid and not given up, and the fen that these kept: paid,
    without what was asked back."""

    label: str
    people: int | None
    orders: int
    kept_fen: int

    @property
    def percent(self) -> str:
        """Paid orders for each hundred people; "—" where nobody came within the time, or is counted."""
        return f"{100 * self.orders / self.people:.1f}%" if self.people else "—"


def sources(store_id: int, *, since: datetime, now: datetime) -> tuple[SourceRow, ...]:
    """What each source brought since then, the best first, in two queries. An order without a share
    came by the search if its buyer did, within the same window, and otherwise by itself."""
    values: dict[str, Any] = {"store": store_id, "since": since, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_PAID, values)
        paid = {source: (orders, int(fen), at) for source, orders, fen, at in cursor.fetchall()}
        cursor.execute(_CAME, values)
        came = {source: (people, at) for source, people, at in cursor.fetchall()}
    found = []
    for name, label in _labels().items():
        if name in paid or name in came:
            orders, kept_fen, ordered_at = paid.get(name, (0, 0, now))
            people, counted_at = came.get(name, (0, now))
            # Whoever ordered by themselves had come: an earlier order is from before that was counted.
            is_partial = name == DIRECT and ordered_at < counted_at
            found.append(SourceRow(label, None if is_partial else people, orders, kept_fen))
    return tuple(sorted(found, key=lambda row: -row.kept_fen))


def _labels() -> dict[str, str]:
    kinds = ShareLink.Target
    labels = {
        str(kinds.GROUP): _("拼团页分享"),
        str(kinds.BARGAIN): _("砍价页分享"),
        str(kinds.FLASH): _("秒杀页分享"),
    }
    others = (*Channel.choices, *Arrival.Source.choices)
    return labels | {str(name): str(label) for name, label in others}
