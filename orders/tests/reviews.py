"""Orders that are held for a person to look at."""

from datetime import timedelta

from core import clock
from orders.models import RiskReview
from orders.tests.factories import deliver, order_make, pay
from risk.reports import ReportKind
from risk.services import risk_report


def report(who, sku, score):
    kind = ReportKind("fraud", "欺诈", score, timedelta(days=30))
    told = {"user_id": who.id, "store_id": sku.store_id, "reference": "x"}
    return risk_report(kind, now=clock.now(), **told)


def held(sku, who, **changes):
    """A paid order that waits for a person."""
    report(who, sku, 60)
    order = order_make(sku, who=who, **changes)
    pay(order.public_id)
    deliver()
    order.refresh_from_db()
    assert order.state == "on_hold"
    return order, RiskReview.objects.get(order=order)
