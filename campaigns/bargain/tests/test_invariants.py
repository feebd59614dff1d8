"""For every invariant the corruption is planted, and seen by name."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from campaigns.bargain.models import Bargain, BargainCampaign, Help, HelperDay
from campaigns.bargain.pieces import piece_take
from campaigns.bargain.queries import bargain_faults
from campaigns.bargain.schedule import commitment_of, schedule_draw
from campaigns.bargain.tests.factories import buy, campaign_make, give, launch, overdue
from catalog.models import Sku
from core import clock
from orders.models import Order, OrderLine
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [
    "bargain_never_below_floor",
    "bargain_helps_never_exceeded",
    "bargain_rows_never_exceeded",
    "bargain_all_cuts_reach_floor",
    "bargain_reached_is_complete",
]


@pytest.fixture
def alice():
    return cast.person("Alice")


@pytest.fixture
def bargain(alice):
    """A bargain with two helps."""
    made = launch(campaign_make(), alice)
    give(made)
    give(made)
    assert cast.broken() == []
    return made


@pytest.fixture
def loose():
    """The constraints that would stop the corruption are taken off, and put back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY(%s)",
            [NAMES],
        )
        kept = cursor.fetchall()
        for name in NAMES:
            cursor.execute(f"ALTER TABLE bargain_bargain DROP CONSTRAINT {name}")
    assert len(kept) == len(NAMES)
    yield
    Help.objects.all().delete()
    Bargain.objects.all().delete()
    with connection.cursor() as cursor:
        for name, definition in kept:
            cursor.execute(f"ALTER TABLE bargain_bargain ADD CONSTRAINT {name} {definition}")


def named():
    return {line.split(":")[0] for line in cast.broken()}


@pytest.mark.parametrize(
    "change",
    [
        {"helps": 3},
        {"cut_fen": F("cut_fen") - 1},
        {"newcomer_taken": 0},
        {"helpers": 1},
        {"floor_fen": 5899},
    ],
)
def test_counters_that_are_not_the_helps(bargain, loose, change):
    Bargain.objects.filter(pk=bargain.pk).update(**change)
    assert "bargain.helps" in named()


def test_a_help_that_says_another_price(bargain):
    Help.objects.filter(number=2).update(price_after_fen=F("price_after_fen") - 1)
    assert named() == {"bargain.prices"}


def test_a_launcher_who_helped(bargain, alice):
    Help.objects.filter(number=1).update(user=alice.user)
    assert "bargain.own" in named()


def test_a_day_that_was_not_counted(bargain):
    HelperDay.objects.filter(pk=HelperDay.objects.first().pk).update(helps=0)
    assert named() == {"bargain.days"}


def test_a_quota_that_no_bargain_took(bargain):
    BargainCampaign.objects.update(quota_used=7)
    assert named() == {"bargain.quota"}


def test_a_bargain_whose_piece_is_not_reserved(bargain):
    Bargain.objects.update(reserved_as="brg_of_another")
    # What was reserved for it is nobody's: noticed once the facts are delivered.
    assert named() == {"bargain.pieces"}
    Bargain.objects.update(reserved_as="")
    assert named() == {"bargain.pieces"}


def test_a_piece_that_an_ended_bargain_keeps(bargain):
    long_ago = clock.now() - timedelta(hours=1)
    piece_take(sku_id=bargain.campaign.sku_id, reference="brg_gone:1", now=long_ago)
    assert named() == {"bargain.pieces"}


def test_stock_that_is_reserved_for_nobody(bargain):
    Sku.objects.update(reserved=F("reserved") + 1)
    assert named() == {"orders.stock_reserved", "stock.movements_add_up"}


def test_a_bargain_beyond_its_time(bargain):
    overdue(bargain)
    Bargain.objects.update(deadline_at=clock.now() - timedelta(minutes=6), due_at=None)
    assert named() == {"bargain.decided"}


def test_a_bargain_and_its_order_that_disagree(bargain, alice):
    order = cast.order_of(buy(bargain, alice))
    past = clock.now() - timedelta(hours=1)
    Order.objects.filter(pk=order.pk).update(placed_at=past)
    assert named() == set()
    Bargain.objects.update(state="running")
    assert "bargain.orders" in named()
    Bargain.objects.update(state="bought")
    assert "bargain.orders" in named()
    Bargain.objects.update(state="ordered")
    OrderLine.objects.filter(order=order).update(unit_price_fen=1, amount_fen=1)
    assert "bargain.orders" in named()


def test_a_help_that_took_another_cut_than_was_sealed(bargain):
    Help.objects.filter(number=1).update(
        cut_fen=F("cut_fen") + 1, price_after_fen=F("price_after_fen") - 1
    )
    Help.objects.filter(number=2).update(cut_fen=F("cut_fen") - 1)
    assert named() == {"bargain.fair"}


def test_a_commitment_that_was_exchanged(bargain):
    Bargain.objects.update(commitment="0" * 64)
    assert named() == {"bargain.fair"}


@pytest.mark.parametrize(
    ("name", "told", "announced"),
    [
        ("floor_fen", 4000, 3900),
        ("helpers", 5, 4),
        ("newcomer_slots", 0, 1),
        ("newcomer_weight", 1, 3),
    ],
)
def test_a_schedule_that_was_drawn_for_other_terms(alice, name, told, announced):
    """By a liar, from the start: the text hashes, and the nonce draws just these cuts."""
    bargain = launch(campaign_make(), alice)
    sealed = schedule_draw(replace(bargain.schedule.terms, **{name: told}), bytes(32)).text
    Bargain.objects.update(sealed=sealed, commitment=commitment_of(sealed))
    assert named() == {"bargain.fair"}
    assert bargain_faults(bargain.public_id) == [
        f"the schedule has {name} {told}, announced was {announced}"
    ]


def test_a_newcomer_who_was_none(bargain):
    Help.objects.filter(number=1).update(is_newcomer=False)
    assert named() == {"bargain.fair"}


def test_a_commitment_that_was_exchanged_long_ago(bargain):
    Help.objects.update(helped_at=F("helped_at") - timedelta(days=90))
    Bargain.objects.update(commitment="0" * 64)
    assert "bargain.fair" in named()


def test_every_bargain_is_looked_at_when_asked(bargain, capsys):
    call_command("bargain_verify", "--all")
    assert "1 bargains, 0 faults" in capsys.readouterr().out
    Bargain.objects.update(commitment="0" * 64)
    with pytest.raises(SystemExit):
        call_command("bargain_verify", "--all")
    assert f"UNFAIR {bargain.public_id}" in capsys.readouterr().out
