"""One code scanned by two clerks; the last keys wanted by many. With controls."""

import pytest

from core import clock
from digital.models import DigitalItem
from digital.services import order_deliver
from digital.tests.factories import keys_sku, wanted
from orders.models import Shipment
from orders.services import CollectRefused, order_cancel, order_collect
from orders.services.cancel import CancelRefused
from orders.tests.factories import pay
from orders.tests.test_pickup import waiting
from stores.tests.factories import pickup_make
from tests import cast
from tests.races.threads import LEADS, head_to_head, kinds, many, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def scan(order):
    try:
        order_collect(order_id=order.pk, by_id=None, now=clock.now())
    except CollectRefused:
        return False
    return True


def test_eight_scans_hand_over_once():
    order = waiting(pickup_make(cast.store_open()))
    assert sorted(many(lambda _n: scan(order), 8)) == [False] * 7 + [True]
    assert Shipment.objects.count() == 1
    assert cast.broken() == []


def test_without_the_lock_the_goods_are_given_twice(monkeypatch):
    """Control: both clerks read an order that is ready before either has written."""
    order = waiting(pickup_make(cast.store_open()))
    seen = together(lambda: type(order).objects.get(pk=order.pk).state, 2)
    given = many(lambda _n: seen() == "to_ship", 2)
    assert given == [True, True]


@pytest.mark.parametrize("lead_s", LEADS)
def test_handed_over_or_cancelled_but_never_both(lead_s):
    order = waiting(pickup_make(cast.store_open()))

    def cancel():
        try:
            return order_cancel(order_id=order.pk, reason="断货", now=clock.now())
        except CancelRefused:
            return False

    told = head_to_head(lambda: scan(order), cancel, lead_s=lead_s)
    assert sorted(told) == [False, True]
    cast.deliver()
    assert cast.broken() == []


def test_every_key_has_one_buyer():
    sku = keys_sku(*[f"K-{n}" for n in range(8)])
    orders = [wanted(sku) for _ in range(8)]
    for order in orders:
        pay(order.public_id)
    told = kinds(many(lambda n: order_deliver(order_id=orders[n % 8].pk, now=clock.now()), 16))
    assert told.get("ContentMissing", 0) == 0
    lines = DigitalItem.objects.values_list("line_id", flat=True)
    assert len(set(lines)) == len(lines) == 8
    assert None not in lines
    cast.deliver()
    assert cast.broken() == []


def test_without_the_lock_two_buyers_get_one_key():
    """Control: both read the same oldest key, and the second overwrites the first."""
    sku = keys_sku("K-1", "K-2")
    orders = [wanted(sku), wanted(sku)]
    oldest = together(
        lambda: DigitalItem.objects.filter(sku=sku, line=None).order_by("pk").first().pk, 2
    )

    def careless(n):
        DigitalItem.objects.filter(pk=oldest()).update(
            line=orders[n].lines.get(), delivered_at=clock.now()
        )

    many(careless, 2)
    assert DigitalItem.objects.filter(line=None).count() == 1
