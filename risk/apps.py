from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskConfig(AppConfig):
    """Risk: how strange an order is, by rules that a merchant can read and tune."""

    name = "risk"
    verbose_name = _("风控")
