"""What holds when an order begins: the store's terms, the buyer, and what risk counts.

By hand and in one trip, because every order asks (docs/decisions/0002-hot-reads-by-hand.md).
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.devices import device_mark
from core.prepared import Prepared
from payments.queries import ACCOUNT_OF_STORE
from risk.rules import Context, Policy
from risk.services import policy_from
from stores.queries import StoreTerms

# An account may be in other hands by tomorrow: a phone that was proved before proves nothing now.
PROVED_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Standing:
    """`account_id` is where the store is paid, None for nowhere. `told` is what risk is told of an
    order that costs nothing yet."""

    terms: StoreTerms
    account_id: int | None
    policy: Policy
    phone_proved: bool
    told: Context


# FOR KEY SHARE: only closing and folding the account wait for it, and it waits for them alone. Our
# foreign keys are checked at commit, so that inserting an order by itself would come too late.
_STANDING = Prepared(
    "orders_standing",
    f"""
    SELECT store.freight_fen, store.payment_window_s, store.auto_receive_days, store.is_open,
        ({ACCOUNT_OF_STORE}),
        (SELECT to_jsonb(policy) FROM risk_riskpolicy policy WHERE policy.store_id = store.id),
        person.is_active, person.joined_at,
        COALESCE(person.phone_verified_at > %(proved_since)s, FALSE),
        mine.hour, mine.day, mine.unpaid,
        (SELECT count(DISTINCT buyer_id) FROM orders_order WHERE phone_index = %(phone)s
            AND %(phone)s <> '' AND placed_at > %(week_ago)s AND buyer_id <> %(buyer)s),
        (SELECT count(*) FROM orders_order
            WHERE device = %(device)s AND device <> '' AND placed_at > %(hour_ago)s),
        (SELECT count(DISTINCT buyer_id) FROM orders_order
            WHERE device = %(device)s AND device <> '' AND placed_at > %(day_ago)s
                AND buyer_id <> %(buyer)s),
        (SELECT count(DISTINCT buyer_id) FROM (SELECT buyer_id FROM orders_order
            WHERE street_index = %(street)s AND street_index <> '' AND placed_at > %(week_ago)s
                AND buyer_id <> %(buyer)s
            ORDER BY placed_at DESC LIMIT 100) there),
        (SELECT COALESCE(sum(score), 0) FROM risk_riskreport
            WHERE user_id = %(buyer)s AND until > %(now)s)
    FROM stores_store store, accounts_user person, (
        SELECT count(*) FILTER (WHERE placed_at > %(hour_ago)s) AS hour, count(*) AS day,
            count(*) FILTER (WHERE state = 'closed') AS unpaid
        FROM (SELECT state, placed_at FROM orders_order
            WHERE buyer_id = %(buyer)s ORDER BY id DESC LIMIT 100) latest
        WHERE placed_at > %(day_ago)s
    ) mine
    WHERE store.id = %(store)s AND person.id = %(buyer)s
    FOR KEY SHARE OF person
    """,
)


def standing_lock(
    *, buyer_id: int, store_id: int, phone_index: str, street_index: str, now: datetime
) -> Standing | None:
    """What holds, and the buyer's account stays open until the caller's transaction ends; None when
    it is not open any more."""
    row = _STANDING.row(
        {
            "store": store_id,
            "buyer": buyer_id,
            "phone": phone_index,
            "street": street_index,
            "proved_since": now - PROVED_FOR,
            "device": device_mark(),
            "now": now,
            "hour_ago": now - timedelta(hours=1),
            "day_ago": now - timedelta(days=1),
            "week_ago": now - timedelta(days=7),
        }
    )
    if row is None:
        return None
    *terms, account_id, kept, stays, joined_at, proved = row[:9]
    if not stays:
        return None
    hour, day, unpaid, phones, device, devices, there, reported = row[9:]
    return Standing(
        terms=StoreTerms(*terms),
        account_id=account_id,
        policy=policy_from(json.loads(kept) if isinstance(kept, str) else kept),
        phone_proved=proved,
        told=Context(
            account_age_s=(now - joined_at).total_seconds(),
            orders_1h=hour,
            orders_24h=day,
            unpaid_24h=unpaid,
            amount_fen=0,
            phone_buyers_7d=phones,
            device_orders_1h=device,
            device_buyers_24h=devices,
            address_buyers_7d=there,
            reported=reported,
        ),
    )
