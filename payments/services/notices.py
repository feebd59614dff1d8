"""What the provider tells by itself. Verified, decrypted, compared with the account it came for."""

from collections.abc import Mapping
from datetime import datetime

from payments.gateway import gateway_for
from payments.gateway.base import GatewayError, Notice, NoticeRefused
from payments.models import MerchantAccount, Payment, PaymentIncident, Refund
from payments.services.incidents import incident_record
from payments.services.refund import refund_heard
from payments.services.settle import trade_settle

__all__ = ["NoticeRefused", "NoticeUnfit", "UnknownAccount", "notice_receive"]

Kind = PaymentIncident.Kind


class UnknownAccount(Exception):
    """The address names no merchant account."""


class NoticeUnfit(Exception):
    """Signed, but not what this account and its payments say: kept as an incident."""


def notice_receive(
    *, account_public_id: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Act on a notice; told again, it changes nothing and is accepted.

    Raises UnknownAccount, NoticeRefused (nothing was believed) or NoticeUnfit (an incident).
    """
    account = MerchantAccount.objects.filter(public_id=account_public_id).first()
    if account is None:
        raise UnknownAccount(account_public_id)
    try:
        gateway = gateway_for(account)
    except GatewayError as error:
        raise NoticeRefused(str(error)) from error
    notice = gateway.parse_notice(headers, body, now=now)
    fits = _trade_heard if notice.trade else _refund_heard if notice.refund else _strange
    if not fits(account, notice, now=now):
        raise NoticeUnfit(notice.notice_id)


def _trade_heard(account: MerchantAccount, notice: Notice, *, now: datetime) -> bool:
    trade = notice.trade
    assert trade is not None
    payment = Payment.objects.filter(account=account, out_trade_no=trade.out_trade_no).first()
    return trade_settle(account, payment, trade, now=now)


def _refund_heard(account: MerchantAccount, notice: Notice, *, now: datetime) -> bool:
    result = notice.refund
    assert result is not None
    kind = None
    refund = (
        Refund.objects.select_related("payment__account")
        .filter(out_refund_no=result.out_refund_no, payment__account=account)
        .first()
    )
    if (result.mchid, result.sp_mchid) != (account.mchid, account.sp_mchid):
        kind = Kind.MERCHANT
    elif refund is None:
        kind = Kind.UNKNOWN
    if kind is None and refund is not None:
        return refund_heard(refund, result, now=now)
    incident_record(
        account=account,
        kind=kind or Kind.UNKNOWN,
        reference=result.provider_refund_id or result.out_refund_no,
        amount_fen=result.refund_fen,
        detail=result.raw,
        now=now,
    )
    return False


def _strange(account: MerchantAccount, notice: Notice, *, now: datetime) -> bool:
    """Of an event that nobody asked for, or one that cannot be read."""
    incident_record(
        account=account,
        kind=Kind.UNREADABLE if notice.nonsense else Kind.UNKNOWN,
        reference=notice.notice_id,
        amount_fen=0,
        detail={
            "event_type": notice.event_type,
            **({**notice.raw, "nonsense": notice.nonsense} if notice.nonsense else {}),
        },
        now=now,
    )
    return False
