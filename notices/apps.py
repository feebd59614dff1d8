from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    """What a person is told: the inbox always, WeChat or e-mail where it may be used."""

    name = "notices"
    verbose_name = _("消息")
