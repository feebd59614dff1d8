"""Filling carts."""

from catalog.queries import skus_for_sale
from core import clock
from core.idempotency import form_key_new
from orders.services.cart import cart_add


def put(owner, sku, quantity=1, *, key=""):
    return cart_add(
        owner=owner,
        sku=skus_for_sale([sku.pk])[sku.pk],
        quantity=quantity,
        form_key=key or form_key_new(),
        now=clock.now(),
    )


def form_of(client, **changes):
    """The fields of the checkout page as a browser would send them."""
    page = client.get("/cart/checkout/").context["page"]
    fields = {"form_key": page.form_key, "address": page.address}
    for section in page.sections:
        fields[f"shown_{section.one.store.id}"] = str(section.one.cost.payable_fen)
        fields[f"note_{section.one.store.id}"] = ""
    return {**fields, **changes}
