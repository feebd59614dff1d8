from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReductionsConfig(AppConfig):
    """Full reductions: so much off from so much on."""

    name = "campaigns.reductions"
    label = "reductions"
    verbose_name = _("满减")

    def ready(self) -> None:
        from campaigns.reductions.adjuster import ReductionAdjuster
        from orders.adjusters import adjuster_register

        adjuster_register(ReductionAdjuster())
