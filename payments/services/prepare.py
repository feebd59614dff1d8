"""Hand an attempt to the provider, and give the page what opens its cashier."""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from payments.gateway import gateway_for
from payments.gateway.base import GatewayError, Prepare, Prepared, TradeState
from payments.locks import payment_locked
from payments.models import Channel, Payment
from payments.schedule import SOON
from payments.services.close import begin_close, payment_close
from payments.services.settle import trade_settle
from payments.services.trouble import trouble_found, trouble_over
from payments.states import LIVE_PAYMENT, PAYMENT, PaymentState

# A page that is reloaded gets the same prepay id so long; afterwards the provider is asked again,
# which also finds out that the attempt is paid.
REUSED_FOR = timedelta(minutes=2)


@dataclass(frozen=True)
class PreparedPayment:
    """What opens the cashier: `bridge` inside WeChat, `code_url` as a QR code, `h5_url` in a phone's
    browser.

    `payment_public_id` may be another than was asked for: a switched channel is a new attempt.
    """

    channel: str
    bridge: dict[str, str] | None
    code_url: str
    h5_url: str
    payment_public_id: str


class PaymentGone(Exception):
    """There is nothing to pay any more; `found_state` says why, or `expired`."""

    def __init__(self, state: str) -> None:
        super().__init__(
            _("订单已支付。") if state == PaymentState.SUCCEEDED else _("付款已关闭，请重新下单。")
        )
        self.found_state = state


class SumChanged(Exception):
    """The order costs `amount_fen`, something else than the payer's page said; nothing was asked for."""

    def __init__(self, amount_fen: int) -> None:
        super().__init__(f"it is {amount_fen} fen now")
        self.amount_fen = amount_fen


class GatewayTrouble(Exception):
    """WeChat Pay refused, was silent or had no room; `permanent` when trying again will not help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.message, self.permanent = message, permanent


@dataclass(frozen=True)
class _Way:
    """How an attempt is paid: another way is another attempt."""

    channel: str
    openid: str
    payer_ip: str


class _NumberUsedUp(Exception):
    """The provider takes no money for this number any more: another attempt is needed."""


def payment_prepare(
    *,
    payment_public_id: str,
    payer_id: int,
    amount_fen: int,
    channel: str,
    openid: str = "",
    payer_ip: str = "",
    now: datetime,
) -> PreparedPayment:
    """Make the attempt payable by `channel`. No transaction may be open.

    The number and `asked_at` are stored before the provider hears of them. Another channel (or
    another openid, or another address of a phone's browser) closes the old attempt at the provider and opens a new one; so does a number
    that the provider has closed. Raises SumChanged when the attempt is not of `amount_fen`, what the
    payer has seen (while a channel was closed, its merchant may have changed the price), PaymentGone,
    GatewayTrouble, and Payment.DoesNotExist when the payer has no such payment.
    """
    wants = {Channel.JSAPI: openid, Channel.NATIVE: "nothing", Channel.H5: payer_ip}
    if not wants.get(Channel(channel or "native")) or not channel:
        raise ValueError("a channel is jsapi with an openid, h5 with an address, or native")
    way = _Way(
        channel,
        openid if channel == Channel.JSAPI else "",
        payer_ip if channel == Channel.H5 else "",
    )
    payment = _current(payment_public_id, payer_id)
    for _attempt in range(2):
        payment = _switched(payment, way, seen_fen=amount_fen, now=now)
        try:
            return _prepared(payment, now=now)
        except _NumberUsedUp:
            with transaction.atomic():
                begin_close(payment_locked(payment.pk), switch_to=channel, now=now)
    raise _trouble(permanent=False)


def _current(public_id: str, payer_id: int) -> Payment:
    """The attempt asked for or, when a switch replaced it meanwhile, the order's live one."""
    payment = Payment.objects.get(public_id=public_id, payer_id=payer_id)
    if payment.state != PaymentState.CLOSED:
        return payment
    live = Payment.objects.filter(
        order_ref=payment.order_ref, payer_id=payer_id, state__in=LIVE_PAYMENT
    )
    return live.first() or payment


def _switched(payment: Payment, way: "_Way", *, seen_fen: int, now: datetime) -> Payment:
    """The attempt of this channel, marked as asked; the old one is closed first if need be."""
    for _step in range(3):
        with transaction.atomic():
            row = payment_locked(payment.pk)
            if row.amount_fen != seen_fen:
                raise SumChanged(row.amount_fen)
            if row.state not in LIVE_PAYMENT or now >= row.expires_at:
                raise PaymentGone(row.state if row.state not in LIVE_PAYMENT else "expired")
            if row.state == PaymentState.CLOSING and not row.switch_to:
                raise PaymentGone(row.state)
            if row.state != PaymentState.CLOSING:
                fresh = row.asked_at is None
                if fresh or (row.channel, row.payer_openid, row.payer_ip) == astuple(way):
                    return _asked(row, way, now=now)
                begin_close(row, switch_to=way.channel, now=now)
        if not payment_close(payment_id=row.pk, now=now):
            state = Payment.objects.values_list("state", flat=True).get(pk=row.pk)
            if state == PaymentState.SUCCEEDED:
                raise PaymentGone(state)
            raise GatewayTrouble(
                _("上一次的付款还没有关闭，请过几秒再试，不会重复扣款。"), permanent=False
            )
        payment = _current(row.public_id, row.payer_id)
    raise _trouble(permanent=False)


def _asked(payment: Payment, way: "_Way", *, now: datetime) -> Payment:
    payment.channel, payment.payer_openid, payment.payer_ip = astuple(way)
    payment.asked_at = payment.asked_at or now
    payment.due_at = now + SOON
    payment.save(update_fields=["channel", "payer_openid", "payer_ip", "asked_at", "due_at"])
    return payment


def _prepared(payment: Payment, *, now: datetime) -> PreparedPayment:
    """The cashier's key of an attempt that is marked as asked."""
    try:
        gateway = gateway_for(payment.account)
        renewed = payment.prepared_at is None or now - payment.prepared_at > REUSED_FOR
        if renewed:
            _renew(payment, now=now)
        bridge = gateway.bridge(payment.prepay_id, now=now) if payment.prepay_id else None
    except GatewayError as error:
        trouble_found(payment.account, error, now=now)
        is_ours = error.code == GatewayError.BUSY
        raise _trouble(permanent=error.permanent, is_ours=is_ours) from error
    return PreparedPayment(
        channel=payment.channel,
        bridge=bridge,
        code_url=payment.code_url,
        h5_url=payment.h5_url,
        payment_public_id=payment.public_id,
    )


def _renew(payment: Payment, *, now: datetime) -> None:
    gateway = gateway_for(payment.account)
    ask = Prepare(
        channel=payment.channel,
        out_trade_no=payment.out_trade_no,
        description=payment.description,
        amount_fen=payment.amount_fen,
        expires_at=payment.expires_at,
        openid=payment.payer_openid,
        payer_ip=payment.payer_ip,
    )
    try:
        prepared = gateway.prepare(ask)
    except GatewayError as error:
        if not error.number_refused:
            raise
        _number_refused(payment, error, now=now)
        raise _NumberUsedUp from error
    trouble_over(payment.account)
    _remember(payment, prepared, now=now)


def _number_refused(payment: Payment, refusal: GatewayError, *, now: datetime) -> None:
    """Find out why: paid is settled and raises PaymentGone; a trade that is closed or stands with
    other particulars returns; a number they do not know means that our request itself is wrong."""
    try:
        trade = gateway_for(payment.account).query(payment.out_trade_no)
    except GatewayError as error:
        raise (refusal if error.not_found else error) from error
    if trade.state != TradeState.PAID:
        return
    if not trade_settle(payment.account, payment, trade, now=now):
        raise GatewayError(GatewayError.UNFIT, "paid with other particulars", permanent=True)
    raise PaymentGone(PaymentState.SUCCEEDED)


def _remember(payment: Payment, prepared: Prepared, *, now: datetime) -> None:
    changes = {
        "prepay_id": prepared.prepay_id,
        "code_url": prepared.code_url,
        "h5_url": prepared.h5_url,
        "prepared_at": now,
    }
    with transaction.atomic():
        if not PAYMENT.move_row(payment, "prepare", now=now, changes=changes):
            raise PaymentGone(Payment.objects.values_list("state", flat=True).get(pk=payment.pk))


def _trouble(*, permanent: bool, is_ours: bool = False) -> GatewayTrouble:
    if is_ours:
        return GatewayTrouble(_("现在付款的人很多，请过几秒再试，不会重复扣款。"), permanent=False)
    if permanent:
        return GatewayTrouble(_("微信支付没有接受这笔付款，请联系商家。"), permanent=True)
    return GatewayTrouble(_("微信支付暂时没有响应，请稍后再试，不会重复扣款。"), permanent=False)
