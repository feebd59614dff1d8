"""Bargains: fifty helpers at once, the deadline, the launcher's purchase, the last piece. Each with its
control."""

from datetime import timedelta

import pytest
from django.db.models import F

from campaigns.bargain.models import Bargain, BargainCampaign, Help, HelperDay
from campaigns.bargain.services import bargain_expire
from campaigns.bargain.tests.factories import (
    FLOOR_FEN,
    buy,
    campaign_make,
    give,
    launch,
    overdue,
    reached,
)
from core import clock
from core.idempotency import form_key_new
from core.models import Fact
from orders.models import Order
from orders.services import order_close_request
from tests import cast
from tests.races.threads import LEADS, at_once, head_to_head, kinds, many, together, unlocked

pytestmark = pytest.mark.django_db(transaction=True)


def told(bargain):
    bargain.refresh_from_db()
    return bargain.state, bargain.helps, bargain.price_fen


def fifty(campaign_helpers):
    """A bargain that needs so many, and fifty senders: every tenth of them taps twice."""
    bargain = launch(campaign_make(helpers=campaign_helpers))
    crowd = cast.people(45)
    return bargain, [*crowd, *crowd[:5]]


@pytest.mark.parametrize("needed", [100, 20])
def test_fifty_helpers_at_once_each_get_the_next_cut(needed):
    bargain, senders = fifty(needed)
    outcome = kinds(many(lambda n: give(bargain, senders[n]), 50))
    landed = min(needed, 45)
    assert outcome["ok"] == landed
    assert set(outcome) <= {"ok", "AlreadyHelped", "FloorReached"}
    rows = Help.objects.filter(bargain=bargain).order_by("number")
    assert list(rows.values_list("number", flat=True)) == list(range(1, landed + 1))
    assert rows.values("user").distinct().count() == landed
    assert told(bargain)[1] == landed
    assert bargain.price_fen == cast.LIST_FEN - sum(rows.values_list("cut_fen", flat=True))
    assert (bargain.price_fen == FLOOR_FEN) is (needed == 20)
    assert Fact.objects.filter(name="bargain.reached").count() == (needed == 20)
    assert cast.broken() == []


def bargain_unlocked(monkeypatch, module, number):
    """For controls: so many have all read the bargain before any of them writes."""
    read = unlocked(lambda pk: Bargain.objects.select_related("campaign").get(pk=pk), number)
    monkeypatch.setattr(f"campaigns.bargain.services.{module}.bargain_lock", read)


def test_without_the_lock_helpers_want_the_same_cut(monkeypatch):
    """Control: the constraints are the last line, and the losers meet an error."""
    bargain, senders = launch(campaign_make(helpers=20)), cast.people(6)
    bargain_unlocked(monkeypatch, "help", 6)
    outcome = kinds(many(lambda n: give(bargain, senders[n]), 6))
    assert outcome == {"ok": 1, "IntegrityError": 5}


def test_one_person_in_many_bargains_keeps_to_the_day():
    campaign = campaign_make(helps_per_day=3)
    bargains, bob = [launch(campaign, cast.person()) for _ in range(8)], cast.person("Bob")
    outcome = kinds(many(lambda n: give(bargains[n], bob), 8))
    assert outcome == {"ok": 3, "HelpLimitReached": 5}
    assert HelperDay.objects.get().helps == 3
    assert cast.broken() == []


def test_without_the_condition_the_day_is_exceeded(monkeypatch):
    """Control: the day is counted first and written afterwards."""
    campaign = campaign_make(helps_per_day=3)
    bargains, bob = [launch(campaign, cast.person()) for _ in range(6)], cast.person("Bob")
    looked = together(lambda: Help.objects.filter(user=bob.user).count() < 3, 6)
    monkeypatch.setattr("campaigns.bargain.services.help.day_take", lambda **_: looked())
    assert kinds(many(lambda n: give(bargains[n], bob), 6)) == {"ok": 6}
    assert Help.objects.filter(user=bob.user).count() == 6


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_deadline_comes_while_the_last_help_is_given(lead_s):
    bargain = launch(campaign_make())
    for _ in range(3):
        give(bargain)
    # Both come from the instant of the deadline, one of them a breath before it.
    overdue(bargain)
    early = clock.now() - timedelta(seconds=5)
    from campaigns.bargain.services import bargain_help

    bob = cast.person("Bob")
    one, other = head_to_head(
        lambda: bargain_help(bargain_public_id=bargain.public_id, user_id=bob.id, now=early),
        lambda: bargain_expire(bargain_id=bargain.pk, now=clock.now()),
        lead_s=lead_s,
    )
    assert not isinstance(other, Exception)
    state, helps, price_fen = told(bargain)
    if isinstance(one, Exception):
        assert kinds([one]) == {"BargainOver": 1}
        assert (state, helps) == ("expired", 3)
    else:
        assert (state, helps, price_fen) == ("reached", 4, FLOOR_FEN)
    bargain.campaign.refresh_from_db()
    assert bargain.campaign.quota_used == (state == "reached")
    assert cast.broken() == []


def test_without_the_lock_a_help_lands_in_a_bargain_that_expires(monkeypatch):
    """Control: help and tick have both seen a running bargain, and the tick's move is careless."""
    from campaigns.bargain.services import bargain_help
    from campaigns.bargain.states import BARGAIN

    bargain = launch(campaign_make())
    overdue(bargain)
    bob, early = cast.person("Bob"), clock.now() - timedelta(seconds=5)
    read = unlocked(lambda pk: Bargain.objects.select_related("campaign").get(pk=pk), 2)
    for module in ("help", "decide"):
        monkeypatch.setattr(f"campaigns.bargain.services.{module}.bargain_lock", read)
    # Careless: without looking at the state that it moves from, and after the help.
    monkeypatch.setattr(
        "campaigns.bargain.services.help.cut_take",
        lambda *, bargain_id, is_newcomers, cut_fen, now: bool(
            Bargain.objects.filter(pk=bargain_id).update(
                helps=F("helps") + 1,
                newcomer_taken=F("newcomer_taken") + int(is_newcomers),
                cut_fen=F("cut_fen") + cut_fen,
            )
        ),
    )
    assert BARGAIN.allows("running", "expire")
    outcome = at_once(
        lambda: bargain_help(bargain_public_id=bargain.public_id, user_id=bob.id, now=early),
        lambda: bargain_expire(bargain_id=bargain.pk, now=clock.now()),
    )
    assert kinds(outcome) == {"ok": 2}
    assert told(bargain)[:2] == ("expired", 1)


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_launcher_buys_while_a_friend_helps(lead_s):
    """Either the help came first, and the price that was shown is not the price any more; or the
    order came first, and the price stands."""
    alice = cast.person("Alice")
    bargain, bob = launch(campaign_make(), alice), cast.person("Bob")
    shown_fen = bargain.price_fen + cast.FREIGHT_FEN
    bought, helped = head_to_head(
        lambda: buy(bargain, alice, expected_payable_fen=shown_fen),
        lambda: give(bargain, bob),
        lead_s=lead_s,
    )
    outcome = (kinds([bought]), kinds([helped]))
    assert outcome in [
        ({"ok": 1}, {"PriceStands": 1}),
        ({"PriceChanged": 1}, {"ok": 1}),
    ]
    for order in Order.objects.all():
        assert (order.payable_fen, told(bargain)[2]) == (shown_fen, shown_fen - cast.FREIGHT_FEN)
    assert cast.broken() == []


def test_without_the_lock_the_price_moves_under_an_order(monkeypatch):
    """Control: the purchase read the bargain before the help, and ordered after it."""
    alice = cast.person("Alice")
    bargain, bob = launch(campaign_make(), alice), cast.person("Bob")
    shown_fen = bargain.price_fen + cast.FREIGHT_FEN

    def read_then_help(pk):
        found = Bargain.objects.select_related("campaign").get(pk=pk)
        (helped,) = at_once(lambda: give(bargain, bob))
        assert not isinstance(helped, Exception)
        return found

    monkeypatch.setattr("campaigns.bargain.services.buy.bargain_lock", read_then_help)
    order = cast.order_of(buy(bargain, alice, expected_payable_fen=shown_fen))
    assert told(bargain)[2] < order.payable_fen - cast.FREIGHT_FEN
    later = Order.objects.filter(pk=order.pk)
    later.update(placed_at=clock.now() - timedelta(minutes=2))
    assert cast.broken("bargain.orders") != []


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_launcher_buys_while_the_deadline_comes(lead_s):
    campaign, alice = campaign_make(), cast.person("Alice")
    bargain = reached(campaign, alice)
    overdue(bargain)
    early = clock.now() - timedelta(seconds=5)
    bought, ticked = head_to_head(
        lambda: buy(bargain, alice, now=early),
        lambda: bargain_expire(bargain_id=bargain.pk, now=clock.now()),
        lead_s=lead_s,
    )
    assert not isinstance(ticked, Exception)
    assert kinds([bought]) in [{"ok": 1}, {"TooLateToBuy": 1}]
    state = told(bargain)[0]
    assert state == ("expired" if isinstance(bought, Exception) else "ordered")
    campaign.refresh_from_db()
    assert campaign.quota_used == (state == "ordered")
    assert Order.objects.count() == (state == "ordered")
    assert cast.broken() == []


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_order_is_paid_while_the_launcher_gives_it_up(lead_s):
    campaign, alice = campaign_make(), cast.person("Alice")
    bargain = launch(campaign, alice)
    order = cast.order_of(buy(bargain, alice))
    told_both = head_to_head(
        lambda: cast.pay(order.public_id),
        lambda: order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True),
        lead_s=lead_s,
    )
    assert not any(isinstance(one, Exception) for one in told_both)
    cast.deliver()
    end = (cast.order_of(order.public_id).state, told(bargain)[0])
    assert end in [("to_ship", "bought"), ("cancelled", "running")]
    assert cast.broken() == []


def test_one_person_taps_launch_six_times():
    campaign, alice = campaign_make(), cast.person("Alice")
    outcome = kinds(many(lambda _: launch(campaign, alice), 6))
    assert outcome == {"ok": 1, "AlreadyRunning": 5}
    key = form_key_new()
    bob = cast.person("Bob")
    same = many(lambda _: launch(campaign, bob, form_key=key), 6)
    assert len({one.pk for one in same}) == 1
    assert Bargain.objects.count() == 2
    assert cast.broken() == []


def test_the_launcher_taps_buy_six_times():
    alice = cast.person("Alice")
    bargain = launch(campaign_make(), alice)
    outcome = kinds(many(lambda _: buy(bargain, alice), 6))
    assert outcome == {"ok": 1, "AlreadyOrdered": 5}
    assert Order.objects.count() == 1
    assert cast.broken() == []


def test_the_last_piece_of_the_quota_is_reserved_once():
    campaign, crowd = campaign_make(quota=3), cast.people(8)
    outcome = kinds(many(lambda n: launch(campaign, crowd[n]), 8))
    assert outcome == {"ok": 3, "QuotaGone": 5}
    campaign.refresh_from_db()
    assert campaign.quota_used == 3
    assert cast.broken() == []


def test_without_the_condition_the_quota_constraint_is_all_that_holds(monkeypatch):
    """Control: reserving without looking runs into the constraint."""
    campaign, crowd = campaign_make(quota=3), cast.people(6)

    def careless(*, campaign_id):
        rows = BargainCampaign.objects.filter(pk=campaign_id)
        return bool(rows.update(quota_used=F("quota_used") + 1))

    monkeypatch.setattr("campaigns.bargain.services.launch.quota_take", careless)
    assert kinds(many(lambda n: launch(campaign, crowd[n]), 6)) == {"ok": 3, "IntegrityError": 3}


def test_a_bargain_expires_once_however_many_ticks():
    campaign = campaign_make()
    bargain = launch(campaign)
    overdue(bargain)
    outcome = kinds(many(lambda _: bargain_expire(bargain_id=bargain.pk, now=clock.now()), 6))
    assert outcome == {"ok": 6}
    campaign.refresh_from_db()
    assert (told(bargain)[0], campaign.quota_used) == ("expired", 0)
    assert Fact.objects.filter(name="bargain.expired").count() == 1
    assert cast.broken() == []


def test_without_lock_and_comparison_its_piece_comes_back_twice(monkeypatch):
    """Control: two ticks have both seen a running bargain."""
    from campaigns.bargain.states import BARGAIN

    campaign = campaign_make()
    bargain = launch(campaign)
    launch(campaign, cast.person())
    overdue(bargain)
    bargain_unlocked(monkeypatch, "decide", 2)
    monkeypatch.setattr(BARGAIN, "move_row", lambda row, name, *, now, changes=None: True)
    many(lambda _: bargain_expire(bargain_id=bargain.pk, now=clock.now()), 2)
    campaign.refresh_from_db()
    assert campaign.quota_used == 0
    assert cast.broken("bargain.quota") != []
