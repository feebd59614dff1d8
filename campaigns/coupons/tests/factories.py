"""Coupons for tests, published and taken through the services."""

from datetime import timedelta
from typing import Any

from campaigns.coupons.models import Coupon, CouponTemplate
from campaigns.coupons.services import coupon_take, template_publish
from core import clock
from core.idempotency import form_key_new
from orders.models import Order
from orders.services import OrderItem
from orders.tests.factories import Person, order_placed
from stores.models import Store

OFF_FEN = 1000


def template_make(store: Store, *, publish: bool = True, **fields: Any) -> CouponTemplate:
    """Ten yuan off from ¥50 on, valid a week, one each, a hundred of them."""
    now = clock.now()
    template = CouponTemplate.objects.create(
        **{
            "store": store,
            "name": "尝鲜券",
            "off_fen": None if fields.get("kind") == "percent" else OFF_FEN,
            "minimum_fen": 5000,
            "total": 100,
            "take_from": now - timedelta(hours=1),
            "take_until": now + timedelta(days=10),
            "valid_days": None if "usable_until" in fields else 7,
            **fields,
        }
    )
    if publish:
        template_publish(template_id=template.pk, now=now)
        template.refresh_from_db()
    return template


def take(template: CouponTemplate, who: Person, **changes: Any) -> Coupon:
    """The person takes one from the store's coupon centre."""
    ref = coupon_take(
        **{
            "template_ref": template.public_id,
            "store_id": template.store_id,
            "user_id": who.id,
            "form_key": form_key_new(),
            "now": clock.now(),
            **changes,
        }
    )
    return Coupon.objects.get(public_id=ref)


def expire(coupon: Coupon) -> None:
    """Its time was up a second ago."""
    now = clock.now()
    Coupon.objects.filter(pk=coupon.pk).update(
        usable_from=now - timedelta(days=8), expires_at=now - timedelta(seconds=1)
    )


def place(sku: Any, who: Person, *, coupon: Any = None, quantity: int = 1, **changes: Any) -> Order:
    """An order; `coupon` is a Coupon, "none", or None for the best one."""
    wishes = {} if coupon is None else {"coupon": getattr(coupon, "public_id", coupon)}
    order: Order = order_placed(
        **{
            "buyer_id": who.id,
            "store_id": sku.store_id,
            "items": [OrderItem(sku.pk, quantity)],
            "address": who.address,
            "note": "",
            "expected_payable_fen": None,
            "now": clock.now(),
            "wishes": wishes,
            **changes,
        }
    )
    return order


def state_of(coupon: Coupon) -> tuple[str, int | None]:
    coupon.refresh_from_db()
    return coupon.state, coupon.order_id
