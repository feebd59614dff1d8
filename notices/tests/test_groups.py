"""Who hears what while a group fills: the leader of each newcomer, everybody when one is missing."""

from functools import partial

import pytest

from campaigns.groupbuy.events import MemberJoined
from campaigns.groupbuy.models import Group
from campaigns.groupbuy.tests.test_endings import laddered
from core import clock
from notices.about import campaigns
from notices.kinds import Kind
from notices.models import Notice, NoticeDelivery
from notices.services import notices_tell
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def told(kind):
    """Who was told, in the order of joining."""
    cast.deliver()
    return list(Notice.objects.filter(kind=kind).order_by("pk").values_list("user_id", flat=True))


def pushed(kind):
    return NoticeDelivery.objects.filter(notice__kind=kind).count()


def group_of(number, *, size, make=cast.campaign_make, **fields):
    """A group that so many have paid for, and they."""
    campaign, sku = make(size=size, **fields)
    people = cast.people(number)
    group, _leader = cast.group_open(campaign, sku, people[0])
    for one in people[1:]:
        cast.pay(cast.join(group.public_id, sku, one).order_public_id)
        cast.deliver()
    return group, people


def test_the_leader_alone_hears_of_newcomers_while_several_are_missing():
    _group, (alice, _bob) = group_of(2, size=4)
    assert told(Kind.GROUP_JOINED) == [alice.id]
    assert told(Kind.GROUP_ONE_SHORT) == []
    notice = Notice.objects.get(kind=Kind.GROUP_JOINED)
    assert (notice.title, "还差 2 人" in notice.body) == ("有人参加了你的团", True)
    assert pushed(Kind.GROUP_JOINED) == 0


def test_when_one_is_missing_everybody_who_was_in_hears_it_beyond_the_inbox():
    group, (alice, bob, _carol) = group_of(3, size=4)
    assert told(Kind.GROUP_ONE_SHORT) == [alice.id, bob.id]
    assert pushed(Kind.GROUP_ONE_SHORT) == 2
    # The leader's one event is told once.
    assert told(Kind.GROUP_JOINED) == [alice.id]
    titles = set(Notice.objects.filter(kind=Kind.GROUP_ONE_SHORT).values_list("title", "path"))
    assert titles == {("只差一人就成团", f"/g/{group.public_id}/")}
    # Read inside WeChat as well, whose rules ban calling for friends.
    for body in Notice.objects.filter(kind=Kind.GROUP_ONE_SHORT).values_list("body", flat=True):
        assert body.endswith("的团再来 1 人就能成团。")


def test_it_is_told_once_per_group_though_the_last_seat_comes_free_again():
    group, (alice, bob, carol) = group_of(3, size=4)
    assert told(Kind.GROUP_ONE_SHORT) == [alice.id, bob.id]
    later = {"group_id": group.pk, "store_id": group.store_id, "member_id": 10**9}
    for subject in campaigns.group_one_short(MemberJoined(**later, user_id=0)):
        notices_tell(kind=Kind.GROUP_ONE_SHORT, subject=subject, now=clock.now())
    assert told(Kind.GROUP_ONE_SHORT) == [alice.id, bob.id, carol.id]


@pytest.mark.parametrize("ending", ["complete", "ladder"])
def test_one_is_missing_from_those_who_are_enough_however_many_seats_are_left(ending):
    make = laddered if ending == "ladder" else partial(cast.campaign_make, ending=ending)
    steps = {"steps": ((5, 300),)} if ending == "ladder" else {}
    _group, (alice, bob, _carol) = group_of(3, make=make, size=10, least=4, **steps)
    assert told(Kind.GROUP_ONE_SHORT) == [alice.id, bob.id]
    assert told(Kind.GROUP_JOINED) == [alice.id]


def test_a_group_that_has_enough_is_not_one_short_at_its_last_seat():
    group, (alice, _bob, _carol) = group_of(3, size=4, ending="complete", least=2)
    assert Group.objects.get(pk=group.pk).joined == 3
    assert told(Kind.GROUP_ONE_SHORT) == []
    assert told(Kind.GROUP_JOINED) == [alice.id, alice.id]


def test_the_last_one_in_is_not_told_to_wait_for_others():
    _group, (alice, bob) = group_of(2, size=2)
    said = Notice.objects.get(kind=Kind.PAID, user_id=bob.id).body
    assert "商家会尽快发货" in said
    assert "人不齐" not in said
    assert told(Kind.GROUP_SUCCEEDED) == [alice.id, bob.id]
