from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CouponsConfig(AppConfig):
    """Coupons: taken, given or entered as a code, spent by an order, given back when it is not."""

    name = "campaigns.coupons"
    label = "coupons"
    verbose_name = _("优惠券")

    def ready(self) -> None:
        from campaigns.coupons.adjuster import CouponAdjuster
        from orders.adjusters import adjuster_register

        adjuster_register(CouponAdjuster())
