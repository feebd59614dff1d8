from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GuardConfig(AppConfig):
    """What a campaign must not say or do, before it is published."""

    name = "guard"
    verbose_name = _("活动合规")
