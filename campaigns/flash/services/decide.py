"""What an order held of an offer comes back when the order ends."""

from datetime import datetime

from django.db import transaction

from campaigns.flash.gate import gate_forget
from campaigns.flash.locks import buyer_give_back, purchase_lock, quota_give_back
from campaigns.flash.states import PURCHASE


def flash_order_ended(*, order_id: int, now: datetime) -> bool:
    """The order was closed unpaid or cancelled: quota and limit are free again, and the gate opens.

    Runs twice as well as once; False for other orders and the second time.
    """
    with transaction.atomic():
        purchase = purchase_lock(order_id)
        if purchase is None:
            return False
        if not PURCHASE.move_row(purchase, "return", now=now, changes={"returned_at": now}):
            return False
        offer_id, quantity = purchase.offer_id, purchase.quantity
        buyer_give_back(offer_id=offer_id, user_id=purchase.user_id, quantity=quantity)
        quota_give_back(offer_id=offer_id, quantity=quantity)
        transaction.on_commit(lambda: gate_forget(offer_id=offer_id))
    return True
