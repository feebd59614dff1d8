"""Paying a trade, and what may go wrong with that."""

import random
import time
from urllib.parse import urlsplit

from django.db import transaction

from simulator.models import Person, Prepay, Refund, Trade
from simulator.services import clock, people
from simulator.services.notices import notice_new, trade_resource


class PayRefused(Exception):
    """Why the cashier does not take the money; the message is what the phone shows."""


def prepay_find(token: str) -> Trade:
    """The trade behind a prepay id or a scanned code. Raises PayRefused."""
    prepay = Prepay.objects.select_related("trade__merchant").filter(token=token).first()
    if prepay is None:
        raise PayRefused("商家参数格式有误，请联系商家解决")
    if prepay.expires_at < clock.due_now() or prepay.trade.time_expire < clock.stamp():
        raise PayRefused("订单已过期，请回商家重新下单")
    return prepay.trade


def payable_check(trade: Trade, person: Person) -> None:
    """Raises PayRefused when this person cannot pay this trade now."""
    if trade.state == "CLOSED":
        raise PayRefused("订单已关闭，请回商家重新下单")
    if trade.state != "NOTPAY":
        raise PayRefused("该订单已支付")
    if trade.time_expire < clock.stamp():
        raise PayRefused("订单已过期，请回商家重新下单")
    own = people.openid_of(trade.appid, person.key)
    if trade.channel == "jsapi" and trade.payer_openid != own:
        raise PayRefused("下单账号与支付账号不一致，请核实后再支付")


def pay(trade_id: int, person: Person) -> Trade:
    """Take the money, once, and tell the merchant. Raises PayRefused."""
    with transaction.atomic():
        trade = Trade.objects.get(pk=trade_id)
        payable_check(trade, person)
        trade.state = "SUCCESS"
        trade.paid_at = clock.stamp()
        trade.payer_openid = people.openid_of(trade.appid, person.key)
        trade.transaction_id = number_new("4200")
        trade.save(update_fields=["state", "paid_at", "payer_openid", "transaction_id"])
        notice_new(
            trade.merchant_id, trade.notify_url, "TRANSACTION.SUCCESS", trade_resource(trade)
        )
    return trade


def refunded_fen(trade: Trade) -> int:
    """What is back or on its way back."""
    rows = Refund.objects.filter(trade=trade).exclude(state="CLOSED")
    return sum(rows.values_list("refund_fen", flat=True))


def number_new(prefix: str) -> str:
    """28 digits, as Tencent's own numbers look."""
    return f"{prefix}{int(time.time() * 1000):013d}{random.randrange(10**11):011d}"


def is_notify_url(url: str) -> bool:
    """https and no query string; plain http on loopback, for this machine alone."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    good = parts.scheme == "https" or (parts.scheme == "http" and is_local)
    return good and bool(parts.netloc) and not parts.query and len(url) <= 255
