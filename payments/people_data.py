"""What payments hold about a payer."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.people_data import Held, held_register, obstacle_register
from payments.models import Payment, Refund
from payments.states import LIVE_PAYMENT, RefundState

BOOKS = "the books, which the law has kept"

held_register(
    Held(
        "payments.payment",
        "payer",
        gettext_lazy("付款"),
        (
            *("order_ref", "out_trade_no", "transaction_id", "amount_fen", "refunded_fen"),
            *("channel", "state", "payer_openid", "payer_ip", "opened_at", "paid_at"),
        ),
        kept=BOOKS,
        unlink={"payer_openid": "", "payer_ip": ""},
    ),
    Held(
        "payments.refund",
        "payment__payer",
        gettext_lazy("退款"),
        (
            *("order_ref", "out_refund_no", "reason", "amount_fen", "state"),
            *("requested_at", "succeeded_at"),
        ),
        kept=BOOKS,
    ),
)


def under_way(user_id: int) -> str:
    live = Payment.objects.filter(payer_id=user_id, state__in=LIVE_PAYMENT)
    back = Refund.objects.filter(payment__payer_id=user_id, explained_at=None)
    back = back.exclude(state=RefundState.SUCCEEDED)
    if live.exists() or back.exists():
        return _("你还有付款或退款正在处理，到账后才能注销。")
    return ""


obstacle_register("payments.under_way", under_way)
