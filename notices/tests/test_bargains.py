"""What a bargain's launcher hears: the floor, and an hour before the end; nobody else hears a thing."""

from datetime import timedelta

import pytest
from django.db import transaction

from campaigns.bargain.events import BargainReached
from campaigns.bargain.models import Bargain
from campaigns.bargain.tests.factories import FLOOR_FEN, buy, campaign_make, give, launch, reached
from catalog.models import Sku
from core import clock
from core.deadlines import deadlines_run
from core.facts import facts_record
from notices.kinds import Kind
from notices.models import Notice, NoticeDelivery, Reminder
from notices.services import bargain_reminder_set, reminder_due
from notices.tests.test_table import told
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
# What WeChat's policy bans in what a person is sent: asking for friends.
ASKING = ("帮", "好友", "朋友", "分享", "邀请", "叫上")


@pytest.fixture
def alice():
    return cast.person()


def ring(bargain, *, before=HOUR):
    """The reminder's handler, so long before the bargain's end."""
    cast.deliver()
    bargain.refresh_from_db()
    reminder = Reminder.objects.get(bargain=bargain)
    return reminder_due(reminder_id=reminder.pk, now=bargain.deadline_at - before)


def test_the_floor_is_told_to_the_launcher_alone_and_once(alice):
    bargain = reached(campaign_make(), alice)
    assert told(alice.id) == [Kind.BARGAIN_REACHED]
    with transaction.atomic():
        facts_record(BargainReached.of(bargain), now=clock.now())
    assert told(alice.id) == [Kind.BARGAIN_REACHED]
    notice = Notice.objects.get()
    assert (notice.title, notice.path) == ("到底价了", f"/b/{bargain.public_id}/")
    assert "39.00 元，价格保留到 " in notice.body
    assert notice.values["until"] in notice.body
    assert NoticeDelivery.objects.filter(notice=notice).count() == 1
    assert [words for words in ASKING if words in notice.title + notice.body] == []


def test_a_launcher_who_has_ordered_by_then_is_not_told_of_the_floor(alice):
    bargain = reached(campaign_make(), alice)
    buy(bargain, alice)
    assert told(alice.id) == []


def test_an_hour_before_the_end_the_launcher_is_told(alice):
    bargain = launch(campaign_make(), alice)
    cut = give(bargain)
    cast.deliver()
    assert Reminder.objects.get().due_at == bargain.deadline_at - HOUR
    assert ring(bargain) is None
    notice = Notice.objects.get()
    assert (notice.user_id, notice.kind, notice.title) == (
        alice.id,
        Kind.BARGAIN_SOON,
        "砍价还有一小时",
    )
    fen = cast.LIST_FEN - cut
    assert f"现价 {fen // 100}.{fen % 100:02} 元" in notice.body
    assert [words for words in ASKING if words in notice.title + notice.body] == []
    assert not Reminder.objects.exists()


def test_it_says_what_the_goods_cost_alone_when_that_is_less(alice):
    bargain = reached(campaign_make(), alice)
    Sku.objects.update(price_fen=FLOOR_FEN - 100)
    ring(bargain)
    assert "现价 38.00 元" in Notice.objects.get(kind=Kind.BARGAIN_SOON).body


def test_a_floor_that_moves_the_end_moves_the_reminder(alice):
    bargain = launch(campaign_make(hours=2, hold_hours=48), alice)
    cast.deliver()
    first = Reminder.objects.get().due_at
    for _ in range(4):
        give(bargain)
    cast.deliver()
    bargain.refresh_from_db()
    reminder = Reminder.objects.get()
    assert reminder.due_at == first
    later = reminder_due(reminder_id=reminder.pk, now=first)
    assert later == bargain.deadline_at - HOUR > first
    assert not Notice.objects.filter(kind=Kind.BARGAIN_SOON).exists()
    assert ring(bargain) is None
    assert Notice.objects.filter(kind=Kind.BARGAIN_SOON).count() == 1


def test_a_bargain_of_an_hour_reminds_of_the_price_that_is_kept_after_it(alice):
    bargain = launch(campaign_make(hours=1, hold_hours=3), alice)
    cast.deliver()
    assert not Reminder.objects.exists()
    for _ in range(4):
        give(bargain)
    assert ring(bargain) is None
    assert Notice.objects.filter(kind=Kind.BARGAIN_SOON).count() == 1


def ordered(bargain, alice):
    buy(bargain, alice)


def bought(bargain, alice):
    cast.pay(buy(bargain, alice))


def over(bargain, alice):
    Bargain.objects.update(state="expired", reserved_as="")


@pytest.mark.parametrize("how", [ordered, bought, over])
def test_who_has_ordered_or_is_too_late_is_not_reminded(alice, how):
    bargain = launch(campaign_make(), alice)
    cast.deliver()
    how(bargain, alice)
    assert ring(bargain) is None
    assert not Notice.objects.filter(kind=Kind.BARGAIN_SOON).exists()
    assert not Reminder.objects.filter(bargain=bargain).exists()


def test_a_worker_that_comes_after_the_end_reminds_nobody(alice):
    bargain = launch(campaign_make(), alice)
    ring(bargain, before=-timedelta(seconds=1))
    assert not Notice.objects.exists()


def test_setting_and_ringing_twice_is_told_once_and_the_clock_rings_it(alice):
    bargain = launch(campaign_make(), alice)
    cast.deliver()
    soon = clock.now() + timedelta(minutes=50)
    Bargain.objects.update(deadline_at=soon, due_at=soon)
    Reminder.objects.update(due_at=clock.now())
    deadlines_run(now=clock.now())
    assert told(alice.id) == [Kind.BARGAIN_SOON]
    Reminder.objects.create(
        store=bargain.store, bargain=bargain, kind=Kind.BARGAIN_SOON, due_at=clock.now()
    )
    bargain_reminder_set(bargain_id=bargain.pk, now=clock.now())
    deadlines_run(now=clock.now())
    assert told(alice.id) == [Kind.BARGAIN_SOON]
