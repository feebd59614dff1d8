from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """Categories, products, SKUs, stock and photos."""

    name = "catalog"
    verbose_name = _("商品")
