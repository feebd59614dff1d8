from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorefrontConfig(AppConfig):
    """Pages that bring several apps together."""

    name = "storefront"
    verbose_name = _("商城")

    def ready(self) -> None:
        from storefront import posters  # noqa: F401  registers how they look
