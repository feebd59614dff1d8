from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Checkout, orders, holds, shipments."""

    name = "orders"
    verbose_name = _("订单")
