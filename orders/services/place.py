"""Placing an order: one transaction down the lock sequence, the hottest rows last.

form key → purchases of what is limited → order, lines, hold → payment → fact → discounts
→ the offer's claim (quota) → SKUs
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries import AddressSnapshot
from accounts.services import person_stays
from catalog.queries import SkuForSale, skus_for_sale
from catalog.services import stock_reserve
from core.crypto import blind_index
from core.devices import device_mark
from core.facts import facts_record
from core.idempotency import form_claim
from core.ids import public_id as new_public_id
from orders.adjusters import Asked, adjustments_claim, discounts_for
from orders.destinations import delivery_fields, delivery_of, street_index
from orders.events import OrderPlaced, ReviewOpened
from orders.exemption import consents_of, wording
from orders.freights import freight_of
from orders.locks import purchases_lock
from orders.models import Order, OrderAdjustment, OrderHold, OrderLine, RiskReview
from orders.pricing import KINDS, PriceChanged, PricedItem, Quote, quote
from orders.queries import bought_quantities
from orders.risks import OrderRisk, order_risk, refusal_words
from payments.services import payment_open
from risk.rules import Assessed, Verdict
from risk.services import risk_record
from stores.queries import StoreTerms, store_terms

DESCRIPTION_LENGTH = 127  # WeChat Pay's limit for what its cashier shows


class OrderRefused(Exception):
    """An order that cannot be placed; the message says why, for the shopper. Nothing is written."""


class NotForSale(OrderRefused):
    """A SKU is not sold, or not by this store."""

    def __init__(self, sku_id: int) -> None:
        self.sku_id = sku_id
        super().__init__(_("商品已下架，看看店里的其他好物吧。"))


class StoreClosed(OrderRefused):
    """The store takes no orders now."""

    def __init__(self) -> None:
        super().__init__(_("店铺正在休息，暂时不能下单。"))


class BuyerGone(OrderRefused):
    """The account was closed, or folded into another one, since the shopper signed in."""

    def __init__(self) -> None:
        super().__init__(_("这个账号已经注销或停用，请重新登录后再试。"))


class NotDelivered(OrderRefused):
    """Something of the order is not sent to its address; the message names it."""


class ExemptionNotAgreed(OrderRefused):
    """Something is not taken back without a reason, and the buyer did not agree to that."""

    def __init__(self, what: str) -> None:
        super().__init__(_("%(what)s，请勾选确认后再提交。") % {"what": what})


class RiskRefused(OrderRefused):
    """Risk wants something done before this order, or refuses it. What was found is in `assessed`:
    the transaction is gone, so whoever hears this writes it down."""

    def __init__(self, assessed: Assessed) -> None:
        self.assessed = assessed
        super().__init__(refusal_words(assessed.verdict))


class PurchaseLimitReached(OrderRefused):
    """One person's orders would hold more of a product than its limit. `left` is what may be."""

    def __init__(self, title: str, limit: int, left: int) -> None:
        self.limit, self.left = limit, left
        if left > 0:
            message = _("“%(title)s”每人限购 %(limit)d 件，你还可以买 %(left)d 件。")
        else:
            message = _("“%(title)s”每人限购 %(limit)d 件，你已经买满了。")
        super().__init__(message % {"title": title, "limit": limit, "left": left})


@dataclass(frozen=True)
class OrderItem:
    """What to buy. `unit_price_fen` is a campaign's price, or None for the list price."""

    sku_id: int
    quantity: int
    unit_price_fen: int | None = None


@dataclass(frozen=True)
class Offer:
    """What a campaign adds to placing an order.

    `ref` is the public id of what the order belongs to (a group). With `holds` the paid order may
    not ship before the campaign releases it. `pay_before` shortens the store's payment window.
    `takes` are the kinds of discounts that its price takes (`orders.pricing.KINDS`): none as a rule.
    `claim(order)` runs inside the transaction at its place in the lock sequence, after the
    payment and before the SKUs; it may raise, and then nothing was written.
    """

    kind: str
    ref: str
    claim: Callable[[Order], None]
    holds: bool = True
    pay_before: datetime | None = None
    takes: Collection[str] = ()


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

    `wishes` are the discounts that the shopper chose (`orders.adjusters.Asked`). The second sender of a form key gets the first one's order. Raises as `order_place`.
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
    """Place an order: stock reserved, a payment open until `pay_before`.

    `expected_payable_fen` is what the shopper was shown; None skips the comparison. Raises
    PriceChanged, OutOfStock, NotForSale, NotDelivered, ExemptionNotAgreed, PurchaseLimitReached, StoreClosed, BuyerGone, QuantityRefused,
    AmountRefused, NoMerchantAccount, and whatever the adjusters and the offer's claim raise; then
    nothing is written. An offer's price takes the discounts that it says.
    """
    with transaction.atomic():
        terms = store_terms(store_id)
        if not terms.is_open:
            raise StoreClosed
        if not person_stays(user_id=buyer_id):
            raise BuyerGone
        skus = skus_for_sale([item.sku_id for item in items], now=now)
        priced = tuple(_priced(items, skus, store_id))
        bought = [skus[item.sku_id] for item in items]
        delivery = _delivery_check(address, bought)
        freight = freight_of(
            terms.freight_fen,
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
        phone_index, street = _phone_index(address), street_index(address)
        risk = order_risk(
            buyer_id=buyer_id,
            store_id=store_id,
            phone_index=phone_index,
            street_index=street,
            amount_fen=cost.payable_fen,
            now=now,
        )
        if risk.is_refused:
            raise RiskRefused(risk.assessed)
        agreed = _agreements(buyer_id, bought, now=now)
        _limits_check(buyer_id, cost, skus)
        order = _order_new(
            buyer_id, store_id, cost, address=address, note=note, offer=offer, now=now
        )
        order.public_id = public_id or order.public_id
        order.pay_before = order.due_at = _pay_before(terms, offer, now=now)
        order.save(force_insert=True)
        _lines_write(order, cost, skus, agreed)
        _adjustments_write(order, cost)
        _risk_write(order, risk, now=now)
        if offer and offer.holds:
            OrderHold.objects.create(
                store_id=store_id,
                order=order,
                kind=offer.kind,
                reference=offer.ref,
                opened_at=now,
            )
        payment_open(
            store_id=store_id,
            order_ref=order.public_id,
            payer_id=buyer_id,
            amount_fen=order.payable_fen,
            description=_description(cost, skus),
            expires_at=order.pay_before,
            now=now,
        )
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


def _order_new(
    buyer_id: int,
    store_id: int,
    cost: Quote,
    *,
    address: AddressSnapshot,
    note: str,
    offer: Offer | None,
    now: datetime,
) -> Order:
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
        phone_index=_phone_index(address),
        device=device_mark(),
        region=address.region,
        street=address.street,
        street_index=street_index(address),
        placed_at=now,
        **delivery_fields(address),
    )


def _delivery_check(address: AddressSnapshot, skus: Sequence[SkuForSale]) -> str:
    """How it gets there. Raises NotDelivered when that cannot be done with these goods."""
    delivery = delivery_of(address)
    on_screen = {sku.is_digital for sku in skus}
    if len(on_screen) > 1:
        raise NotDelivered(_("虚拟商品和实物不能放在同一个订单里，请分开购买。"))
    if on_screen and (delivery == Order.Delivery.DIGITAL) not in on_screen:
        raise NotDelivered(_("这件商品的交付方式刚刚变了，请刷新页面后再下单。"))
    return delivery


def _phone_index(address: AddressSnapshot) -> str:
    """What the order's phone is found by; what is delivered on a screen has none."""
    return blind_index(address.phone, purpose="order.phone") if address.phone else ""


def _pay_before(terms: StoreTerms, offer: Offer | None, *, now: datetime) -> datetime:
    window_ends = now + timedelta(seconds=terms.payment_window_s)
    return min(window_ends, offer.pay_before) if offer and offer.pay_before else window_ends


def _risk_write(order: Order, risk: OrderRisk, *, now: datetime) -> None:
    """Keep what was found; a hold of its own, for a bounded time, where a person shall look."""
    found = risk_record(
        risk.assessed,
        store_id=order.store_id,
        user_id=order.buyer_id,
        order_ref=order.public_id,
        now=now,
    )
    if found is None or risk.assessed.verdict != Verdict.HOLD:
        return
    review = RiskReview.objects.create(
        store_id=order.store_id,
        order=order,
        score=risk.assessed.score,
        why=found.why[:300],
        opened_at=now,
        due_at=now + timedelta(hours=risk.policy.hold_hours),
    )
    facts_record(ReviewOpened.of(review), now=now)
    OrderHold.objects.create(
        store_id=order.store_id,
        order=order,
        kind=OrderHold.Kind.RISK,
        reference=order.public_id,
        opened_at=now,
    )


def _agreements(buyer_id: int, skus: Sequence[SkuForSale], *, now: datetime) -> dict[int, int]:
    """The buyer's agreements by SKU. Raises ExemptionNotAgreed."""
    agreed = consents_of(buyer_id, skus, now=now)
    missing = next((sku for sku in skus if sku.consent_reason and sku.id not in agreed), None)
    if missing is not None:
        raise ExemptionNotAgreed(wording(missing))
    return agreed


def _lines_write(
    order: Order, cost: Quote, skus: Mapping[int, SkuForSale], agreed: Mapping[int, int]
) -> None:
    OrderLine.objects.bulk_create(
        [
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
    )


def _adjustments_write(order: Order, cost: Quote) -> None:
    if cost.adjustments:
        OrderAdjustment.objects.bulk_create(
            [
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
        )


def _description(cost: Quote, skus: Mapping[int, SkuForSale]) -> str:
    """What the payer reads in WeChat's cashier: 冬枣 5 斤装 等 3 件."""
    first = skus[cost.lines[0].sku_id]
    pieces = sum(line.quantity for line in cost.lines)
    more = str(_(" 等 %(count)d 件") % {"count": pieces}) if pieces > 1 else ""
    return f"{first.title} {first.name}"[: DESCRIPTION_LENGTH - len(more)] + more
