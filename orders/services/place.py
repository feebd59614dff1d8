"""Placing an order: one transaction down the lock sequence, the hottest rows last.

form key → buyer's account → purchases of what is limited → order, lines, hold, payment → fact →
discounts → the offer's claim (quota) → SKUs
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.queries import AddressSnapshot
from catalog.queries import SkuForSale, skus_for_sale
from catalog.services import stock_reserve
from core.facts import facts_record
from core.idempotency import form_claim
from core.ids import public_id as new_public_id
from core.rows import row_insert, rows_insert
from orders.adjusters import Asked, adjustments_claim, discounts_for
from orders.destinations import delivery_of, street_index
from orders.events import OrderPlaced, ReviewOpened
from orders.exemption import consents_of, wording
from orders.freights import freight_of
from orders.locks import purchases_lock
from orders.models import Order, OrderHold
from orders.pricing import KINDS, PriceChanged, PricedItem, Quote, quote
from orders.queries import bought_quantities
from orders.risks import OrderRisk, order_risk
from orders.services.offer import Offer, OrderItem
from orders.services.placed_rows import (
    adjustment_rows,
    description,
    hold_row,
    line_rows,
    order_row,
    phone_mark,
    review_row,
)
from orders.services.refusals import (
    BuyerGone,
    ExemptionNotAgreed,
    NotDelivered,
    NotForSale,
    PurchaseLimitReached,
    RiskRefused,
    StoreClosed,
)
from orders.standing import standing_lock
from payments.services import payment_new
from risk.rules import Verdict
from risk.services import risk_found
from stores.queries import StoreTerms


def order_buy(
    *,
    form_key: str,
    buyer_id: int,
    store_id: int,
    items: Sequence[OrderItem],
    address: AddressSnapshot,
    note: str,
    expected_payable_fen: int | None,
    now: datetime,
    wishes: Mapping[str, str] | None = None,
) -> str:
    """Buy at list prices from a form that may be sent twice; the order's public id.

    `wishes` are the discounts that the shopper chose (`orders.adjusters.Asked`). The second sender of
    a form key gets the first one's order. Raises as `order_place`.
    """
    order_ref = new_public_id("ord")
    with transaction.atomic():
        first = form_claim(
            owner=f"user:{buyer_id}",
            key=form_key,
            purpose="order",
            result={"order": order_ref},
            now=now,
        )
        if first is not None:
            return first["order"]
        order_place(
            buyer_id=buyer_id,
            store_id=store_id,
            items=items,
            address=address,
            note=note,
            expected_payable_fen=expected_payable_fen,
            now=now,
            public_id=order_ref,
            wishes=wishes,
        )
    return order_ref


def order_place(
    *,
    buyer_id: int,
    store_id: int,
    items: Sequence[OrderItem],
    address: AddressSnapshot,
    note: str,
    expected_payable_fen: int | None,
    now: datetime,
    public_id: str | None = None,
    offer: Offer | None = None,
    wishes: Mapping[str, str] | None = None,
) -> Order:
    """Place an order: stock reserved, a payment open until `pay_before`. Needs a transaction, which
    ends with whatever is raised here.

    `expected_payable_fen` is what the shopper was shown; None skips the comparison. Raises
    PriceChanged, OutOfStock, NotForSale, NotDelivered, ExemptionNotAgreed, PurchaseLimitReached,
    RiskRefused, StoreClosed, BuyerGone, QuantityRefused, AmountRefused, NoMerchantAccount, and
    whatever the adjusters and the offer's claim raise; then nothing is written. An offer's price takes
    the discounts that it says.
    """
    marks = phone_index, street = phone_mark(address), street_index(address)
    standing = standing_lock(
        buyer_id=buyer_id,
        store_id=store_id,
        phone_index=phone_index,
        street_index=street,
        now=now,
    )
    if standing is None:
        raise BuyerGone
    if not standing.terms.is_open:
        raise StoreClosed
    skus = skus_for_sale([item.sku_id for item in items], now=now)
    priced = tuple(_priced(items, skus, store_id))
    bought = [skus[item.sku_id] for item in items]
    delivery = _delivery_check(address, bought)
    freight = freight_of(
        standing.terms.freight_fen,
        bought,
        province=address.province_code,
        is_posted=delivery == Order.Delivery.POST,
    )
    if freight.refusal:
        raise NotDelivered(freight.refusal)
    takes = offer.takes if offer else KINDS
    asked = Asked(buyer_id, store_id, priced, freight, wishes or {}, takes)
    discounts = discounts_for(asked, now=now)
    cost = quote(asked.items, freight=freight, discounts=discounts)
    if expected_payable_fen is not None and expected_payable_fen != cost.payable_fen:
        raise PriceChanged(expected_payable_fen, cost.payable_fen)
    risk = order_risk(standing, amount_fen=cost.payable_fen)
    if risk.is_refused:
        raise RiskRefused(risk.assessed)
    agreed = _agreements(buyer_id, bought, now=now)
    _limits_check(buyer_id, cost, skus)
    order = order_row(
        buyer_id, store_id, cost, address=address, marks=marks, note=note, offer=offer, now=now
    )
    order.public_id = public_id or order.public_id
    order.pay_before = order.due_at = _pay_before(standing.terms, offer, now=now)
    row_insert(order)
    payment = payment_new(
        store_id=store_id,
        account_id=standing.account_id,
        order_ref=order.public_id,
        payer_id=buyer_id,
        amount_fen=order.payable_fen,
        description=description(cost, skus),
        expires_at=order.pay_before,
        now=now,
    )
    rows: list[Model] = [
        *line_rows(order, cost, skus, agreed),
        *adjustment_rows(order, cost),
        payment,
    ]
    if offer and offer.holds:
        rows.append(hold_row(order, offer.kind, offer.ref, now=now))
    rows_insert(*rows, *_risk_rows(order, risk, now=now))
    facts_record(OrderPlaced.of(order), now=now)
    adjustments_claim(asked, cost.adjustments, order_id=order.pk, now=now)
    if offer:
        offer.claim(order)
    stock_reserve(
        lines={line.sku_id: line.quantity for line in cost.lines},
        reference=order.public_id,
        now=now,
    )
    return order


def _priced(
    items: Sequence[OrderItem], skus: Mapping[int, SkuForSale], store_id: int
) -> list[PricedItem]:
    priced = []
    for item in items:
        sku = skus.get(item.sku_id)
        # An offer's own SKUs may be bought after the product was withdrawn: open groups go on.
        # A removed SKU cannot: `stock_reserve` refuses it.
        if (
            sku is None
            or sku.store_id != store_id
            or not (sku.on_sale or item.unit_price_fen is not None)
        ):
            raise NotForSale(item.sku_id)
        unit_price_fen = sku.price_fen if item.unit_price_fen is None else item.unit_price_fen
        priced.append(PricedItem(sku.id, item.quantity, sku.price_fen, unit_price_fen))
    return priced


def _limits_check(buyer_id: int, cost: Quote, skus: Mapping[int, SkuForSale]) -> None:
    """Raises PurchaseLimitReached. Products without a limit cost no statement."""
    limited = sorted({sku.product_id for sku in skus.values() if sku.purchase_limit is not None})
    if not limited:
        return
    purchases_lock(buyer_id, limited)
    bought = bought_quantities(buyer_id, limited)
    wanted: dict[int, int] = {}
    for line in cost.lines:
        sku = skus[line.sku_id]
        wanted[sku.product_id] = wanted.get(sku.product_id, 0) + line.quantity
        had = bought.get(sku.product_id, 0)
        if sku.purchase_limit is not None and had + wanted[sku.product_id] > sku.purchase_limit:
            raise PurchaseLimitReached(sku.title, sku.purchase_limit, sku.purchase_limit - had)


def _delivery_check(address: AddressSnapshot, skus: Sequence[SkuForSale]) -> str:
    """How it gets there. Raises NotDelivered when that cannot be done with these goods."""
    delivery = delivery_of(address)
    on_screen = {sku.is_digital for sku in skus}
    if len(on_screen) > 1:
        raise NotDelivered(_("虚拟商品和实物不能放在同一个订单里，请分开购买。"))
    if on_screen and (delivery == Order.Delivery.DIGITAL) not in on_screen:
        raise NotDelivered(_("这件商品的交付方式刚刚变了，请刷新页面后再下单。"))
    return delivery


def _pay_before(terms: StoreTerms, offer: Offer | None, *, now: datetime) -> datetime:
    window_ends = now + timedelta(seconds=terms.payment_window_s)
    return min(window_ends, offer.pay_before) if offer and offer.pay_before else window_ends


def _risk_rows(order: Order, risk: OrderRisk, *, now: datetime) -> list[Model]:
    """What was found; and a hold of its own, for a bounded time, where a person shall look."""
    found = risk_found(
        risk.assessed,
        store_id=order.store_id,
        user_id=order.buyer_id,
        order_ref=order.public_id,
        now=now,
    )
    if found is None:
        return []
    if risk.assessed.verdict != Verdict.HOLD:
        return [found]
    review = review_row(order, risk, why=found.why, now=now)
    row_insert(review)
    facts_record(ReviewOpened.of(review), now=now)
    return [found, hold_row(order, OrderHold.Kind.RISK, order.public_id, now=now)]


def _agreements(buyer_id: int, skus: Sequence[SkuForSale], *, now: datetime) -> dict[int, int]:
    """The buyer's agreements by SKU. Raises ExemptionNotAgreed."""
    agreed = consents_of(buyer_id, skus, now=now)
    missing = next((sku for sku in skus if sku.consent_reason and sku.id not in agreed), None)
    if missing is not None:
        raise ExemptionNotAgreed(wording(missing))
    return agreed
