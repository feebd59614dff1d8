from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FlashConfig(AppConfig):
    """Flash sales: slots, offers, the gate, reminders."""

    name = "campaigns.flash"
    label = "flash"
    verbose_name = _("秒杀")

    def ready(self) -> None:
        from campaigns.flash import posters  # noqa: F401  registers how they look
