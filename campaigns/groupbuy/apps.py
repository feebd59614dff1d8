from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupbuyConfig(AppConfig):
    """Group-buy: campaigns, groups, seats, deadlines."""

    name = "campaigns.groupbuy"
    label = "groupbuy"
    verbose_name = _("拼团")

    def ready(self) -> None:
        from campaigns.groupbuy import posters  # noqa: F401  registers how they look
