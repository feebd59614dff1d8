from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OfficeConfig(AppConfig):
    """The merchant's composed pages, and the demo stores."""

    name = "office"
    verbose_name = _("商家后台")
