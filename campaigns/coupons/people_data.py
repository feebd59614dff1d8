"""What coupons hold about their holders."""

from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

BUDGET = "the template's budget counts it, and an order may have spent it"

held_register(
    Held(
        "coupons.coupon",
        "user",
        _("优惠券"),
        (
            *("template__name", "store__name", "state", "source", "taken_at", "usable_from"),
            *("expires_at", "used_at", "discount_fen"),
        ),
        kept=BUDGET,
    ),
    Held("coupons.couponholder", "user", _("领券次数"), ("template__name", "taken"), kept=BUDGET),
)
