from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BargainConfig(AppConfig):
    """Bargains: campaigns, sealed schedules, helps, deadlines."""

    name = "campaigns.bargain"
    label = "bargain"
    verbose_name = _("砍价")

    def ready(self) -> None:
        from campaigns.bargain import posters  # noqa: F401  registers how they look
        from campaigns.bargain.pieces import kept
        from campaigns.bargain.services.buy import OFFER
        from orders.keepers import keeper_register

        keeper_register(OFFER, kept)
