"""The rows that a new order is made of. Nothing here reads or writes."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.queries import AddressSnapshot
from catalog.queries import SkuForSale
from core.crypto import blind_index
from core.devices import device_mark
from orders.destinations import delivery_fields
from orders.models import Order, OrderAdjustment, OrderHold, OrderLine, RiskReview
from orders.pricing import Quote
from orders.risks import OrderRisk
from orders.services.offer import Offer

DESCRIPTION_LENGTH = 127  # WeChat Pay's limit for what its cashier shows


def order_row(
    buyer_id: int,
    store_id: int,
    cost: Quote,
    *,
    address: AddressSnapshot,
    marks: tuple[str, str],
    note: str,
    offer: Offer | None,
    now: datetime,
) -> Order:
    """The order itself. `marks` are what its phone and its street are found by."""
    phone_index, street_index = marks
    return Order(
        store_id=store_id,
        buyer_id=buyer_id,
        offer_kind=offer.kind if offer else "",
        offer_ref=offer.ref if offer else "",
        goods_fen=cost.goods_fen,
        discount_fen=cost.discount_fen,
        freight_fen=cost.freight_fen,
        payable_fen=cost.payable_fen,
        note=note,
        recipient=address.recipient,
        phone=address.phone,
        phone_index=phone_index,
        device=device_mark(),
        region=address.region,
        street=address.street,
        street_index=street_index,
        placed_at=now,
        **delivery_fields(address),
    )


def line_rows(
    order: Order, cost: Quote, skus: Mapping[int, SkuForSale], agreed: Mapping[int, int]
) -> list[OrderLine]:
    """What is bought, as it is now."""
    return [
        OrderLine(
            store_id=order.store_id,
            order=order,
            sku_id=line.sku_id,
            title=skus[line.sku_id].title,
            sku_name=skus[line.sku_id].name,
            photo=skus[line.sku_id].photo,
            list_price_fen=line.list_price_fen,
            unit_price_fen=line.unit_price_fen,
            quantity=line.quantity,
            amount_fen=line.amount_fen,
            discount_fen=line.discount_fen,
            return_rule=skus[line.sku_id].return_rule,
            return_reason=skus[line.sku_id].return_reason,
            exempt_consent_id=agreed.get(line.sku_id),
        )
        for line in cost.lines
    ]


def adjustment_rows(order: Order, cost: Quote) -> list[OrderAdjustment]:
    """Why it costs less."""
    return [
        OrderAdjustment(
            store_id=order.store_id,
            order=order,
            kind=one.kind,
            reference=one.reference,
            label=one.label,
            amount_fen=one.amount_fen,
        )
        for one in cost.adjustments
    ]


def hold_row(order: Order, kind: str, reference: str, *, now: datetime) -> OrderHold:
    """A reason why it may not ship yet."""
    return OrderHold(
        store_id=order.store_id, order=order, kind=kind, reference=reference, opened_at=now
    )


def review_row(order: Order, risk: OrderRisk, *, why: str, now: datetime) -> RiskReview:
    """A person shall look at it, for a bounded time that does not run while the buyer may still pay:
    until then it cannot be refused."""
    return RiskReview(
        store_id=order.store_id,
        order=order,
        score=risk.assessed.score,
        why=why[:300],
        opened_at=now,
        due_at=order.pay_before + timedelta(hours=risk.policy.hold_hours),
    )


def phone_mark(address: AddressSnapshot) -> str:
    """What the order's phone is found by; what is delivered on a screen has none."""
    return blind_index(address.phone, purpose="order.phone") if address.phone else ""


def description(cost: Quote, skus: Mapping[int, SkuForSale]) -> str:
    """What the payer reads in WeChat's cashier: 冬枣 5 斤装 等 3 件."""
    first = skus[cost.lines[0].sku_id]
    pieces = sum(line.quantity for line in cost.lines)
    more = str(_(" 等 %(count)d 件") % {"count": pieces}) if pieces > 1 else ""
    return f"{first.title} {first.name}"[: DESCRIPTION_LENGTH - len(more)] + more
