from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FreightConfig(AppConfig):
    """Freight templates (运费模板): what sending costs, by where it goes and how much it is."""

    name = "freight"
    verbose_name = _("运费")
