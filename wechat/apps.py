from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WechatConfig(AppConfig):
    """Every conversation with Tencent except Pay."""

    name = "wechat"
    verbose_name = _("微信")
