from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoresConfig(AppConfig):
    """Merchants: stores and who works in them."""

    name = "stores"
    verbose_name = _("店铺")
