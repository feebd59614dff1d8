"""What risk holds about a buyer."""

from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

FOR_A_WHILE = "what keeps a fraud from starting afresh; it goes by itself when its time is over"

held_register(
    Held(
        "risk.riskreport",
        "user",
        _("异常记录"),
        ("store__name", "kind", "reference", "reported_at", "until"),
        kept=FOR_A_WHILE,
    ),
    Held(
        "risk.riskassessment",
        "user",
        _("订单的风险判断"),
        ("store__name", "order_ref", "verdict", "score", "fired", "assessed_at"),
        kept=FOR_A_WHILE,
    ),
)
