"""What placing an order tells risk, and what it does about the answer."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from orders.models import Order, RiskReview
from orders.standing import Standing
from risk.reports import LATE_MONEY, REFUND_STUCK, REFUSED, ReportKind
from risk.rules import Assessed, Policy, Verdict, assess
from risk.services import risk_report


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

    @property
    def keeps_it_there(self) -> bool:
        """A paid order is not held a second time: where a person would have to look, it does not go."""
        return self.is_refused or self.assessed.verdict == Verdict.HOLD


def order_risk(standing: Standing, *, amount_fen: int) -> OrderRisk:
    """How strange an order of so much would be. Pure."""
    told = replace(standing.told, amount_fen=amount_fen)
    return OrderRisk(assess(told, standing.policy), standing.policy, standing.phone_proved)


def refusal_words(verdict: Verdict) -> str:
    """What the shopper is told to do; never which rule fired."""
    if verdict == Verdict.CODE:
        return _("为了你的账户安全，请先在“我的 → 手机号”里验证手机号，再回来下单。")
    return _("这笔订单暂时不能下，请联系商家处理。")


def move_refusal_words(verdict: Verdict) -> str:
    """What a buyer is told to do whose paid order shall go elsewhere; never which rule fired."""
    if verdict == Verdict.CODE:
        return _("为了你的账户安全，请先在“我的 → 手机号”里验证手机号，再回来修改收货信息。")
    return _("新的收货信息需要商家确认，请联系商家。")


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
