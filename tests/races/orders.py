"""Orders that several threads are at, for the races about their lives."""

from core import clock
from core.idempotency import form_key_new
from orders.services import OrderItem, order_buy
from tests import cast


def paid(*quantities, store=None):
    """A paid order with a line for each quantity."""
    store, who = store or cast.store_open(), cast.person()
    ref = order_buy(
        form_key=form_key_new(),
        buyer_id=who.id,
        store_id=store.pk,
        items=[OrderItem(cast.sku_on_sale(store).pk, one) for one in quantities],
        address=who.address,
        note="",
        expected_payable_fen=None,
        now=clock.now(),
    )
    cast.pay(ref)
    cast.deliver()
    return cast.order_of(ref)
