from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommunityConfig(AppConfig):
    """Where a store meets its people outside the shop: chat groups, and codes on the counter."""

    name = "community"
    verbose_name = _("社群")
