from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Cart, checkout, orders, holds, shipments."""

    name = "orders"
    verbose_name = _("订单")

    def ready(self) -> None:
        from orders import sign_in  # noqa: F401  listens from here on
