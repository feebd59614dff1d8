"""Sending an order to somewhere else, as long as nothing of it was sent.

Risk looks where a buyer's own change leads, as it does when an order is placed: otherwise paying to
nine places and moving all of it to one would go unseen. What staff change they answer for.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries import AddressSnapshot
from catalog.queries import skus_for_sale
from core.crypto import mask_name, mask_phone
from core.facts import facts_record
from core.money import yuan
from orders.destinations import street_index
from orders.events import OrderAddressChanged
from orders.freights import freight_of
from orders.locks import order_lock
from orders.models import Order, OrderChange, OrderHold, OrderLine
from orders.pricing import QuoteLine
from orders.risks import move_refusal_words, order_risk
from orders.services.placed_rows import phone_mark
from orders.services.refusals import BuyerGone
from orders.standing import Standing, standing_lock
from orders.states import OrderState
from risk.rules import Assessed, Verdict
from risk.services import risk_record
from stores.queries import store_terms

CHANGEABLE = (OrderState.ON_HOLD, OrderState.TO_SHIP)
FIELDS = ("recipient", "phone", "region", "street")
MAX_CHANGES = 10


class AddressRefused(Exception):
    """The address cannot be changed any more; the message says why."""


class AddressDoubted(AddressRefused):
    """An order would not be placed there by its buyer without a person, or a proof, or at all."""

    def __init__(self, assessed: Assessed, order: Order) -> None:
        self.assessed, self.order = assessed, order
        super().__init__(move_refusal_words(assessed.verdict))

    @property
    def wants_proof(self) -> bool:
        """Whether it goes there once its buyer has proved a phone."""
        return self.assessed.verdict == Verdict.CODE


def order_address_change(
    *, order_id: int, address: AddressSnapshot, by_id: int | None, now: datetime
) -> bool:
    """Send a paid order to another address; freight stays what it was. False when nothing differs.

    Raises AddressRefused when the order is not waiting to be sent, a parcel has left, or another
    province is not served or costs more to send to; its buyer too while a person judges it, and where
    risk would not let it be placed as it is. Before and after are kept, masked, and what risk found.
    """
    try:
        return _change(order_id=order_id, address=address, by_id=by_id, now=now)
    except AddressDoubted as doubted:
        # The transaction is gone, and with it what was found.
        _found(doubted.assessed, doubted.order, now=now)
        raise


def _change(*, order_id: int, address: AddressSnapshot, by_id: int | None, now: datetime) -> bool:
    marks = phone_mark(address), street_index(address)
    with transaction.atomic():
        # The account comes before the order, as when placing.
        standing = _buyers_standing(order_id, by_id, marks, now=now)
        order = order_lock(order_id)
        if order.state not in CHANGEABLE:
            raise AddressRefused(_("订单现在不是等待发货的状态，不能修改收货信息。"))
        if order.delivery != Order.Delivery.POST:
            raise AddressRefused(_("这个订单不用邮寄，没有收货地址可以改。"))
        if order.shipments.exists():
            raise AddressRefused(_("已经有包裹发出，不能再修改收货信息；请联系对方协商。"))
        if standing is not None and _is_judged(order):
            raise AddressRefused(_("商家正在确认这个订单，现在不能修改收货信息；请联系商家。"))
        if all(getattr(order, name) == getattr(address, name) for name in FIELDS):
            return False
        changes = order.changes.filter(kind=OrderChange.Kind.ADDRESS)
        if changes.count() >= MAX_CHANGES:
            raise AddressRefused(_("收货信息改得太多次了，请联系对方确认。"))
        if refusal := _province_refusal(order, address, now=now):
            raise AddressRefused(refusal)
        if standing is not None and marks != (order.phone_index, order.street_index):
            _risk_look(order, standing, now=now)
        before = _masked(order)
        for name in FIELDS:
            setattr(order, name, getattr(address, name))
        order.phone_index, order.street_index = marks
        order.save(update_fields=[*FIELDS, "phone_index", "street_index"])
        OrderChange.objects.create(
            store_id=order.store_id,
            order=order,
            kind=OrderChange.Kind.ADDRESS,
            detail=f"{before} → {_masked(order)}"[:300],
            by_id=by_id,
            at=now,
        )
        facts_record(OrderAddressChanged.of(order), now=now)
        return True


def _buyers_standing(
    order_id: int, by_id: int | None, marks: tuple[str, str], *, now: datetime
) -> Standing | None:
    """What holds for the order's buyer at the new place; None when somebody else changes it."""
    if by_id is None:
        return None
    mine = Order.objects.filter(pk=order_id, buyer_id=by_id)
    store_id = mine.values_list("store_id", flat=True).first()
    if store_id is None:
        return None
    phone_index, street = marks
    standing = standing_lock(
        buyer_id=by_id, store_id=store_id, phone_index=phone_index, street_index=street, now=now
    )
    if standing is None:
        raise AddressRefused(str(BuyerGone()))
    return standing


def _is_judged(order: Order) -> bool:
    """Whether a person looks at it, or will: what was looked at shall be what is sent."""
    return order.holds.filter(kind=OrderHold.Kind.RISK, closed_at=None).exists()


def _risk_look(order: Order, standing: Standing, *, now: datetime) -> None:
    """Raises AddressDoubted; what was too little for that is written down."""
    risk = order_risk(standing, amount_fen=order.payable_fen)
    if risk.keeps_it_there:
        raise AddressDoubted(risk.assessed, order)
    _found(risk.assessed, order, now=now)


def _found(assessed: Assessed, order: Order, *, now: datetime) -> None:
    risk_record(
        assessed,
        store_id=order.store_id,
        user_id=order.buyer_id,
        order_ref=order.public_id,
        now=now,
    )


def _province_refusal(order: Order, address: AddressSnapshot, *, now: datetime) -> str:
    """Why the order cannot go to the address's province for what was paid, or ""."""
    province = address.region.split(" ")[0]
    if order.region.split(" ")[0] == province:
        return ""
    lines = list(order.lines.all())
    skus = skus_for_sale([line.sku_id for line in lines], now=now)
    flat_fen, code = store_terms(order.store_id).freight_fen, address.province_code
    to_send = [skus[line.sku_id] for line in lines if line.cancelled_at is None]
    if refused := freight_of(flat_fen, to_send, province=code).refused:
        told = {"titles": "”“".join(refused[:3]), "province": province}
        return _("“%(titles)s”不配送到%(province)s：请换一个收货地址，或请商家取消订单。") % told
    # Of all lines, as it was paid for: a line that was cancelled since makes nothing dearer.
    fee_fen = freight_of(flat_fen, skus.values(), province=code).fen(
        [_quoted(one) for one in lines]
    )
    if fee_fen <= order.freight_fen:
        return ""
    return _(
        "寄到%(province)s的运费要多 %(more)s 元，不能直接改：请换一个收货地址，"
        "或请商家取消这个订单，再按新地址重新下单。"
    ) % {"province": province, "more": yuan(fee_fen - order.freight_fen)}


def _quoted(line: OrderLine) -> QuoteLine:
    return QuoteLine(
        sku_id=line.sku_id,
        quantity=line.quantity,
        list_price_fen=line.list_price_fen,
        unit_price_fen=line.unit_price_fen,
        amount_fen=line.amount_fen,
        discount_fen=line.discount_fen,
    )


def _masked(order: Order) -> str:
    return f"{mask_name(order.recipient)} {mask_phone(order.phone)} {order.region}"
