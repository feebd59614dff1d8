from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SharersConfig(AppConfig):
    """Sharers (分享员): who recommends a store's goods, and what an order that they brought earns."""

    name = "sharers"
    verbose_name = _("分享员")

    def ready(self) -> None:
        from sharers import posters  # noqa: F401  registers how they look
