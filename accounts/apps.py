from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People: users, their WeChat identities, consent, addresses, sign-in."""

    name = "accounts"
    verbose_name = _("用户")
