"""What apps above report of a person, what it counts, and for how long. The sum is what the rule
`reported` sees: one of most kinds is nothing, several are a pattern."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class ReportKind:
    """`score` is what one report of it counts while it `lasts`."""

    name: str
    title: str | Promise
    score: int
    lasts: timedelta


REFUSED = ReportKind("refused", _("订单审核没有通过"), 40, timedelta(days=90))
LATE_MONEY = ReportKind("late_money", _("订单关闭后才付款"), 10, timedelta(days=30))
REFUND_STUCK = ReportKind("refund_stuck", _("退款退不回付款账户"), 10, timedelta(days=30))
HELPER_NETWORK = ReportKind("helper_network", _("总是同一个人帮砍价"), 10, timedelta(days=30))
TITLES = {one.name: one.title for one in (REFUSED, LATE_MONEY, REFUND_STUCK, HELPER_NETWORK)}
