"""One code scanned by two clerks; the last keys wanted by many. With controls."""

import pytest

from core import clock
from digital.models import DigitalItem
from digital.services import keys, keys_import, order_deliver
from digital.tests.factories import keys_sku, wanted
from orders.models import Shipment
from orders.services import CollectRefused, order_cancel, order_collect
from orders.services.cancel import CancelRefused
from orders.tests.factories import pay
from orders.tests.test_pickup import waiting
from stores.tests.factories import pickup_make
from tests import cast
from tests.races.threads import LEADS, head_to_head, kinds, many, together, unlocked

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


def keys_twice(sku, *, same):
    def put(n):
        lines = [f"K-{one}" if same else f"K-{n}-{one}" for one in range(5)]
        return keys_import(
            store_id=sku.store_id, sku_id=sku.pk, lines=lines, by_id=None, now=clock.now()
        )

    return many(put, 4)


@pytest.mark.parametrize("same", [True, False])
def test_keys_that_come_in_several_times_at_once_are_counted_once(same):
    sku = keys_sku("K-old")
    told = keys_twice(sku, same=same)
    wanted_number = 5 if same else 20
    assert sum(one.added for one in told) == wanted_number
    sku.refresh_from_db()
    assert sku.on_hand == wanted_number + 1 == DigitalItem.objects.count()
    assert cast.broken() == []


def test_without_the_lock_there_is_more_stock_than_keys(monkeypatch):
    """Control: four have counted before anybody's keys are there."""
    sku = keys_sku("K-old")
    monkeypatch.setattr(keys, "import_lock", unlocked(lambda _pk: None, 4))
    keys_twice(sku, same=True)
    sku.refresh_from_db()
    assert sku.on_hand > DigitalItem.objects.count()
    assert cast.broken() != []


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
