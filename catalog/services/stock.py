"""Stock: reserved when an order is placed or a campaign keeps a piece for somebody, released when
that ends, consumed when it ships.

Every change is one statement that moves the SKU's numbers and writes the movement together, so
that the movements always add up to the SKU. All of it belongs to the caller's transaction. SKUs
are touched in id order, so that two orders for the same two SKUs cannot wait for each other.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.locks import sku_lock
from catalog.models import Fulfilment, Sku, StockMovement
from core.prepared import Prepared

MAX_ON_HAND = 10_000_000
KEYS_ARE_COUNTED = gettext_lazy("卡密的库存等于没卖出的条数：请导入或作废卡密，不能直接改。")


class OutOfStock(Exception):
    """There is not enough of one SKU. `available` is what was left a moment ago."""

    def __init__(self, sku_id: int, name: str, available: int) -> None:
        self.sku_id, self.name, self.available = sku_id, name, available
        if available > 0:
            message = _("“%(name)s”只剩 %(count)d 件，请减少数量后再试。")
        else:
            message = _("“%(name)s”已售罄，看看其他规格吧。")
        super().__init__(message % {"name": name, "count": available})


class NotReserved(Exception):
    """What should be released or shipped was never reserved under that reference and quantity."""


class StockRefused(Exception):
    """A restock or correction that cannot be; the message says why, in words for the merchant."""


_RESERVE = Prepared(
    "catalog_stock_reserve",
    """
    WITH moved AS (
        UPDATE catalog_sku SET reserved = reserved + %(quantity)s
        WHERE id = %(sku)s AND on_hand - reserved >= %(quantity)s AND removed_at IS NULL
        RETURNING id, store_id
    )
    INSERT INTO catalog_stockmovement
        (store_id, sku_id, kind, on_hand_change, reserved_change, reference, reason, moved_at)
    SELECT store_id, id, 'reserve', 0, %(quantity)s, %(reference)s, %(reason)s, %(now)s FROM moved
    """,
)

# The reservation's own movement is what may be undone, and the unique index on its ending makes
# a second release, or a release after shipping, insert nothing and so change nothing.
_SETTLE = Prepared(
    "catalog_stock_settle",
    """
    WITH settled AS (
        INSERT INTO catalog_stockmovement
            (store_id, sku_id, kind, on_hand_change, reserved_change, reference, reason, by_id, moved_at)
        SELECT store_id, sku_id, %(kind)s, %(on_hand_change)s, -reserved_change, reference, '',
            %(by)s, %(now)s
        FROM catalog_stockmovement
        WHERE sku_id = %(sku)s AND reference = %(reference)s AND kind = 'reserve'
            AND reserved_change = %(quantity)s
        ON CONFLICT (sku_id, reference) WHERE kind IN ('release', 'ship') DO NOTHING
        RETURNING sku_id, on_hand_change, reserved_change
    )
    UPDATE catalog_sku SET
        on_hand = on_hand + settled.on_hand_change,
        reserved = reserved + settled.reserved_change
    FROM settled WHERE catalog_sku.id = settled.sku_id
    """,
)

# A part of a reservation: as many parcels as there are, each once, never more than was reserved.
# Whoever settles in parts holds the order's lock and counts its lines; this is the net beneath.
_SETTLE_PART = """
WITH settled AS (
    INSERT INTO catalog_stockmovement
        (store_id, sku_id, kind, on_hand_change, reserved_change, reference, reason, by_id, moved_at)
    SELECT store_id, sku_id, %(kind)s, %(on_hand_change)s, -%(quantity)s, %(reference)s, '',
        %(by)s, %(now)s
    FROM catalog_stockmovement
    WHERE sku_id = %(sku)s AND reference = %(reserved_as)s AND kind = 'reserve'
        AND reserved_change >= %(quantity)s
    ON CONFLICT (sku_id, reference) WHERE kind IN ('release', 'ship') DO NOTHING
    RETURNING sku_id, on_hand_change, reserved_change
)
UPDATE catalog_sku SET
    on_hand = on_hand + settled.on_hand_change,
    reserved = reserved + settled.reserved_change
FROM settled WHERE catalog_sku.id = settled.sku_id
"""


def stock_reserve(
    *, lines: Mapping[int, int], reference: str, now: datetime, reason: str = ""
) -> None:
    """Reserve `lines` ({sku_id: quantity ≥ 1}) for an order, inside the caller's transaction.

    `reference` is the order's public id, or what else they are kept for, with a `reason`; one
    reference reserves a SKU once, and a second attempt raises IntegrityError. Raises OutOfStock for the first SKU that has too little, and ValueError
    for an empty reference or a quantity below one; the caller's transaction then rolls back.
    """
    _check(lines, reference)
    for sku_id in sorted(lines):
        values = {
            "sku": sku_id,
            "quantity": lines[sku_id],
            "reference": reference,
            "reason": reason,
            "now": now,
        }
        if _RESERVE.count(values) != 1:
            raise _out_of_stock(sku_id)


def stock_release(*, lines: Mapping[int, int], reference: str, now: datetime) -> None:
    """Give back what `reference` reserved: the order was closed or cancelled.

    Exactly once per SKU and reference: again, or after shipping, is a no-op. Raises NotReserved
    when the reference never reserved that quantity of that SKU.
    """
    _settle(StockMovement.Kind.RELEASE, lines=lines, reference=reference, by_id=None, now=now)


def stock_is_reserved(sku_id: int, reference: str) -> bool:
    """Whether `reference` has pieces of the SKU reserved: not released, not shipped as a whole."""
    rows = StockMovement.objects.filter(sku_id=sku_id, reference=reference)
    kinds = set(rows.values_list("kind", flat=True))
    return kinds == {StockMovement.Kind.RESERVE.value}


def stock_ship(
    *, lines: Mapping[int, int], reference: str, now: datetime, by_id: int | None = None
) -> None:
    """Consume what `reference` reserved: it left the house. Exactly once, as `stock_release`."""
    _settle(StockMovement.Kind.SHIP, lines=lines, reference=reference, by_id=by_id, now=now)


def stock_ship_part(
    *,
    lines: Mapping[int, int],
    reserved_as: str,
    reference: str,
    now: datetime,
    by_id: int | None = None,
) -> None:
    """Consume a part of what `reserved_as` reserved: a parcel, named by its own `reference`.

    Exactly once per SKU and parcel. The caller sees to it that all parcels together stay within
    the reservation. Raises NotReserved when one alone is more than was reserved.
    """
    _settle_part(
        StockMovement.Kind.SHIP,
        lines=lines,
        reserved_as=reserved_as,
        reference=reference,
        by_id=by_id,
        now=now,
    )


def stock_release_part(
    *, lines: Mapping[int, int], reserved_as: str, reference: str, now: datetime
) -> None:
    """Give back a part of what `reserved_as` reserved: what no parcel will hold. Otherwise as
    `stock_ship_part`."""
    _settle_part(
        StockMovement.Kind.RELEASE,
        lines=lines,
        reserved_as=reserved_as,
        reference=reference,
        by_id=None,
        now=now,
    )


def stock_restock(
    *, sku_id: int, quantity: int, reason: str, by_id: int | None, now: datetime
) -> None:
    """Goods came in. Raises StockRefused for a quantity below one or beyond what a SKU may hold."""
    if quantity < 1:
        raise StockRefused(_("进货数量至少为 1。"))
    with transaction.atomic():
        sku = sku_lock(sku_id)
        _change(sku, StockMovement.Kind.RESTOCK, quantity, reason=reason, by_id=by_id, now=now)


def stock_correct(
    *,
    sku_id: int,
    on_hand: int,
    reason: str,
    by_id: int | None,
    now: datetime,
    seen: int | None = None,
) -> None:
    """Somebody counted: `on_hand` is what is really there. Nothing is written when it was right.

    `seen` is what the counter's page said was there. Raises StockRefused when a parcel has left or
    goods have come since, and when it is less than what is reserved: those orders must be
    cancelled first.
    """
    with transaction.atomic():
        sku = sku_lock(sku_id)
        if seen is not None and seen != sku.on_hand:
            raise StockRefused(stale_words(sku))
        change = on_hand - sku.on_hand
        if change:
            _change(sku, StockMovement.Kind.CORRECT, change, reason=reason, by_id=by_id, now=now)


def stale_words(sku: Sku) -> str:
    """What to tell whoever counted while the stock changed."""
    said = {"name": sku.name, "now": sku.on_hand}
    return _("“%(name)s”的库存刚刚变成了 %(now)d，请核对后再改。") % said


def keys_count(*, sku_id: int, change: int, reason: str, by_id: int | None, now: datetime) -> None:
    """So many card keys of a SKU came in (+) or were given up (−), inside the caller's transaction.

    Raises StockRefused when orders want what is given up.
    """
    sku = sku_lock(sku_id)
    kind = StockMovement.Kind.RESTOCK if change > 0 else StockMovement.Kind.CORRECT
    _write(sku, kind, change, reason=reason, by_id=by_id, now=now)


def _settle(
    kind: StockMovement.Kind,
    *,
    lines: Mapping[int, int],
    reference: str,
    by_id: int | None,
    now: datetime,
) -> None:
    _check(lines, reference)
    for sku_id in sorted(lines):
        values = {
            "sku": sku_id,
            "kind": kind.value,
            "quantity": lines[sku_id],
            "on_hand_change": _on_hand_change(kind, lines[sku_id]),
            "reference": reference,
            "by": by_id,
            "now": now,
        }
        if _SETTLE.count(values) != 1:
            _require_settled(sku_id, reference, lines[sku_id])


def _settle_part(
    kind: StockMovement.Kind,
    *,
    lines: Mapping[int, int],
    reserved_as: str,
    reference: str,
    by_id: int | None,
    now: datetime,
) -> None:
    _check(lines, reference)
    with connection.cursor() as cursor:
        for sku_id in sorted(lines):
            parameters: dict[str, Any] = {
                "sku": sku_id,
                "kind": kind.value,
                "quantity": lines[sku_id],
                "on_hand_change": _on_hand_change(kind, lines[sku_id]),
                "reserved_as": reserved_as,
                "reference": reference,
                "by": by_id,
                "now": now,
            }
            cursor.execute(_SETTLE_PART, parameters)
            if cursor.rowcount != 1:
                _require_settled(sku_id, reference, lines[sku_id])


def _on_hand_change(kind: StockMovement.Kind, quantity: int) -> int:
    return -quantity if kind == StockMovement.Kind.SHIP else 0


def _require_settled(sku_id: int, reference: str, quantity: int) -> None:
    """Nothing moved: fine when the reservation was settled before, an error otherwise."""
    settled = StockMovement.objects.filter(
        sku_id=sku_id,
        reference=reference,
        kind__in=[StockMovement.Kind.RELEASE, StockMovement.Kind.SHIP],
        reserved_change=-quantity,
    )
    if not settled.exists():
        raise NotReserved(f"{reference} has not reserved {quantity} of SKU {sku_id}")


def _change(
    sku: Sku,
    kind: StockMovement.Kind,
    on_hand_change: int,
    *,
    reason: str,
    by_id: int | None,
    now: datetime,
) -> None:
    if sku.product.fulfilment == Fulfilment.CARD_KEYS:
        raise StockRefused(KEYS_ARE_COUNTED)
    _write(sku, kind, on_hand_change, reason=reason, by_id=by_id, now=now)


def _write(
    sku: Sku,
    kind: StockMovement.Kind,
    on_hand_change: int,
    *,
    reason: str,
    by_id: int | None,
    now: datetime,
) -> None:
    on_hand = sku.on_hand + on_hand_change
    if on_hand < sku.reserved:
        raise StockRefused(
            _("已有 %(count)d 件被订单或砍价占用，库存不能少于这个数。") % {"count": sku.reserved}
        )
    if on_hand > MAX_ON_HAND:
        raise StockRefused(_("库存不能超过 %(count)d 件。") % {"count": MAX_ON_HAND})
    sku.on_hand = on_hand
    sku.save(update_fields=["on_hand"])
    StockMovement.objects.create(
        store_id=sku.store_id,
        sku=sku,
        kind=kind,
        on_hand_change=on_hand_change,
        reason=reason[:120],
        by_id=by_id,
        moved_at=now,
    )


def _check(lines: Mapping[int, int], reference: str) -> None:
    if not reference:
        raise ValueError("stock moves for an order: a reference is needed")
    if any(quantity < 1 for quantity in lines.values()):
        raise ValueError("a quantity is at least one")


def _out_of_stock(sku_id: int) -> OutOfStock:
    sku = Sku.objects.select_related("product").filter(pk=sku_id).first()
    if sku is None:
        return OutOfStock(sku_id, str(sku_id), 0)
    available = 0 if sku.removed_at else max(sku.available, 0)
    return OutOfStock(sku_id, f"{sku.product.title} {sku.name}", available)
