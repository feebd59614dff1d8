from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """The kernel: it knows no other app, and finds what they register by file name."""

    name = "core"
    verbose_name = _("系统")

    def ready(self) -> None:
        autodiscover_modules("events")
        autodiscover_modules("subscribers")
        autodiscover_modules("deadlines")
        autodiscover_modules("invariants")
        autodiscover_modules("people_data")
