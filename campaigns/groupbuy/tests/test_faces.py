"""Whom one sees of a group, and who is seen."""

import pytest

from campaigns.groupbuy.joinable import acquainted_groups, open_groups
from campaigns.groupbuy.queries import group_board, group_mine
from core import clock
from sharing.queries import tied_to
from sharing.services import ties_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_faces_are_shown_by_consent_alone():
    campaign, sku = cast.campaign_make(size=3)
    alice = cast.person("李梅花")
    joined = cast.lead(campaign, sku, alice, shows_profile=True)
    cast.pay(joined.order_public_id)
    cast.pay(cast.join(joined.group_public_id, sku, cast.person("王强")).order_public_id)
    board = group_board(joined.group_public_id, now=clock.now())
    assert board.faces[0].is_leader
    assert "李梅花" not in board.faces[0].name
    assert board.faces[0].name.startswith("李")
    assert board.faces[1].name == ""
    assert (board.seats_left, len(board.empty_seats), board.can_join) == (1, 1, True)


def test_open_groups_come_one_short_first_then_newest():
    campaign, sku = cast.campaign_make(size=3)
    old, _ = cast.group_open(campaign, sku)
    new, _ = cast.group_open(campaign, sku, cast.person())
    short, _ = cast.group_open(campaign, sku, cast.person())
    cast.pay(cast.join(short.public_id, sku, cast.person()).order_public_id)
    newest, _ = cast.group_open(campaign, sku, cast.person())
    shown = [one.public_id for one in open_groups(campaign.pk, now=clock.now())]
    assert shown == [short.public_id, newest.public_id, new.public_id, old.public_id]
    rest = open_groups(campaign.pk, now=clock.now(), without=short.public_id, limit=1)
    assert [one.public_id for one in rest] == [newest.public_id]


def test_one_short_is_who_lacks_one_of_those_that_are_enough():
    campaign, sku = cast.campaign_make(size=10, ending="complete", least=3)

    def group_with(paid, paying=0):
        group, _ = cast.group_open(campaign, sku, cast.person())
        for who in cast.people(paid - 1):
            cast.pay(cast.join(group.public_id, sku, who).order_public_id)
        for who in cast.people(paying):
            cast.join(group.public_id, sku, who)
        return group.public_id

    short, enough, one_seat, new = group_with(2), group_with(3), group_with(4, 5), group_with(1)
    found = open_groups(campaign.pk, now=clock.now())
    assert [one.public_id for one in found] == [short, new, one_seat, enough]
    assert [(one.missing, one.seats_left) for one in found] == [(1, 8), (2, 9), (0, 1), (0, 7)]


def test_my_seat_is_mine():
    campaign, sku = cast.campaign_make(size=3)
    alice, bob = cast.person(), cast.person()
    group, joined = cast.group_open(campaign, sku, alice)
    mine = group_mine(group.public_id, alice.id)
    assert (mine.state, mine.order_public_id) == ("joined", joined.order_public_id)
    assert group_mine(group.public_id, bob.id) is None


def test_whoever_completed_a_group_together_is_tied_and_finds_one_another_next_time(client):
    campaign, sku = cast.campaign_make(size=2, limit_per_person=9)
    alice, bob, stranger = cast.person("Alice"), cast.person("Bob"), cast.person("Charlie")
    group, _ = cast.group_open(campaign, sku, alice)
    cast.pay(cast.join(group.public_id, sku, bob).order_public_id)
    cast.deliver()
    assert tied_to(bob.id) == (alice.id,)
    again, _ = cast.group_open(campaign, sku, alice, shows_profile=True)
    now = clock.now()
    assert [one.public_id for one in acquainted_groups(sku.product_id, bob.id, now=now)] == [
        again.public_id
    ]
    assert acquainted_groups(sku.product_id, stranger.id, now=now) == ()
    assert acquainted_groups(sku.product_id, alice.id, now=now) == ()
    client.force_login(bob.user)
    page = client.get(f"/p/{sku.product.public_id}/mine/").content.decode()
    assert "认识的人正在拼" in page
    assert f"/g/{again.public_id}/" in page
    cast.pay(cast.join(again.public_id, sku, stranger).order_public_id)
    assert acquainted_groups(sku.product_id, bob.id, now=now) == ()


def test_acquaintances_who_lack_fewest_come_first_and_those_who_lack_nobody_last():
    campaign, sku = cast.campaign_make(size=5, ending="complete", least=3)
    reader = cast.person()
    groups = []
    for paid in (4, 1, 2):
        leader = cast.person("Bob")
        ties_make(people=[leader.id, reader.id], kind="bargain", now=clock.now())
        group, _ = cast.group_open(campaign, sku, leader, shows_profile=True)
        for who in cast.people(paid - 1):
            cast.pay(cast.join(group.public_id, sku, who).order_public_id)
        groups.append(group.public_id)
    enough, two_missing, one_missing = groups
    found = acquainted_groups(sku.product_id, reader.id, now=clock.now(), limit=3)
    assert [one.public_id for one in found] == [one_missing, two_missing, enough]
    assert [one.missing for one in found] == [1, 2, 0]


def test_somebody_who_does_not_want_to_be_shown_is_not(client):
    campaign, sku = cast.campaign_make(size=3)
    alice, bob = cast.person("Alice"), cast.person("Bob")
    ties_make(people=[alice.id, bob.id], kind="bargain", now=clock.now())
    cast.group_open(campaign, sku, alice, shows_profile=False)
    assert acquainted_groups(sku.product_id, bob.id, now=clock.now()) == ()
