from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SharingConfig(AppConfig):
    """Share links, visits, and which share brought an order."""

    name = "sharing"
    verbose_name = _("分享")
