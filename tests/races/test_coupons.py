"""Coupons that many want at once, each race with its control: the same one without the guard."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from campaigns.coupons.locks import coupon_use
from campaigns.coupons.models import Coupon, CouponHolder, CouponTemplate
from campaigns.coupons.services import coupon_give_newcomer, coupon_give_repeat, coupon_return
from campaigns.coupons.tests.factories import OFF_FEN, place, take, template_make
from core import clock
from core.idempotency import form_key_new
from orders.models import Order
from orders.services import OrderItem, order_buy, order_close_request, order_receive
from orders.tests.factories import shipped_make
from tests import cast
from tests.races.threads import LEADS, head_to_head, kinds, many, together, unlocked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sku():
    return cast.sku_on_sale()


# Two orders, one coupon.


def test_one_coupon_is_spent_by_one_of_eight_orders(sku):
    who = cast.person()
    coupon = take(template_make(sku.store), who)
    told = kinds(many(lambda _n: place(sku, who, coupon=coupon), 8))
    # Whoever looks after the first has committed is refused by the look, the others by the claim.
    assert told.pop("ok") == 1
    assert set(told) <= {"CouponGone", "CouponRefused"}
    assert Order.objects.count() == 1
    assert cast.broken() == []


def test_without_the_condition_eight_orders_spend_one_coupon(sku, monkeypatch):
    """Control: the claim that only looks, and writes what it saw."""

    def careless(*, ref, user_id, store_id, order_id, discount_fen, now):
        if not together_look(public_id=ref, state="unused"):
            return False
        rows = Coupon.objects.filter(public_id=ref)
        values = {"order_id": order_id, "used_at": now, "discount_fen": discount_fen}
        rows.update(**{"state": "used", **values})
        return True

    who = cast.person()
    coupon = take(template_make(sku.store), who)
    together_look = together(lambda **key: Coupon.objects.filter(**key).exists(), 2)
    monkeypatch.setattr("campaigns.coupons.services.spending.coupon_use", careless)
    told = kinds(many(lambda _n: place(sku, who, coupon=coupon), 2))
    assert told == {"ok": 2}
    assert len(cast.broken("coupons.spent")) == 1


def test_the_same_form_eight_times_spends_once(sku):
    who, key = cast.person(), form_key_new()
    coupon = take(template_make(sku.store), who)

    def send(_n):
        return order_buy(
            form_key=key,
            buyer_id=who.id,
            store_id=sku.store_id,
            items=[OrderItem(sku.pk, 1)],
            address=who.address,
            note="",
            expected_payable_fen=None,
            now=clock.now(),
            wishes={"coupon": coupon.public_id},
        )

    assert len(set(many(send, 8))) == 1
    assert Order.objects.get().discount_fen == OFF_FEN
    assert cast.broken() == []


# The last coupons of a budget, and the limit of one person.


def test_the_last_three_coupons_go_to_three_of_eight(sku):
    template = template_make(sku.store, total=3)
    crowd = cast.people(8)
    told = kinds(many(lambda n: take(template, crowd[n]), 8))
    assert told == {"ok": 3, "BudgetGone": 5}
    template.refresh_from_db()
    assert (template.taken, Coupon.objects.count(), CouponHolder.objects.count()) == (3, 3, 3)
    assert cast.broken() == []


def test_without_the_condition_a_budget_is_overdrawn(sku, monkeypatch):
    """Control: looking first and counting afterwards. The constraint stops it, by an error."""
    template = template_make(sku.store, total=1)
    crowd = cast.people(2)
    look = unlocked(lambda pk: CouponTemplate.objects.get(pk=pk), 2)

    def careless(*, template_id, now):
        found = look(template_id)
        if found.taken >= found.total:
            return False
        CouponTemplate.objects.filter(pk=template_id).update(taken=F("taken") + 1)
        return True

    monkeypatch.setattr("campaigns.coupons.services.taking.budget_take", careless)
    told = kinds(many(lambda n: take(template, crowd[n]), 2))
    assert told == {"ok": 1, "IntegrityError": 1}


def test_one_person_in_eight_tabs_takes_as_many_as_one_may(sku):
    template = template_make(sku.store, limit_per_person=2)
    who = cast.person()
    told = kinds(many(lambda _n: take(template, who), 8))
    assert told == {"ok": 2, "LimitReached": 6}
    template.refresh_from_db()
    assert (template.taken, Coupon.objects.count()) == (2, 2)
    assert cast.broken() == []


def test_without_the_holder_one_person_takes_more(sku, monkeypatch):
    """Control: counting the person's coupons first."""
    template = template_make(sku.store, limit_per_person=1)
    who = cast.person()
    count = together(lambda **key: Coupon.objects.filter(**key).count(), 2)

    def careless(*, template, user_id):
        return count(template=template, user_id=user_id) < template.limit_per_person

    monkeypatch.setattr("campaigns.coupons.services.taking.holder_take", careless)
    assert kinds(many(lambda _n: take(template, who), 2)) == {"ok": 2}
    assert len(cast.broken("coupons.limit")) == 1


def test_the_same_form_eight_times_is_one_coupon(sku):
    template = template_make(sku.store, limit_per_person=9)
    who, key = cast.person(), form_key_new()
    took = many(lambda _n: take(template, who, form_key=key).pk, 8)
    assert len(set(took)) == 1
    assert Coupon.objects.count() == 1


# Use against expiry.


def around_expiry(sku):
    """Eight orders with one coupon, half of them a moment before it expires, half at that moment;
    all of them looked at it while it was good."""
    who = cast.person()
    coupon = take(template_make(sku.store), who)
    orders = [place(sku, who, coupon="none") for _ in range(8)]

    def use(n):
        at = coupon.expires_at - timedelta(microseconds=1 if n % 2 else 0)
        return n % 2, coupon_use_in_transaction(coupon, who, sku, orders[n], at)

    return coupon, many(use, 8)


def coupon_use_in_transaction(coupon, who, sku, order, at):
    with transaction.atomic():
        return coupon_use(
            ref=coupon.public_id,
            user_id=who.id,
            store_id=sku.store_id,
            order_id=order.pk,
            discount_fen=OFF_FEN,
            now=at,
        )


def test_at_its_last_moment_a_coupon_is_spent_once_and_never_later(sku):
    coupon, told = around_expiry(sku)
    assert sorted(told) == [(0, False)] * 4 + [(1, False)] * 3 + [(1, True)]
    coupon.refresh_from_db()
    assert coupon.used_at < coupon.expires_at


def test_without_looking_at_the_clock_again_an_expired_coupon_is_spent(sku, monkeypatch):
    """Control: the page's look is believed, and the order comes after the expiry."""
    who = cast.person()
    coupon = take(template_make(sku.store), who)
    late = coupon.expires_at
    monkeypatch.setattr("campaigns.coupons.queries.HeldCoupon.reason", lambda *_a, **_k: "")

    def believing(*, ref, order_id, discount_fen, now, **_ids):
        values = {"order_id": order_id, "used_at": now, "discount_fen": discount_fen}
        return Coupon.objects.filter(public_id=ref, state="unused").update(
            **{"state": "used", **values}
        )

    # With the guard: what passed the look is stopped by the claim.
    with pytest.raises(Exception, match="过期"):
        place(sku, who, coupon=coupon, now=late)
    monkeypatch.setattr("campaigns.coupons.services.spending.coupon_use", believing)
    assert place(sku, who, coupon=coupon, now=late).discount_fen == OFF_FEN


# Return against reuse.


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_return_told_twice_never_takes_the_coupon_from_its_next_order(sku, lead_s):
    who = cast.person()
    coupon = take(template_make(sku.store), who)
    first = place(sku, who, coupon=coupon)
    order_close_request(order_id=first.pk, now=clock.now())

    def give_back():
        return coupon_return(order_id=first.pk, now=clock.now())

    def spend():
        return place(sku, who, coupon=coupon)

    _, second = head_to_head(give_back, spend, lead_s=lead_s)
    give_back()
    coupon.refresh_from_db()
    if isinstance(second, Exception):  # it looked before the coupon was back
        assert (coupon.state, coupon.order_id) == ("unused", None)
        second = spend()
        coupon.refresh_from_db()
    assert not give_back()
    coupon.refresh_from_db()
    assert (coupon.state, coupon.order_id) == ("used", second.pk)
    cast.deliver()
    coupon.refresh_from_db()
    assert (coupon.state, coupon.order_id) == ("used", second.pk)
    assert cast.broken() == []


def test_without_the_lock_a_late_return_takes_the_coupon_from_its_next_order(sku, monkeypatch):
    """Control: the return reads first and moves the row that it remembers."""
    who = cast.person()
    coupon = take(template_make(sku.store), who)
    first = place(sku, who, coupon=coupon)
    order_close_request(order_id=first.pk, now=clock.now())
    remembered = Coupon.objects.get(order_id=first.pk)
    assert coupon_return(order_id=first.pk, now=clock.now())
    second = place(sku, who, coupon=coupon)
    monkeypatch.setattr(
        "campaigns.coupons.services.spending.coupon_of_order_lock", lambda _order_id: remembered
    )
    assert coupon_return(order_id=first.pk, now=clock.now())
    assert [row.split(": ")[1] for row in cast.broken("coupons.spent")] == [
        f"order {second.public_id}"
    ]


# What is given by itself.


def test_a_fact_heard_eight_times_at_once_gives_one(sku):
    template_make(sku.store, how="repeat", limit_per_person=9)
    order = received(sku)
    many(lambda _n: coupon_give_repeat(order_id=order.pk, now=clock.now()), 8)
    assert Coupon.objects.count() == 1
    assert cast.broken() == []


def test_without_the_key_the_fact_gives_one_each_time(sku, monkeypatch):
    """Control: every hearing is a form of its own."""
    template_make(sku.store, how="repeat", limit_per_person=9)
    order = received(sku)
    monkeypatch.setattr("campaigns.coupons.services.taking.form_claim", lambda **_form: None)
    many(lambda _n: coupon_give_repeat(order_id=order.pk, now=clock.now()), 8)
    assert Coupon.objects.count() == 8


def test_a_newcomer_in_eight_tabs_is_greeted_once(sku):
    template_make(sku.store, how="newcomer")
    who = cast.person()
    many(lambda _n: coupon_give_newcomer(store_id=sku.store_id, user_id=who.id, now=clock.now()), 8)
    assert Coupon.objects.count() == 1
    assert cast.broken() == []


def received(sku):
    order = shipped_make(sku)
    order_receive(order_id=order.pk, now=clock.now())
    return order
