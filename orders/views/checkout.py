"""Buying one SKU alone, at its list price."""

import re
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.queries import sku_for_sale
from core.errors import NotHere
from orders.checkout import (
    CheckoutView,
    Choice,
    ForSale,
    address_chosen,
    item_chosen,
    wishes_of,
)
from orders.forms import CheckoutForm
from orders.pricing import KINDS
from orders.services import OrderItem, order_buy

# What a public id can look like: anything else is nobody's, and nothing a database must read.
SKU = re.compile(r"[0-9a-z_]{1,32}")


class AloneView(CheckoutView):
    """/checkout/?sku=…&quantity=n"""

    template_name = "orders/checkout.html"

    def wares_find(self, request: HttpRequest, *, now: datetime) -> ForSale:
        asked = request.POST.get("sku") or request.GET.get("sku", "")
        sku = sku_for_sale(asked) if SKU.fullmatch(asked) else None
        if sku is None:
            raise NotHere(_("没有这件商品，可能链接不完整。"))
        return ForSale(
            store_id=sku.store_id,
            title=sku.title,
            photo=sku.photo,
            back_url=reverse("storefront:product", args=[sku.product_public_id]),
            choices=(Choice(sku, sku.price_fen),),
            takes=KINDS,
        )

    def place(self, request: HttpRequest, wares: ForSale, form: CheckoutForm, now: datetime) -> str:
        sku, quantity = item_chosen(wares, form)
        return order_buy(
            form_key=form.cleaned_data["form_key"],
            buyer_id=self.buyer_id,
            store_id=wares.store_id,
            items=[OrderItem(sku_id=sku.id, quantity=quantity)],
            address=address_chosen(wares, form),
            note=form.cleaned_data["note"],
            expected_payable_fen=form.cleaned_data["shown_fen"],
            now=now,
            wishes=wishes_of(request.POST),
        )
