from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """WeChat Pay: merchant accounts, payments, refunds, ledger, incidents."""

    name = "payments"
    verbose_name = _("支付")
