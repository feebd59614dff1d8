"""Facts arrive twice, late, in another order, or while somebody else is at the same seat."""

from threading import Event, Thread

import pytest
from django.db import connection, transaction

from campaigns.groupbuy import services
from campaigns.groupbuy.models import Group, Member
from core import clock
from core.idempotency import form_key_new
from core.models import Fact
from orders.models import Order
from orders.services import order_close_request
from payments.models import Refund
from payments.services import refund_settle
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def everything(group):
    """All that a repeated call could change."""
    return (
        list(Group.objects.order_by("pk").values_list("state", "reserved", "joined", "confirmed")),
        list(Member.objects.order_by("pk").values_list("state", "joined_at", "left_at")),
        list(Order.objects.order_by("pk").values_list("state", flat=True)),
        list(Refund.objects.order_by("pk").values_list("state", "amount_fen")),
        type(group.campaign).objects.values_list("quota_used", flat=True).get(),
        Fact.objects.count(),
    )


def twice(act, group):
    act()
    once = everything(group)
    act()
    assert everything(group) == once


def money_back(order_ref):
    refund = Refund.objects.get(order_ref=order_ref)
    refund_settle(
        refund_id=refund.pk,
        provider_refund_id=f"5030000000000000{refund.pk:010d}",
        amount_fen=refund.amount_fen,
        succeeded_at=clock.now(),
        now=clock.now(),
    )


@pytest.fixture
def half():
    """A group of three: its leader has paid, Bob has a seat and has not."""
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    bob = cast.join(group.public_id, sku, cast.person("Bob"), quantity=2)
    return group, leader, bob, sku


def order_id(joined):
    return cast.order_of(joined.order_public_id).pk


def test_a_payment_heard_of_twice_is_one_seat(half):
    group, _, bob, _ = half
    cast.pay(bob.order_public_id)
    twice(lambda: services.seat_paid(order_id=order_id(bob), now=clock.now()), group)
    assert cast.broken() == []


def test_a_last_payment_heard_of_twice_completes_once(half):
    group, _, bob, sku = half
    cast.pay(bob.order_public_id)
    last = cast.join(group.public_id, sku, cast.person())
    cast.pay(last.order_public_id)
    twice(lambda: services.seat_paid(order_id=order_id(last), now=clock.now()), group)
    assert Fact.objects.filter(name="group.succeeded").count() == 1
    assert cast.broken() == []


def test_a_closing_heard_of_twice_gives_back_once(half):
    group, _, bob, _ = half
    order_close_request(order_id=order_id(bob), now=clock.now())
    twice(lambda: services.seat_closed(order_id=order_id(bob), now=clock.now()), group)
    assert cast.broken() == []


def test_late_money_heard_of_twice_is_one_refund(half):
    group, _, bob, _ = half
    order_close_request(order_id=order_id(bob), now=clock.now())
    cast.pay(bob.order_public_id)
    twice(lambda: services.seat_late(order_id=order_id(bob), now=clock.now()), group)
    assert Refund.objects.count() == 1


def test_a_refund_heard_of_twice_ends_the_seat_once(half):
    group, leader, _, _ = half
    services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    cast.deliver()
    money_back(leader.order_public_id)
    ref = leader.order_public_id
    twice(lambda: services.seat_refunded(order_ref=ref, now=clock.now()), group)
    assert cast.member_of(ref).state == "refunded"


def test_expiring_and_cancelling_twice_changes_nothing_more(half):
    group, _, _, _ = half
    cast.overdue(group)
    twice(lambda: services.group_expire(group_id=group.pk, now=clock.now()), group)
    assert not services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    cast.deliver()
    assert cast.broken() == []


def test_orders_and_refunds_without_a_seat_are_none_of_our_business():
    who, sku = cast.person(), cast.sku_on_sale()
    order = cast.order_of(cast.buy(who, sku))
    before = Fact.objects.count()
    for heard in (services.seat_paid, services.seat_closed, services.seat_late):
        heard(order_id=order.pk, now=clock.now())
    services.seat_refunded(order_ref=order.public_id, now=clock.now())
    assert Fact.objects.count() == before


def test_late_money_whose_closing_is_still_unheard_of(half, monkeypatch):
    """order.paid_late overtakes order.closed: the seat is released first, then refunded."""
    group, _, bob, _ = half
    with monkeypatch.context() as slow:
        slow.setattr("core.deliveries.delivery_attempt", lambda pk, *, now: False)
        order_close_request(order_id=order_id(bob), now=clock.now())
        Order.objects.filter(pk=order_id(bob)).update(state="cancelled", cancelled_at=clock.now())
    services.seat_late(order_id=order_id(bob), now=clock.now())
    assert cast.member_of(bob.order_public_id).state == "refunding"
    group.refresh_from_db()
    assert (group.reserved, group.joined) == (0, 1)
    cast.deliver()
    assert cast.broken("groupbuy.seats", "groupbuy.quota") == []


def test_a_refund_that_is_back_before_its_seat_knows_of_it(half):
    """refund.succeeded overtakes order.paid_late: the seat finds its money returned."""
    _, _, bob, _ = half
    order_close_request(order_id=order_id(bob), now=clock.now())
    cast.pay(bob.order_public_id)
    money_back(bob.order_public_id)
    services.seat_refunded(order_ref=bob.order_public_id, now=clock.now())
    assert cast.member_of(bob.order_public_id).state == "released"
    services.seat_late(order_id=order_id(bob), now=clock.now())
    assert cast.member_of(bob.order_public_id).state == "refunded"


def test_a_refund_that_comes_back_while_its_seat_learns_of_it(half):
    """Both facts at the same moment: whoever is second finds what the first one wrote."""
    _, _, bob, _ = half
    order_close_request(order_id=order_id(bob), now=clock.now())
    cast.pay(bob.order_public_id)
    pk, learned, go_on = order_id(bob), Event(), Event()

    def late():
        with transaction.atomic():
            services.seat_late(order_id=pk, now=clock.now())
            learned.set()
            go_on.wait(10)
        connection.close()

    def refunded():
        services.seat_refunded(order_ref=bob.order_public_id, now=clock.now())
        connection.close()

    first, second = Thread(target=late), Thread(target=refunded)
    first.start()
    learned.wait(10)
    money_back(bob.order_public_id)
    second.start()
    second.join(0.5)
    go_on.set()
    first.join(10)
    second.join(10)
    assert cast.member_of(bob.order_public_id).state == "refunded"


def test_a_group_cancelled_before_its_leader_paid_is_abandoned_with_the_order():
    campaign, sku = cast.campaign_make()
    alice = cast.lead(campaign, sku, cast.person("Alice"))
    group = Group.objects.get()
    assert services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    assert not services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    cast.deliver()
    group.refresh_from_db()
    assert (group.state, cast.order_of(alice.order_public_id).state) == ("abandoned", "closed")
    assert cast.broken() == []


def test_a_group_cancelled_before_its_leader_paid_never_opens_for_others():
    """The leader's money was under way already: it goes back, as the merchant was told."""
    campaign, sku = cast.campaign_make()
    alice = cast.lead(campaign, sku, cast.person("Alice"))
    group = Group.objects.get()
    services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    cast.pay(alice.order_public_id)
    cast.deliver()
    group.refresh_from_db()
    assert (group.state, group.fail_reason) == ("failed", "断货")
    assert cast.order_of(alice.order_public_id).state == "cancelled"
    assert Refund.objects.get().amount_fen == cast.GROUP_FEN + cast.FREIGHT_FEN
    assert cast.broken() == []


def test_a_form_of_another_checkout_sent_here_shows_what_it_made():
    campaign, sku = cast.campaign_make()
    alice, key = cast.person(), form_key_new()
    ref = cast.buy(alice, sku, form_key=key)
    assert cast.lead(campaign, sku, alice, form_key=key).order_public_id == ref
    assert (Order.objects.count(), Group.objects.count()) == (1, 0)
