from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SharingConfig(AppConfig):
    name = "sharing"
    verbose_name = _("分享")

    def ready(self) -> None:
        from sharing import sign_in  # noqa: F401  listens from here on
