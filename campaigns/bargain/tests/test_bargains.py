"""A bargain's life: launched, helped, at its floor, bought or lapsed. Refusals change nothing."""

import re
from datetime import timedelta

import pytest
from django.db import connection

from campaigns.bargain import services
from campaigns.bargain.models import Bargain, BargainCampaign, Help, HelperDay
from campaigns.bargain.queries import bargain_board, bargain_faults
from campaigns.bargain.schedule import NEWCOMER, ORDINARY, commitment_of
from campaigns.bargain.tests.checks import refused_help, told, used, written
from campaigns.bargain.tests.factories import (
    FLOOR_FEN,
    buy,
    campaign_make,
    give,
    launch,
    overdue,
    reached,
)
from catalog.models import Product
from core import clock
from core.deadlines import deadlines_run
from core.idempotency import form_key_new
from core.models import Fact
from orders.services import order_close_request
from risk.models import RiskReport
from sharing.queries import tied_to
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def paid_before():
    """Somebody who has bought something, and so is no newcomer."""
    who = cast.person()
    cast.pay(cast.buy(who, cast.sku_on_sale()))
    return who


def test_a_launch_seals_the_schedule_reserves_a_piece_and_starts_the_clock():
    campaign = campaign_make()
    bargain = launch(campaign)
    assert told(bargain) == ("running", 0, cast.LIST_FEN)
    assert commitment_of(bargain.sealed) == bargain.commitment
    assert used(campaign) == 1
    assert bargain.due_at == bargain.deadline_at == bargain.launched_at + timedelta(hours=24)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM bargain_bargain")
        assert "ordinary" not in cursor.fetchone()[0]
    assert Fact.objects.filter(name="bargain.launched", subject_id=bargain.pk).exists()
    assert cast.broken() == []


def test_the_same_form_twice_is_one_bargain():
    campaign, alice, key = campaign_make(), cast.person(), form_key_new()
    assert launch(campaign, alice, form_key=key).pk == launch(campaign, alice, form_key=key).pk
    assert (Bargain.objects.count(), used(campaign)) == (1, 1)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": "ended"}, services.CampaignOver),
        ({"ends_at": timedelta(seconds=-1)}, services.CampaignOver),
        ({"starts_at": timedelta(hours=1)}, services.CampaignOver),
        ({"quota": 0}, services.QuotaGone),
    ],
)
def test_refused_launches_change_nothing(change, refusal):
    campaign, alice = campaign_make(), cast.person()
    values = {
        key: clock.now() + value if isinstance(value, timedelta) else value
        for key, value in change.items()
    }
    BargainCampaign.objects.filter(pk=campaign.pk).update(**values)
    assert isinstance(services.launch_refusal(campaign.pk, alice.id, now=clock.now()), refusal)
    with pytest.raises(refusal):
        launch(campaign, alice)
    assert (written(), used(campaign)) == ((0, 0, 0), 0)


def test_nobody_launches_what_is_sold_out_or_in_a_closed_store():
    campaign, alice = campaign_make(), cast.person()
    campaign.sku.__class__.objects.update(on_hand=0)
    with pytest.raises(services.NothingLeft):
        launch(campaign, alice)
    campaign.sku.__class__.objects.update(on_hand=5)
    campaign.store.__class__.objects.update(is_open=False)
    with pytest.raises(services.StoreResting):
        launch(campaign, alice)
    assert (written(), used(campaign)) == ((0, 0, 0), 0)


def test_a_key_of_another_form_leads_to_what_its_own_form_made():
    alice, key = cast.person(), form_key_new()
    bargain = launch(campaign_make(), alice, form_key=key)
    order = buy(bargain, alice, form_key=key)
    assert order.startswith("ord_")
    assert buy(bargain, alice, form_key=key) == order


def test_one_live_bargain_per_person_and_campaign_and_only_so_many_in_all():
    campaign, alice = campaign_make(launches_per_person=2), cast.person()
    first = launch(campaign, alice)
    with pytest.raises(services.AlreadyRunning) as refused:
        launch(campaign, alice)
    assert refused.value.bargain_public_id == first.public_id
    overdue(first)
    services.bargain_expire(bargain_id=first.pk, now=clock.now())
    second = launch(campaign, alice)
    overdue(second)
    services.bargain_expire(bargain_id=second.pk, now=clock.now())
    refusal = services.launch_refusal(campaign.pk, alice.id, now=clock.now())
    assert isinstance(refusal, services.LaunchLimitReached)
    with pytest.raises(services.LaunchLimitReached):
        launch(campaign, alice)
    assert (Bargain.objects.count(), used(campaign)) == (2, 0)
    assert cast.broken() == []


def test_nobody_launches_what_they_may_buy_no_more_of():
    campaign, alice = campaign_make(), cast.person()
    Product.objects.filter(pk=campaign.sku.product_id).update(purchase_limit=1)
    order = cast.order_of(cast.buy(alice, campaign.sku))
    refusal = services.launch_refusal(campaign.pk, alice.id, now=clock.now())
    assert isinstance(refusal, services.PurchaseLimitReached)
    with pytest.raises(services.PurchaseLimitReached, match="每人限购 1 件"):
        launch(campaign, alice)
    assert (written()[0], used(campaign)) == (0, 0)
    launch(campaign, cast.person())
    order_close_request(order_id=order.pk, now=clock.now())
    assert services.launch_refusal(campaign.pk, alice.id, now=clock.now()) is None
    buy(launch(campaign, alice), alice)


def test_a_bargain_never_starts_above_what_the_goods_cost_now():
    campaign = campaign_make()
    campaign.sku.__class__.objects.filter(pk=campaign.sku_id).update(price_fen=5000)
    assert launch(campaign).list_fen == 5000
    campaign.sku.__class__.objects.filter(pk=campaign.sku_id).update(price_fen=FLOOR_FEN + 3)
    with pytest.raises(services.CampaignOver):
        launch(campaign, cast.person())


def test_a_help_cuts_what_was_sealed_for_it():
    bargain = launch(campaign_make())
    cuts = bargain.schedule
    assert give(bargain) == cuts.newcomer[0]
    assert give(bargain, paid_before()) == cuts.ordinary[0]
    assert told(bargain) == ("running", 2, 5900 - cuts.newcomer[0] - cuts.ordinary[0])
    rows = Help.objects.order_by("number").values_list("row", "position", "is_newcomer")
    assert list(rows) == [(NEWCOMER, 0, True), (ORDINARY, 0, False)]
    assert Fact.objects.filter(name="help.given").count() == 2
    assert bargain_faults(bargain.public_id) == []
    assert cast.broken() == []


@pytest.mark.parametrize("newcomers", [0, 1, 2, 3, 4])
def test_n_helpers_reach_the_floor_whoever_they_are(newcomers):
    bargain = launch(campaign_make())
    for number in range(4):
        give(bargain, cast.person() if number < newcomers else paid_before())
    assert told(bargain) == ("reached", 4, FLOOR_FEN)
    assert bargain.deadline_at >= bargain.reached_at + timedelta(hours=24)
    assert Fact.objects.filter(name="bargain.reached", subject_id=bargain.pk).exists()
    with pytest.raises(services.FloorReached):
        give(bargain)
    assert told(bargain) == ("reached", 4, FLOOR_FEN)
    assert bargain_faults(bargain.public_id) == []
    assert cast.broken() == []


def test_the_floor_never_shortens_what_time_was_left():
    campaign = campaign_make(hours=72, hold_hours=1)
    bargain = launch(campaign)
    before = bargain.deadline_at
    for _ in range(4):
        give(bargain)
    bargain.refresh_from_db()
    assert bargain.deadline_at == before


def test_nobody_helps_oneself():
    alice = cast.person()
    bargain = launch(campaign_make(), alice)
    refused_help(bargain, alice, services.OwnBargain)


def test_nobody_helps_twice():
    bargain, bob = launch(campaign_make()), cast.person()
    give(bargain, bob)
    refused_help(bargain, bob, services.AlreadyHelped)
    assert cast.broken() == []


def test_a_late_help_is_told_so():
    bargain = launch(campaign_make())
    overdue(bargain)
    words = refused_help(bargain, cast.person(), services.BargainOver)
    assert "来晚了" in words
    services.bargain_expire(bargain_id=bargain.pk, now=clock.now())
    refused_help(bargain, cast.person(), services.BargainOver)


def test_one_person_helps_only_so_often_a_day_and_again_tomorrow():
    campaign = campaign_make(helps_per_day=2)
    bob, bargains = cast.person(), [launch(campaign, cast.person()) for _ in range(3)]
    for one in bargains[:2]:
        give(one, bob)
    refused_help(bargains[2], bob, services.HelpLimitReached)
    refused_help(bargains[0], bob, services.AlreadyHelped)
    tomorrow = clock.now() + timedelta(days=1)
    Bargain.objects.update(deadline_at=tomorrow + timedelta(hours=1))
    services.bargain_help(bargain_public_id=bargains[2].public_id, user_id=bob.id, now=tomorrow)
    assert sorted(HelperDay.objects.values_list("helps", flat=True)) == [1, 2]
    assert cast.broken("bargain.days") == []


def test_inside_wechat_a_strict_store_takes_no_helps(settings):
    settings.WECHAT_SHARE_POLICY = "strict"
    bargain = launch(campaign_make())
    refused_help(bargain, cast.person(), services.OutsideOnly, in_wechat=True)
    give(bargain)
    brave = launch(campaign_make(wechat_risk_accepted=True))
    who = cast.person()
    assert services.bargain_help(
        bargain_public_id=brave.public_id, user_id=who.id, in_wechat=True, now=clock.now()
    )


def test_each_bargain_expires_by_itself():
    campaign = campaign_make()
    late, early = launch(campaign, cast.person()), reached(campaign, cast.person())
    overdue(late)
    deadlines_run(now=clock.now())
    assert (told(late)[0], told(early)[0]) == ("expired", "reached")
    assert used(campaign) == 1
    overdue(early)
    deadlines_run(now=clock.now())
    deadlines_run(now=clock.now())
    assert (told(early)[0], used(campaign)) == ("expired", 0)
    assert Fact.objects.filter(name="bargain.expired").count() == 2
    assert early.due_at is None
    assert cast.broken() == []


def test_a_deadline_that_finds_the_order_paid_while_its_fact_is_slow():
    alice = cast.person()
    bargain = launch(campaign_make(), alice)
    order = buy(bargain, alice)
    cast.pay(order)
    Bargain.objects.filter(pk=bargain.pk).update(state="ordered", ended_at=None)
    overdue(bargain)
    assert services.bargain_expire(bargain_id=bargain.pk, now=clock.now()) is None
    assert told(bargain)[0] == "bought"


def test_a_launch_killed_half_way_leaves_nothing(monkeypatch):
    campaign, alice, key = campaign_make(), cast.person(), form_key_new()

    def dead(**_):
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr("campaigns.bargain.services.launch.quota_take", dead)
        with pytest.raises(SystemExit):
            launch(campaign, alice, form_key=key)
    assert (written(), used(campaign)) == ((0, 0, 0), 0)
    assert told(launch(campaign, alice, form_key=key))[0] == "running"


def test_a_help_killed_half_way_leaves_nothing(monkeypatch):
    bargain, bob = launch(campaign_make()), cast.person()

    def dead(*_, **__):
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr("campaigns.bargain.services.help.facts_record", dead)
        with pytest.raises(SystemExit):
            give(bargain, bob)
    assert (told(bargain), Help.objects.count(), HelperDay.objects.count()) == (
        ("running", 0, cast.LIST_FEN),
        0,
        0,
    )
    give(bargain, bob)
    assert cast.broken() == []


def test_a_helper_is_shown_by_consent_alone():
    bargain, bob = launch(campaign_make()), cast.person("王小枣")
    give(bargain, bob)

    def name():
        return bargain_board(bargain.public_id, now=clock.now()).helps_given[0].name

    assert name() == ""
    ref = bargain.public_id
    assert services.help_show(bargain_public_id=ref, user_id=bob.id, shows_profile=True)
    assert re.fullmatch(r"王\*+", name())
    services.help_show(bargain_public_id=ref, user_id=bob.id, shows_profile=False)
    assert name() == ""
    stranger = cast.person()
    assert not services.help_show(bargain_public_id=ref, user_id=stranger.id, shows_profile=True)


def test_whoever_helped_is_tied_to_whom_they_helped_and_to_nobody_else():
    alice, bob, charlie = cast.people(3)
    bargain = launch(campaign_make(), alice)
    give(bargain, bob)
    give(bargain, charlie)
    cast.deliver()
    assert set(tied_to(alice.id)) == {bob.id, charlie.id}
    assert tied_to(bob.id) == (alice.id,)


def test_the_same_few_helpers_of_one_launcher_are_reported_and_friends_are_not():
    alice, twin, friend = cast.person(), cast.person(), cast.person()
    for number in range(6):
        bargain = launch(campaign_make(), alice)
        give(bargain, twin)
        if number % 2:
            give(bargain, friend)
        cast.deliver()
        assert RiskReport.objects.count() == (number >= 4)  # five in a month, once a month
    report = RiskReport.objects.get()
    assert (report.user_id, report.kind, report.score) == (alice.id, "helper_network", 10)
    assert report.reference.startswith(f"{twin.id}/")
