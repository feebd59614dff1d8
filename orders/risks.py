"""What placing an order tells risk, and what it does about the answer."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from core.devices import device_mark
from orders.models import Order, RiskReview
from risk.reports import LATE_MONEY, REFUND_STUCK, REFUSED, ReportKind
from risk.rules import Assessed, Context, Policy, Verdict, assess
from risk.services import policy_from, risk_report

# An account may be in other hands by tomorrow: a phone that was proved before proves nothing now.
PROVED_FOR = timedelta(hours=24)

# By hand, because every order asks (docs/decisions/0002-hot-reads-by-hand.md): one trip for the store's
# policy and all that is counted, each from an index.
_COUNTS = """
    SELECT
        (SELECT to_jsonb(policy) FROM risk_riskpolicy policy WHERE store_id = %(store)s),
        person.joined_at, COALESCE(person.phone_verified_at > %(proved_since)s, FALSE),
        mine.hour, mine.day, mine.unpaid,
        (SELECT count(DISTINCT buyer_id) FROM orders_order
            WHERE phone_index = %(phone)s AND phone_index <> '' AND placed_at > %(week_ago)s AND buyer_id <> %(buyer)s),
        (SELECT count(*) FROM orders_order
            WHERE device = %(device)s AND device <> '' AND placed_at > %(hour_ago)s),
        (SELECT count(DISTINCT buyer_id) FROM orders_order
            WHERE device = %(device)s AND device <> '' AND placed_at > %(day_ago)s
                AND buyer_id <> %(buyer)s),
        (SELECT count(DISTINCT buyer_id) FROM (SELECT buyer_id FROM orders_order
            WHERE street_index = %(street)s AND street_index <> '' AND placed_at > %(week_ago)s
                AND buyer_id <> %(buyer)s
            ORDER BY placed_at DESC LIMIT 100) there),
        (SELECT COALESCE(sum(score), 0) FROM risk_riskreport
            WHERE user_id = %(buyer)s AND until > %(now)s)
    FROM accounts_user person, (
        SELECT count(*) FILTER (WHERE placed_at > %(hour_ago)s) AS hour, count(*) AS day,
            count(*) FILTER (WHERE state = 'closed') AS unpaid
        FROM (SELECT state, placed_at FROM orders_order
            WHERE buyer_id = %(buyer)s ORDER BY id DESC LIMIT 100) latest
        WHERE placed_at > %(day_ago)s
    ) mine WHERE person.id = %(buyer)s
"""


@dataclass(frozen=True)
class OrderRisk:
    """What risk makes of an order that is about to be placed."""

    assessed: Assessed
    policy: Policy
    phone_proved: bool

    @property
    def is_refused(self) -> bool:
        """Not to be placed, or not yet: a phone that was proved of late is what a code would prove."""
        verdict = self.assessed.verdict
        return verdict == Verdict.REFUSE or (verdict == Verdict.CODE and not self.phone_proved)


def order_risk(
    *,
    buyer_id: int,
    store_id: int,
    phone_index: str,
    street_index: str,
    amount_fen: int,
    now: datetime,
) -> OrderRisk:
    """How strange an order would be. One query."""
    asked: dict[str, Any] = {
        "store": store_id,
        "buyer": buyer_id,
        "phone": phone_index,
        "street": street_index,
        "proved_since": now - PROVED_FOR,
        "device": device_mark(),
        "now": now,
        "hour_ago": now - timedelta(hours=1),
        "day_ago": now - timedelta(days=1),
        "week_ago": now - timedelta(days=7),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        row = cursor.fetchone()
    kept, joined_at, proved, hour, day, unpaid, phones, device, devices, there, reported = row
    told = Context(
        account_age_s=(now - joined_at).total_seconds(),
        orders_1h=hour,
        orders_24h=day,
        unpaid_24h=unpaid,
        amount_fen=amount_fen,
        phone_buyers_7d=phones,
        device_orders_1h=device,
        device_buyers_24h=devices,
        address_buyers_7d=there,
        reported=reported,
    )
    policy = policy_from(json.loads(kept) if isinstance(kept, str) else kept)
    return OrderRisk(assess(told, policy), policy, proved)


def refusal_words(verdict: Verdict) -> str:
    """What the shopper is told to do; never which rule fired."""
    if verdict == Verdict.CODE:
        return _("为了你的账户安全，请先在“我的 → 手机号”里验证手机号，再回来下单。")
    return _("这笔订单暂时不能下，请联系商家处理。")


def late_money_report(*, order_id: int, now: datetime) -> None:
    """Money came when nobody waited for it any more. The buyer who gave the order up is not meant."""
    order = Order.objects.get(pk=order_id)
    if order.given_up_at is None:
        _report(LATE_MONEY, order, now=now)


def refused_report(*, review_id: int, now: datetime) -> None:
    """A person looked at an order and refused it."""
    refused = RiskReview.objects.filter(pk=review_id, outcome=RiskReview.Outcome.REFUSED)
    review = refused.select_related("order").first()
    if review is not None:
        _report(REFUSED, review.order, now=now)


def refund_stuck_report(*, order_ref: str, now: datetime) -> None:
    """The account that paid takes no money back."""
    order = Order.objects.filter(public_id=order_ref).first()
    if order is not None:
        _report(REFUND_STUCK, order, now=now)


def _report(kind: ReportKind, order: Order, *, now: datetime) -> None:
    risk_report(
        kind,
        user_id=order.buyer_id,
        store_id=order.store_id,
        reference=order.public_id,
        now=now,
    )
