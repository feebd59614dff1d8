"""What a share earns: when, how much, and how it goes back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.idempotency import form_key_new
from core.invariants import audit
from orders.models import Order, OrderLine
from orders.services import (
    OrderItem,
    hold_release,
    order_cancel,
    order_give_back,
    order_line_cancel,
    order_line_refund,
)
from orders.tests.factories import deliver, order_make, pay
from payments.services import RefundReason
from sharers import queries
from sharers.models import Reward, RewardEntry, SkuRate
from sharers.queries import desk, statements
from sharers.rates import Rate, reward_fen
from sharers.services import (
    payout_record,
    reward_release,
    rewards_settle,
    sharer_stop,
)
from sharers.tests.factories import (
    REWARD_FEN,
    bought,
    brings,
    money,
    received,
    released,
    sharer_make,
)
from sharing.explained import explanations
from sharing.models import Attribution
from sharing.tests.factories import link_make, visit_make
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


def test_an_order_that_a_share_brought_earns_when_it_is_paid(sku, sharer, buyer):
    order = order_make(sku, who=buyer)
    deliver()
    assert money(sharer) == (0, 0)
    pay(order.public_id)
    deliver()
    assert money(sharer) == (REWARD_FEN, 0)
    entry = RewardEntry.objects.get()
    assert (entry.kind, entry.amount_fen, entry.reward.order_id) == ("earn", REWARD_FEN, order.pk)
    assert cast.broken() == []


def test_a_held_order_earns_when_it_may_be_shipped(sku, sharer, buyer):
    bought(sku, buyer, offer=None)
    before = money(sharer)
    held = order_make(sku, who=buyer, held=True)
    pay(held.public_id)
    deliver()
    assert money(sharer) == before
    hold_release(order_ids=[held.pk], kind="group", now=clock.now())
    deliver()
    assert money(sharer) == (2 * REWARD_FEN, 0)


def test_the_share_that_is_found_after_the_money_counts(sku, sharer, buyer):
    order = order_make(sku, who=buyer)
    pay(order.public_id)
    assert not Attribution.objects.exists()
    deliver()
    assert money(sharer) == (REWARD_FEN, 0)


def test_discounts_and_freight_earn_nothing(sku, sharer, buyer):
    order = order_make(sku, who=buyer)
    OrderLine.objects.filter(order=order).update(discount_fen=1900)
    pay(order.public_id)
    deliver()
    assert money(sharer) == ((cast.LIST_FEN - 1900) * 5 // 100, 0)


@pytest.mark.parametrize(
    ("rate", "expected"), [({"rate_bp": 1250}, 2 * 737), ({"fixed_fen": 200}, 400)]
)
def test_a_sku_may_earn_otherwise(sku, sharer, buyer, rate, expected):
    SkuRate.objects.create(store=sku.store, sku=sku, **rate)
    bought(sku, buyer, items=[OrderItem(sku.pk, 2)])
    assert abs(money(sharer)[0] - expected) <= 1


def test_settling_again_changes_nothing(sku, sharer, buyer):
    order = bought(sku, buyer)
    assert rewards_settle(order_id=order.pk, now=clock.now()) == 0
    assert RewardEntry.objects.count() == 1


# --- who earns nothing ---
def test_nobody_earns_by_their_own_order(sku, sharer):
    who = cast.person()
    brings(sharer, who)
    own = type(who)(sharer.person, who.address)
    bought(sku, own)
    assert money(sharer) == (0, 0)


def test_somebody_who_is_no_sharer_earns_nothing(sku, plan, sharer, buyer):
    stranger = cast.person()
    visit_make(link_make(stranger.user, sku.store), buyer.user)
    bought(sku, buyer)
    assert money(sharer) == (0, 0)
    assert not Reward.objects.exists()


def test_whoever_waits_for_the_merchant_earns_nothing_yet(sku, plan):
    waiting = sharer_make(sku.store, cast.person())
    sharer_stop(sharer_id=waiting.pk, now=clock.now())
    who = cast.person()
    brings(waiting, who)
    bought(sku, who)
    assert money(waiting) == (0, 0)


# --- frozen, released, clawed back ---
def test_it_is_frozen_until_the_order_cannot_be_returned(sku, sharer, buyer):
    order = received(sku, buyer)
    reward = Reward.objects.get(order=order)
    assert reward.due_at == order.received_at + timedelta(days=7)
    assert not reward_release(reward_id=reward.pk, now=reward.due_at - timedelta(seconds=1))
    assert money(sharer) == (REWARD_FEN, 0)
    assert reward_release(reward_id=reward.pk, now=reward.due_at)
    assert not reward_release(reward_id=reward.pk, now=reward.due_at)
    assert money(sharer) == (0, REWARD_FEN)
    assert cast.broken() == []


def test_the_clock_releases_it(sku, sharer, buyer):
    released(sku, buyer)
    assert money(sharer) == (0, REWARD_FEN)


def test_an_order_that_is_not_received_stays_frozen(sku, sharer, buyer):
    order = bought(sku, buyer)
    reward = Reward.objects.get(order=order)
    assert not reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=90))


def test_a_cancelled_order_takes_it_all_back(sku, sharer, buyer):
    order = bought(sku, buyer)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    deliver()
    assert money(sharer) == (0, 0)
    assert [one.amount_fen for one in RewardEntry.objects.order_by("pk")] == [
        REWARD_FEN,
        -REWARD_FEN,
    ]
    assert cast.broken() == []


def test_a_line_that_is_given_up_takes_its_part_back(sku, sharer, buyer):
    other = cast.sku_on_sale(sku.store)
    order = bought(sku, buyer, items=[OrderItem(sku.pk, 1), OrderItem(other.pk, 1)])
    assert money(sharer) == (2 * REWARD_FEN, 0)
    line = order.lines.get(sku=other)
    order_line_cancel(
        order_id=order.pk, line_id=line.pk, reason="断货", by_id=None, now=clock.now()
    )
    deliver()
    assert money(sharer) == (REWARD_FEN, 0)
    assert cast.broken() == []


def paid_back(order, amount_fen, *, seen_fen):
    """The store gives back so much of what it sent, and everybody heard of it."""
    order_line_refund(
        order_id=order.pk,
        line_id=order.lines.get().pk,
        amount_fen=amount_fen,
        seen_fen=seen_fen,
        reason="压坏了几颗",
        by_id=None,
        now=clock.now(),
    )
    deliver()


def test_a_refund_while_it_is_frozen_takes_its_part_back(sku, sharer, buyer):
    order = received(sku, buyer)
    paid_back(order, 1000, seen_fen=0)
    left = (cast.LIST_FEN - 1000) * 5 // 100
    assert money(sharer) == (left, 0)
    reward = Reward.objects.get(order=order)
    assert reward_release(reward_id=reward.pk, now=reward.due_at)
    assert money(sharer) == (0, left)
    assert cast.broken() == [] == off_the_terms(later=LATER)


def test_a_refund_after_the_payout_takes_it_below_zero(sku, sharer, buyer):
    order = released(sku, buyer)
    payout_record(
        sharer_id=sharer.pk,
        amount_fen=REWARD_FEN,
        note="微信",
        by_id=buyer.id,
        form_key=form_key_new(),
        now=clock.now(),
    )
    assert money(sharer) == (0, 0)
    paid_back(order, cast.LIST_FEN // 2, seen_fen=0)
    kept = (cast.LIST_FEN - cast.LIST_FEN // 2) * 5 // 100
    assert money(sharer) == (0, kept - REWARD_FEN)
    assert [one.state_label for one in desk(sharer).earnings.rows] == ["可结算"]
    paid_back(order, cast.LIST_FEN - cast.LIST_FEN // 2, seen_fen=cast.LIST_FEN // 2)
    assert [one.state_label for one in desk(sharer).earnings.rows] == ["已随退款扣回"]
    assert money(sharer) == (0, -REWARD_FEN)
    assert cast.broken() == [] == off_the_terms(later=LATER)
    (month,) = statements(sharer.pk)
    assert (month.earned_fen, month.clawed_back_fen, month.paid_out_fen) == (
        REWARD_FEN,
        -REWARD_FEN,
        -REWARD_FEN,
    )


def test_a_month_ends_at_midnight_in_china_and_has_its_own_sums(sku, sharer, buyer):
    given_up = bought(sku, buyer, items=[OrderItem(sku.pk, 2)])
    kept = bought(sku, buyer)
    order_cancel(order_id=given_up.pk, reason="断货", now=clock.now())
    deliver()
    midnight = datetime(2031, 1, 31, 16, tzinfo=UTC)
    its = RewardEntry.objects.filter(reward__order=given_up)
    its.filter(kind="earn").update(at=midnight - timedelta(seconds=1))
    its.filter(kind="claw_back").update(at=midnight)
    RewardEntry.objects.filter(reward__order=kept).update(at=midnight)
    later, earlier = statements(sharer.pk)
    assert (earlier.month, later.month) == (date(2031, 1, 1), date(2031, 2, 1))
    assert (earlier.earned_fen, earlier.clawed_back_fen) == (2 * REWARD_FEN, 0)
    # What is taken back stands where it was taken back, and is more than that month earned.
    assert (later.earned_fen, later.clawed_back_fen) == (REWARD_FEN, -2 * REWARD_FEN)
    assert (earlier.total_fen, later.total_fen) == (2 * REWARD_FEN, -REWARD_FEN)
    assert earlier.total_fen + later.total_fen == sum(money(sharer))


def test_the_desk_explains_every_fen(sku, sharer, buyer, django_assert_num_queries):
    bought(sku, buyer)
    sharer.refresh_from_db()
    with django_assert_num_queries(7):
        shown = desk(sharer)
    (one,) = shown.earnings.rows
    assert (one.amount_fen, one.rate, one.state) == (REWARD_FEN, "5%", "frozen")
    assert "v1:last-touch:7d" in one.explanation.verdict


def test_merchant_and_sharer_read_the_same_explanation(client, sku, sharer, buyer):
    order = bought(sku, buyer)
    sentences = explanations([order.pk])[order.pk].sentences
    client.force_login(sharer.person)
    read_by_sharer = client.get(f"/store/{sku.store.slug}/sharer/").content.decode()
    client.force_login(staff_make(sku.store).user)
    read_by_merchant = client.get("/office/sharers/reward/").content.decode()
    assert len(sentences) == 2
    for line in sentences:
        assert line in read_by_sharer
        assert line in read_by_merchant


def test_every_earning_is_on_some_page_of_the_desk(client, sku, sharer, buyer, monkeypatch):
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    for _ in range(3):
        bought(sku, buyer)
    sharer.refresh_from_db()
    first, second = desk(sharer), desk(sharer, page=2)
    assert [len(one.earnings.rows) for one in (first, second)] == [2, 1]
    assert (first.earnings.has_next, second.earnings.has_next) == (True, False)
    client.force_login(sharer.person)
    assert 'rel="next"' in client.get(f"/store/{sku.store.slug}/sharer/").content.decode()
    page = client.get(f"/store/{sku.store.slug}/sharer/?page=2")
    assert page.context["desk"].earnings.rows == second.earnings.rows


@given(
    st.integers(0, 10**9),
    st.integers(1, 999),
    st.one_of(
        st.builds(lambda n: Rate(rate_bp=n), st.integers(0, 5000)),
        st.builds(lambda n: Rate(fixed_fen=n), st.integers(0, 10**6)),
    ),
)
def test_a_reward_is_never_negative_and_never_more_than_the_line(paid_fen, quantity, rate):
    assert 0 <= reward_fen(rate, paid_fen=paid_fen, quantity=quantity) <= paid_fen


# --- the audit ---
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE sharers_reward SET amount_fen = amount_fen + 1", "sharers.rewards"),
        ("UPDATE sharers_sharer SET available_fen = 7", "sharers.balances"),
        ("UPDATE sharers_sharer SET frozen_fen = 7", "sharers.balances"),
        (
            "UPDATE orders_orderline SET cancelled_at = now() - interval '1 hour'",
            "sharers.worth",
        ),
        (
            "UPDATE orders_order SET received_at = now() - interval '1 hour'",
            "sharers.due",
        ),
    ],
)
def test_a_planted_fault_is_named(sku, sharer, buyer, sql, name):
    bought(sku, buyer)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert any(one.startswith(name) for one in cast.broken(name))


def off_the_terms(*, later=timedelta(0)):
    return [one.row for one in audit(now=clock.now() + later, names=["sharers.terms"])]


SOON, LATER = timedelta(seconds=50), timedelta(seconds=70)


@pytest.mark.parametrize(
    "terms",
    [
        {"rate_bp": 501},
        {"rate_bp": None},
        {"rate_bp": None, "fixed_fen": REWARD_FEN // 2 + 1},
        {"fixed_fen": 9 * REWARD_FEN},
    ],
)
def test_a_reward_that_is_not_what_its_terms_say_is_named(sku, sharer, buyer, terms):
    bought(sku, buyer, items=[OrderItem(sku.pk, 2)])
    assert off_the_terms(later=LATER) == []
    reward = Reward.objects.get()
    Reward.objects.update(**terms)
    assert off_the_terms(later=SOON) == []
    assert off_the_terms(later=LATER) == [f"reward {reward.pk}"]


def test_a_kept_line_that_earned_nothing_on_its_terms_is_named(sku, sharer, buyer):
    """The plain fault: nobody settled it."""
    order = order_make(sku, who=buyer)
    deliver()
    reward = Reward.objects.get(order=order)
    assert off_the_terms(later=LATER) == []
    past = clock.now() - timedelta(minutes=5)
    Order.objects.filter(pk=order.pk).update(state="to_ship", paid_at=past)
    assert off_the_terms() == [f"reward {reward.pk}"]
    order.holds.create(
        store=sku.store, kind="group", reference="grp_1", opened_at=past, closed_at=clock.now()
    )
    assert off_the_terms() == []
    (found,) = audit(now=clock.now() + LATER, names=["sharers.terms"])
    assert (found.invariant, found.row) == ("sharers.terms", f"reward {reward.pk}")


def test_terms_that_more_than_pay_for_the_line_pay_for_the_line(sku, sharer, buyer):
    SkuRate.objects.create(store=sku.store, sku=sku, fixed_fen=2 * cast.LIST_FEN)
    order = bought(sku, buyer)
    assert money(sharer) == (cast.LIST_FEN, 0)
    order_give_back(
        order_id=order.pk, each_fen=100, reason=RefundReason.GROUP_TIER, now=clock.now()
    )
    assert off_the_terms() == []
    assert off_the_terms(later=LATER) != []
    deliver()
    assert off_the_terms(later=LATER) == []
