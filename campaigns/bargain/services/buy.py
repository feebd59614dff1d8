"""Buying at the price of this moment: one transaction down the lock sequence.

form key → bargain → order → payment → SKUs; its piece of the quota and the one in stock are reserved
since the launch.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.queries import AddressSnapshot
from campaigns.bargain.locks import bargain_lock
from campaigns.bargain.models import Bargain
from campaigns.bargain.pieces import piece_free
from campaigns.bargain.services.refusals import (
    AlreadyOrdered,
    BuyRefused,
    NotMidway,
    NotYours,
    SoldOut,
    TooLateToBuy,
)
from campaigns.bargain.states import BARGAIN, BargainState
from catalog.services import OutOfStock
from core.idempotency import form_claim
from core.ids import public_id
from orders.pricing import CAMPAIGN_KINDS
from orders.queries import orders_brief
from orders.services import Offer, OrderItem, order_place

OFFER = "bargain"


def bargain_buy(
    *,
    bargain_public_id: str,
    user_id: int,
    address: AddressSnapshot,
    note: str,
    expected_payable_fen: int | None,
    form_key: str,
    now: datetime,
    wishes: Mapping[str, str] | None = None,
) -> str:
    """Order the bargain's piece at its price of this moment, or at the list price when that has
    fallen below it; the order's public id.

    Until that order is paid or closed nobody helps, so that the price stands still. The second
    sender of a form key gets the first one's order. Raises BuyRefused, and whatever `order_place`
    raises: PriceChanged when a help came in between.
    """
    order_ref = public_id("ord")
    rows = Bargain.objects.select_related("campaign__sku").filter(public_id=bargain_public_id)
    found = rows.first()
    if found is None:
        raise TooLateToBuy
    with transaction.atomic():
        first = form_claim(
            owner=f"user:{user_id}",
            key=form_key,
            purpose="bargain_buy",
            result={"order": order_ref},
            now=now,
        )
        if first is not None:
            return str(first["order"])
        bargain = bargain_lock(found.pk)
        # What it sells never changes, and the total that was shown says whether its price did.
        bargain.campaign = found.campaign
        if (refusal := buy_refusal(bargain, user_id, now=now)) is not None:
            raise refusal

        def claim(order: Any) -> None:
            piece = bargain.reserved_as
            changes = {
                "order_id": order.pk,
                "due_at": max(bargain.deadline_at, order.pay_before),
                "reserved_as": "",
            }
            BARGAIN.move_row(bargain, "order", now=now, changes=changes)
            # Reserved for the order next, by the same transaction.
            piece_free(sku_id=bargain.campaign.sku_id, reference=piece, now=now)

        try:
            order_place(
                buyer_id=user_id,
                store_id=bargain.store_id,
                items=[OrderItem(bargain.campaign.sku_id, 1, bargain.pays_fen)],
                address=address,
                note=note,
                expected_payable_fen=expected_payable_fen,
                now=now,
                public_id=order_ref,
                offer=Offer(
                    kind=OFFER,
                    ref=bargain_public_id,
                    claim=claim,
                    holds=False,
                    takes=CAMPAIGN_KINDS if bargain.campaign.takes_coupons else (),
                ),
                wishes=wishes,
            )
        except OutOfStock as error:
            raise SoldOut(str(error)) from error
    return order_ref


def buy_refusal(bargain: Bargain, user_id: int, *, now: datetime) -> BuyRefused | None:
    """Why the person could not buy now, whatever is typed. Reads only."""
    if bargain.launcher_id != user_id:
        return NotYours()
    if bargain.order_id is not None and bargain.state in (
        BargainState.ORDERED,
        BargainState.BOUGHT,
    ):
        return AlreadyOrdered(orders_brief([bargain.order_id])[bargain.order_id].public_id)
    live = bargain.state in (BargainState.RUNNING, BargainState.REACHED)
    if not live or bargain.deadline_at <= now:
        return TooLateToBuy()
    if bargain.state == BargainState.RUNNING and not bargain.campaign.buy_midway:
        return NotMidway()
    return None
