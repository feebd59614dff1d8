from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DigitalConfig(AppConfig):
    """What is delivered on a screen: card keys and texts."""

    name = "digital"
    verbose_name = _("虚拟商品")
