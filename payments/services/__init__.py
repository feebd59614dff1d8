"""Use cases of payments: money in, money back, and what the provider tells by itself."""

from payments.bills import BillUnreadable
from payments.models import Refund
from payments.services.accounts import merchant_account_check
from payments.services.bills import bill_differ, bill_fetch, bills_wanted
from payments.services.close import payment_begin_close, payment_close
from payments.services.explain import (
    bill_explain,
    difference_explain,
    incident_explain,
    refund_explain,
)
from payments.services.forget import payers_forget
from payments.services.notices import NoticeUnfit, UnknownAccount, notice_receive
from payments.services.open import (
    NoMerchantAccount,
    payment_new,
    payment_reopen,
)
from payments.services.prepare import (
    GatewayTrouble,
    PaymentGone,
    PreparedPayment,
    SumChanged,
    payment_prepare,
)
from payments.services.refund import (
    NothingToRefund,
    refund_poll,
    refund_refusal,
    refund_request,
    refund_retry,
    refund_settle,
    refund_submit,
)
from payments.services.settle import payment_poll, payment_settle

# Why money goes back, for those who ask for it.
RefundReason = Refund.Reason

__all__ = [
    "BillUnreadable",
    "GatewayTrouble",
    "NoMerchantAccount",
    "NothingToRefund",
    "NoticeUnfit",
    "PaymentGone",
    "PreparedPayment",
    "RefundReason",
    "SumChanged",
    "UnknownAccount",
    "bill_differ",
    "bill_explain",
    "bill_fetch",
    "bills_wanted",
    "difference_explain",
    "incident_explain",
    "merchant_account_check",
    "notice_receive",
    "payers_forget",
    "payment_begin_close",
    "payment_close",
    "payment_new",
    "payment_poll",
    "payment_prepare",
    "payment_reopen",
    "payment_settle",
    "refund_explain",
    "refund_poll",
    "refund_refusal",
    "refund_request",
    "refund_retry",
    "refund_settle",
    "refund_submit",
]
