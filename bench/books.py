"""A shop with very many orders, and how long its audit takes: `make bench ARGS=audit`.

A handful of orders of every kind is made through the services; then the database itself copies their
rows, each copy with goods, money and numbers of its own. What the copies are like is therefore never
out of date: a new column or table of an order is copied, too.
"""

import argparse
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from bench.copies import rows_copy
from campaigns.coupons.tests.factories import take, template_make
from campaigns.groupbuy.tests.factories import campaign_make, group_open, join
from core import clock
from core.deliveries import deliveries_sweep
from core.invariants import audit, invariants
from notices.models import NoticeDelivery
from notices.services import delivery_send
from orders.models import Order
from orders.services import (
    OrderItem,
    invoice_request,
    order_cancel,
    order_close_request,
    order_line_cancel,
    order_price_ask,
    order_receive,
)
from orders.tests.factories import (
    order_make,
    paid_make,
    pay,
    person,
    shipped_make,
    sku_on_sale,
)
from payments.models import Refund
from payments.services import refund_settle

ORDERS = 1_000_000
LIMIT_S = 60.0
# What belongs to an order, and the goods and campaigns that it takes from: copied together, so that
# every copy adds up. Not facts, which name their subject by a number that is no key, and not bills,
# of which a merchant account has one a day.
COPIED = (
    *("catalog_product", "catalog_sku", "catalog_stockmovement"),
    *("payments_payment", "payments_refund", "payments_ledgerentry"),
    *("orders_order", "orders_orderline", "orders_orderadjustment", "orders_orderhold"),
    *("orders_shipment", "orders_shipmentline", "orders_orderchange", "orders_orderreprice"),
    *("orders_invoice", "coupons_coupontemplate", "coupons_couponholder", "coupons_coupon"),
    *("groupbuy_groupcampaign", "groupbuy_groupprice", "groupbuy_group", "groupbuy_member"),
    *("notices_notice", "notices_noticedelivery"),
)


@dataclass(frozen=True)
class Audited:
    """What an audit found, and how long each invariant took, in seconds."""

    orders: int
    findings: tuple[str, ...]
    seconds: float
    slowest: tuple[tuple[str, float], ...]


def main(argv: list[str]) -> int:
    """Fill an empty, migrated database and audit it; 1 when it takes too long, or finds anything."""
    parser = argparse.ArgumentParser(prog="bench audit")
    parser.add_argument("--orders", type=int, default=ORDERS)
    options = parser.parse_args(argv)
    print(f"making {options.orders:,} orders …", flush=True)
    books_fill(options.orders)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    found = audited(now=clock.now())
    for name, seconds in found.slowest:
        print(f"  {name:<28} {seconds:6.2f} s")
    for finding in found.findings[:20]:
        print(f"  {finding}")
    print(
        f"audit: orders={found.orders} findings={len(found.findings)} seconds={found.seconds:.1f}"
    )
    return int(bool(found.findings) or found.seconds > LIMIT_S)


def books_fill(orders: int) -> int:
    """At least so many orders, every copy of a few that were really placed; how many there are."""
    _originals()
    made = Order.objects.count()
    copies = max(-(-orders // made) - 1, 0)
    rows_copy(COPIED, copies)
    return Order.objects.count()


def audited(*, now: datetime) -> Audited:
    """Ask every invariant but the provider's books, and time each."""
    took: dict[str, float] = {}
    findings: list[str] = []
    for one in invariants():
        if one.name == "books.agree":
            continue
        begun = time.monotonic()
        findings += [str(found) for found in audit(now=now, names=[one.name])]
        took[one.name] = time.monotonic() - begun
    slowest = sorted(took.items(), key=lambda item: -item[1])[:5]
    return Audited(Order.objects.count(), tuple(findings), sum(took.values()), tuple(slowest))


def _originals() -> None:
    """Orders of every kind that is common, come by as orders are."""
    sku = sku_on_sale()
    other = sku_on_sale(sku.store)
    both = [OrderItem(sku.pk, 2), OrderItem(other.pk, 1)]
    now = clock.now()
    for _ in range(4):
        received = shipped_make(sku)
        order_receive(order_id=received.pk, now=now)
    asked = {"kind": "person", "title": "张三", "tax_no": "", "email": "a@b.cn"}
    invoice_request(order_id=received.pk, now=now, **asked)
    who, template = person(), template_make(sku.store, limit_per_person=2)
    for _ in range(2):
        take(template, who)
    paid_make(sku, who=who)
    _groups()
    shipped_make(sku, items=both)
    paid_make(sku, items=both)
    paid_make(sku, held=True)
    order_cancel(order_id=paid_make(sku).pk, reason="断货", now=now)
    partly = paid_make(sku, items=both)
    line = partly.lines.get(sku=other)
    order_line_cancel(order_id=partly.pk, line_id=line.pk, reason="", by_id=None, now=now)
    order_close_request(order_id=order_make(sku, who=person()).pk, now=now)
    cheaper = order_make(sku, who=person())
    order_price_ask(order_id=cheaper.pk, payable_fen=cheaper.payable_fen - 100, by_id=None, now=now)
    pay(cheaper.public_id)
    _deliver()
    for refund in Refund.objects.exclude(state="succeeded"):
        refund_settle(
            refund_id=refund.pk,
            provider_refund_id=f"5030{refund.pk}",
            amount_fen=refund.amount_fen,
            succeeded_at=now,
            now=now,
        )
    _deliver()
    # What people are told has ended, too: copying takes longer than a message may wait.
    while waiting := NoticeDelivery.objects.filter(due_at__lte=clock.now()).first():
        delivery_send(delivery_id=waiting.pk, now=clock.now())


def _groups() -> None:
    """One that is full, and one that waits for somebody."""
    campaign, sku = campaign_make(size=2)
    group, _leader = group_open(campaign, sku, person())
    _deliver()
    pay(join(group.public_id, sku, person()).order_public_id)
    group_open(campaign, sku, person())


def _deliver() -> None:
    """Everybody hears of everything, as workers would see to."""
    for _ in range(20):
        if not deliveries_sweep(now=clock.now() + timedelta(minutes=20)):
            return
