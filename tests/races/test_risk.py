"""Two holds let go at once; a review decided twice; time running out meanwhile. With controls."""

import pytest

from core import clock
from orders.models import Order, OrderHold, RiskReview
from orders.services import hold_release, review_refuse, review_release
from orders.states import ORDER
from orders.tests.reviews import held
from payments.models import Refund
from tests import cast
from tests.races.threads import LEADS, head_to_head, many, together, unlocked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting():
    return held(cast.sku_on_sale(), cast.person(), held=True)


@pytest.mark.parametrize("lead_s", LEADS)
def test_both_holds_at_once_release_the_order_once(waiting, lead_s):
    order, review = waiting
    head_to_head(
        lambda: hold_release(order_ids=[order.pk], kind="group", now=clock.now()),
        lambda: review_release(review_id=review.pk, by_id=None, now=clock.now()),
        lead_s=lead_s,
    )
    order.refresh_from_db()
    assert order.state == "to_ship"
    assert not OrderHold.objects.filter(order=order, closed_at=None).exists()
    assert cast.broken() == []


def test_without_the_lock_both_leave_the_order_held(waiting, monkeypatch):
    """Control: each closes its own hold, sees the other's still open, and releases nothing."""
    order, _review = waiting

    def careless(*, order_ids, kind, now):
        from django.db import transaction

        with transaction.atomic():
            OrderHold.objects.filter(order_id__in=order_ids, kind=kind).update(closed_at=now)
            if not still_open(order_ids):
                ORDER.move_set(
                    Order.objects.filter(pk__in=order_ids),
                    "release",
                    now=now,
                    changes={"released_at": now},
                )

    still_open = together(
        lambda ids: OrderHold.objects.filter(order_id__in=ids, closed_at=None).exists(), 2
    )
    many(lambda n: careless(order_ids=[order.pk], kind=("group", "risk")[n], now=clock.now()), 2)
    order.refresh_from_db()
    assert order.state == "on_hold"
    assert not OrderHold.objects.filter(order=order, closed_at=None).exists()


@pytest.fixture
def undecided(monkeypatch):
    """For controls: from its call on, so many see a review that nobody has decided, and an order
    without a lock, before anybody writes."""

    def careless(number):
        read = unlocked(lambda pk: Order.objects.get(pk=pk), number)

        def decide(review, outcome, *, by_id, note, now):
            changes = {"outcome": outcome, "by_id": by_id, "note": note, "decided_at": now}
            return bool(RiskReview.objects.filter(pk=review.pk).update(**changes))

        monkeypatch.setattr("orders.services.review.order_lock", read)
        monkeypatch.setattr("orders.services.review._decide", decide)

    return careless


@pytest.mark.parametrize("lead_s", LEADS)
def test_released_or_refused_but_never_both(lead_s):
    order, review = held(cast.sku_on_sale(), cast.person())
    told = head_to_head(
        lambda: review_release(review_id=review.pk, by_id=None, now=clock.now(), timed_out=True),
        lambda: review_refuse(review_id=review.pk, by_id=order.buyer_id, note="", now=clock.now()),
        lead_s=lead_s,
    )
    assert sorted(told) == [False, True]
    order.refresh_from_db()
    review.refresh_from_db()
    assert (order.state, review.outcome) in {("to_ship", "timed_out"), ("cancelled", "refused")}
    assert Refund.objects.count() == (order.state == "cancelled")
    assert cast.broken() == []


def test_without_lock_and_condition_it_is_released_and_refused(undecided):
    """Control: time runs out and a person refuses, and both believe that it was they."""
    order, review = held(cast.sku_on_sale(), cast.person())
    undecided(2)
    acts = (
        lambda: review_release(review_id=review.pk, by_id=None, now=clock.now(), timed_out=True),
        lambda: review_refuse(review_id=review.pk, by_id=order.buyer_id, note="", now=clock.now()),
    )
    assert many(lambda n: acts[n](), 2) == [True, True]


def refusals(order, review):
    return many(
        lambda _n: review_refuse(
            review_id=review.pk, by_id=order.buyer_id, note="", now=clock.now()
        ),
        8,
    )


def test_eight_refusals_are_one_refund():
    order, review = held(cast.sku_on_sale(), cast.person())
    assert sorted(refusals(order, review)) == [False] * 7 + [True]
    assert Refund.objects.count() == 1
    assert RiskReview.objects.get().outcome == "refused"


def test_without_lock_and_condition_eight_believe_that_they_refused(undecided):
    """Control: the order's own state is all that still holds the refund to one."""
    order, review = held(cast.sku_on_sale(), cast.person())
    undecided(8)
    assert refusals(order, review) == [True] * 8
    assert Refund.objects.count() == 1
