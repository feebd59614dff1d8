"""Codes on the counter: whose they are, where they lead, and what came through them."""

from datetime import timedelta

import pytest

from catalog.tests.factories import product_make
from community.models import CounterCode
from community.queries import CounterResult, counter_results
from community.services import CounterRefused
from community.tests.factories import counter_make, entry_make
from core import clock
from orders.services import order_cancel
from orders.tests.factories import deliver, order_make, pay, person
from sharing.models import Attribution, ShareLink
from sharing.services import visit_record
from stores.tests.factories import staff_make, store_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store():
    return cast.store_open("枣园")


def test_a_code_is_a_paper_link_of_the_staffs_to_the_stores_home(store):
    owner = staff_make(store)
    code = counter_make(store, person_id=owner.user_id, label=" 前台 小王 ")
    link = ShareLink.objects.get()
    assert (link.sharer_id, link.channel, link.target_kind) == (owner.user_id, "paper", "counter")
    assert link.path == f"/store/{store.slug}/"
    assert (code.link_id, code.label) == (link.pk, "前台 小王")
    assert cast.broken("community.counters") == []


def test_it_leads_to_a_product_or_to_a_group(store):
    owner = staff_make(store)
    product, entry = product_make(store), entry_make(store)
    made = [
        counter_make(store, person_id=owner.user_id),
        counter_make(store, person_id=owner.user_id, product_id=product.pk),
        counter_make(store, person_id=owner.user_id, entry_id=entry.pk),
        counter_make(store, person_id=owner.user_id, label="门口"),
        counter_make(store),
    ]
    assert made[1].link.path == f"/p/{product.public_id}/"
    assert made[2].link.path == f"/q/{entry.public_id}/"
    assert ShareLink.objects.count() == 5


def test_asked_for_twice_it_is_the_same(store):
    owner = staff_make(store)
    one, other = (counter_make(store, person_id=owner.user_id) for _ in range(2))
    assert one.pk == other.pk
    assert (CounterCode.objects.count(), ShareLink.objects.count()) == (1, 1)


def test_only_staff_of_this_very_store_have_one(store):
    gone = staff_make(store).user
    gone.is_active = False
    gone.save()
    for stranger in (staff_make(store_make()).user, person().user, gone):
        with pytest.raises(CounterRefused, match="在职"):
            counter_make(store, person_id=stranger.pk)
    assert not ShareLink.objects.exists()


def test_it_never_leads_to_another_store(store):
    owner = staff_make(store)
    other = store_make()
    for target in (
        {"product_id": product_make(other).pk},
        {"entry_id": entry_make(other).pk},
        {"product_id": product_make(store).pk, "entry_id": entry_make(store).pk},
        {"label": "  "},
    ):
        with pytest.raises(CounterRefused):
            counter_make(store, person_id=owner.user_id, **target)
    assert not ShareLink.objects.exists()


def comes(code, who):
    assert visit_record(token=code.link.token, visitor_id=who.id, guest="", now=clock.now())


def test_visits_orders_and_money_are_the_codes(store, django_assert_num_queries):
    sku = cast.sku_on_sale(store)
    code, other = counter_make(store), counter_make(store)
    buyer, looker, quitter = cast.people(3)
    for who in (buyer, looker, quitter):
        comes(code, who)
    kept, given_up = order_make(sku, who=buyer), order_make(sku, who=quitter)
    order_make(sku, who=looker)  # never paid
    pay(kept.public_id)
    pay(given_up.public_id)
    deliver()
    assert Attribution.objects.filter(link=code.link).count() == 3
    with django_assert_num_queries(3):
        found = counter_results([code, other], now=clock.now())
    assert found == {
        code.pk: CounterResult(3, 2, 2 * kept.payable_fen),
        other.pk: CounterResult(),
    }
    given_up.refresh_from_db()
    order_cancel(order_id=given_up.pk, reason="断货", now=clock.now())
    deliver()
    assert counter_results([code], now=clock.now()) == {
        code.pk: CounterResult(3, 1, kept.payable_fen)
    }


def test_the_thirty_days_end(store):
    sku, code, buyer = cast.sku_on_sale(store), counter_make(store), cast.person()
    comes(code, buyer)
    pay(order_make(sku, who=buyer).public_id)
    deliver()
    later = clock.now() + timedelta(days=31)
    assert counter_results([code], now=clock.now())[code.pk].orders == 1
    assert counter_results([code], now=later)[code.pk] == CounterResult()


def test_the_audit_names_a_code_of_somebody_elses_link(store):
    code = counter_make(store)
    assert cast.broken("community.counters") == []
    ShareLink.objects.update(sharer_id=person().id)
    (found,) = cast.broken("community.counters")
    assert code.public_id in found
