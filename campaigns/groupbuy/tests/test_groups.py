"""A group's life: led, joined, full, over. Refusals change nothing."""

from datetime import timedelta

import pytest

from campaigns.groupbuy import services
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.queries import group_board
from campaigns.groupbuy.tests.test_seats import money_back
from core import clock
from core.idempotency import form_key_new
from core.public_pages import public_pages_forget
from orders.models import Order
from orders.services import order_close_request, order_expire
from payments.gateway.base import RefundStatus
from payments.models import Payment, Refund
from payments.queries import stuck_refunds
from payments.services import payment_close, refund_retry, refund_submit
from payments.tests.fake import provider_faked
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def counts(group):
    group.refresh_from_db()
    return group.state, group.reserved, group.joined, group.confirmed


def nothing_written():
    return (Order.objects.count(), Member.objects.count(), Payment.objects.count())


def test_a_group_opens_when_its_leader_has_paid_and_not_before():
    campaign, sku = cast.campaign_make()
    joined = cast.lead(campaign, sku, cast.person("Alice"))
    group = Group.objects.get(public_id=joined.group_public_id)
    assert counts(group) == ("forming", 1, 0, 0)
    assert group.deadline_at is None
    assert group_board(group.public_id, now=clock.now()) is None
    cast.pay(joined.order_public_id)
    assert counts(group) == ("open", 0, 1, 0)
    assert timedelta(hours=23, minutes=59) < group.deadline_at - clock.now() <= timedelta(hours=24)


def test_the_order_costs_the_groups_price_plus_freight():
    campaign, sku = cast.campaign_make()
    joined = cast.lead(campaign, sku, cast.person(), quantity=2)
    order = cast.order_of(joined.order_public_id)
    assert order.payable_fen == 2 * cast.GROUP_FEN + cast.FREIGHT_FEN
    assert order.offer_ref == joined.group_public_id


def test_the_last_payer_completes_the_group_and_every_order_may_ship():
    campaign, sku = cast.campaign_make(size=2)
    group, leader = cast.group_open(campaign, sku)
    bob = cast.join(group.public_id, sku, cast.person("Bob"))
    assert counts(group) == ("open", 1, 1, 0)
    cast.pay(bob.order_public_id)
    assert counts(group) == ("succeeded", 0, 0, 2)
    assert {cast.order_of(j.order_public_id).state for j in (leader, bob)} == {"to_ship"}
    assert cast.broken() == []


def test_nothing_ships_before():
    campaign, sku = cast.campaign_make(size=2)
    _, leader = cast.group_open(campaign, sku)
    assert cast.order_of(leader.order_public_id).state == "on_hold"


def test_the_same_form_twice_is_one_seat():
    campaign, sku = cast.campaign_make()
    alice, key = cast.person(), form_key_new()
    first = cast.lead(campaign, sku, alice, form_key=key)
    assert cast.lead(campaign, sku, alice, form_key=key) == first
    assert nothing_written() == (1, 1, 1)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": "ended"}, services.CampaignOver),
        ({"ends_at": timedelta(seconds=-1)}, services.CampaignOver),
        ({"quota": 0}, services.QuotaGone),
        ({"limit_per_order": 1}, services.LimitReached),
        ({"limit_per_person": 1}, services.LimitReached),
    ],
)
def test_leading_is_refused_and_nothing_is_written(change, refusal):
    campaign, sku = cast.campaign_make()
    values = {
        name: clock.now() + value if isinstance(value, timedelta) else value
        for name, value in change.items()
    }
    GroupCampaign.objects.filter(pk=campaign.pk).update(**values)
    with pytest.raises(refusal):
        cast.lead(campaign, sku, cast.person(), quantity=2)
    assert nothing_written() == (0, 0, 0)
    assert Group.objects.count() == 0
    sku.refresh_from_db()
    assert sku.reserved == 0


def test_another_sku_is_not_in_the_campaign():
    campaign, sku = cast.campaign_make()
    other = cast.sku_on_sale(sku.store)
    with pytest.raises(services.NotInCampaign):
        cast.lead(campaign, other, cast.person())
    group, _ = cast.group_open(campaign, sku)
    with pytest.raises(services.NotInCampaign):
        cast.join(group.public_id, other, cast.person())


def test_sold_out_goods_refuse_in_the_catalogs_words():
    campaign, sku = cast.campaign_make(on_hand=1)
    with pytest.raises(services.SoldOut, match="1"):
        cast.lead(campaign, sku, cast.person(), quantity=2)
    assert nothing_written() == (0, 0, 0)


def test_joining_is_refused_when_full_over_or_too_late():
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    cast.join(group.public_id, sku, cast.person())
    with pytest.raises(services.GroupFull):
        cast.join(group.public_id, sku, cast.person())
    Group.objects.filter(pk=group.pk).update(deadline_at=clock.now() + timedelta(seconds=119))
    with pytest.raises(services.TooLate):
        cast.join(group.public_id, sku, cast.person())
    Group.objects.filter(pk=group.pk).update(state="failed")
    with pytest.raises(services.GroupOver):
        cast.join(group.public_id, sku, cast.person())
    with pytest.raises(services.GroupOver):
        cast.join("grp_nowhere", sku, cast.person())


def test_one_live_group_per_person_and_the_refusal_says_where():
    campaign, sku = cast.campaign_make(size=3)
    alice = cast.person()
    group, joined = cast.group_open(campaign, sku, alice)
    with pytest.raises(services.AlreadyIn) as caught:
        cast.join(group.public_id, sku, alice)
    assert caught.value.group_public_id == group.public_id
    assert caught.value.order_public_id == joined.order_public_id


def test_a_person_may_come_again_after_the_group_is_decided_within_the_limit():
    campaign, sku = cast.campaign_make(size=2, limit_per_person=2, limit_per_order=2)
    alice = cast.person()
    group, _ = cast.group_open(campaign, sku, alice)
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    cast.lead(campaign, sku, alice)
    with pytest.raises(services.AlreadyIn):
        cast.lead(campaign, sku, alice)
    assert Member.objects.filter(user=alice.user).count() == 2


def test_the_limit_counts_what_was_bought_before():
    campaign, sku = cast.campaign_make(size=2, limit_per_person=2, limit_per_order=2)
    alice = cast.person()
    group, _ = cast.group_open(campaign, sku, alice)
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    with pytest.raises(services.LimitReached) as caught:
        cast.lead(campaign, sku, alice, quantity=2)
    assert caught.value.left == 1


def test_the_payment_window_never_outlives_the_group():
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    soon = clock.now() + timedelta(minutes=5)
    Group.objects.filter(pk=group.pk).update(deadline_at=soon)
    joined = cast.join(group.public_id, sku, cast.person())
    assert cast.order_of(joined.order_public_id).pay_before == soon


def test_an_unpaid_seat_comes_back_and_its_quota_and_stock_with_it():
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    joined = cast.join(group.public_id, sku, cast.person(), quantity=3)
    order = cast.order_of(joined.order_public_id)
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    assert counts(group) == ("open", 0, 1, 0)
    campaign.refresh_from_db()
    sku.refresh_from_db()
    assert (campaign.quota_used, sku.reserved) == (1, 1)
    assert cast.member_of(joined.order_public_id).state == "released"
    assert cast.broken() == []


def test_a_leader_who_does_not_pay_abandons_the_group():
    campaign, sku = cast.campaign_make()
    joined = cast.lead(campaign, sku, cast.person())
    order = cast.order_of(joined.order_public_id)
    Order.objects.filter(pk=order.pk).update(pay_before=clock.now())
    order_expire(order_id=order.pk, now=clock.now())
    group = Group.objects.get()
    assert counts(group) == ("abandoned", 0, 0, 0)
    campaign.refresh_from_db()
    assert campaign.quota_used == 0
    assert cast.broken() == []


def fail(group):
    cast.overdue(group)
    services.group_expire(group_id=group.pk, now=clock.now())
    cast.deliver()


def test_at_the_deadline_everybody_gets_everything_back():
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    bob = cast.join(group.public_id, sku, cast.person("Bob"))
    cast.pay(bob.order_public_id)
    waiting = cast.join(group.public_id, sku, cast.person("Charlie"))
    fail_order = cast.order_of(waiting.order_public_id)
    order_close_request(order_id=fail_order.pk, now=clock.now())
    fail(group)
    assert counts(group) == ("failed", 0, 0, 0)
    refunds = set(Refund.objects.values_list("order_ref", "amount_fen", "reason"))
    whole = cast.GROUP_FEN + cast.FREIGHT_FEN
    assert refunds == {
        (leader.order_public_id, whole, "group_failed"),
        (bob.order_public_id, whole, "group_failed"),
    }
    assert Refund.objects.count() == 2
    campaign.refresh_from_db()
    sku.refresh_from_db()
    assert (campaign.quota_used, sku.reserved) == (0, 0)
    assert cast.broken() == []


def test_a_seat_is_refunded_when_its_money_is_back():
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    fail(group)
    assert cast.member_of(leader.order_public_id).state == "refunding"
    Refund.objects.update(state="submitted")
    money_back(leader.order_public_id)
    cast.deliver()
    assert cast.member_of(leader.order_public_id).state == "refunded"
    assert cast.broken() == []


def test_a_refund_that_is_stuck_holds_up_nobody_elses_and_the_page_says_so(client, monkeypatch):
    provider = provider_faked(monkeypatch)
    provider.refund_status = RefundStatus.SUCCEEDED
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    bob = cast.join(group.public_id, sku, cast.person("Bob"))
    cast.pay(bob.order_public_id)
    fail(group)
    provider.fail("refund", "NOT_ENOUGH", permanent=True)
    for member in (leader, bob):
        refund = Refund.objects.get(order_ref=member.order_public_id)
        refund_submit(refund_id=refund.pk, now=clock.now())

    def told():
        """How each seat is by now, and the group's page."""
        cast.deliver()
        public_pages_forget()
        states = [cast.member_of(one.order_public_id).state for one in (leader, bob)]
        return states, client.get(f"/g/{group.public_id}/").content.decode()

    states, page = told()
    assert states == ["refunding", "refunded"]
    assert "已付的款正在全额原路退回" in page and "都已全额原路退回" not in page
    stuck = stuck_refunds(campaign.store_id).get()
    assert stuck.order_ref == leader.order_public_id
    refund_retry(refund_id=stuck.pk, by_id=0, now=clock.now())
    states, page = told()
    assert states == ["refunded", "refunded"]
    assert "已付的款都已全额原路退回" in page and "正在全额原路退回" not in page
    assert not stuck_refunds().exists()
    assert cast.broken() == []


def test_all_is_back_when_it_is_for_more_people_than_there_were_seats():
    """Whoever pays for a seat that is free again gets the money back beside those who were in."""
    campaign, sku = cast.campaign_make(size=2)
    group, leader = cast.group_open(campaign, sku)
    paid = [leader]
    for who in cast.people(2):
        late = cast.join(group.public_id, sku, who)
        order_close_request(order_id=cast.order_of(late.order_public_id).pk, now=clock.now())
        cast.pay(late.order_public_id)
        cast.deliver()
        paid.append(late)
    fail(group)
    for one in paid:
        board = group_board(group.public_id, now=clock.now())
        assert (board.is_paid_back, len(board.faces)) == (False, 2)
        money_back(one.order_public_id)
        cast.deliver()
    assert group_board(group.public_id, now=clock.now()).is_paid_back
    assert cast.broken() == []


def test_before_the_grace_is_over_nothing_is_decided():
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    past = clock.now() - timedelta(seconds=30)
    Group.objects.filter(pk=group.pk).update(deadline_at=past)
    assert services.group_expire(group_id=group.pk, now=clock.now()) == past + services.seats.GRACE
    assert counts(group)[0] == "open"


def test_a_group_that_an_unknown_payment_could_fill_waits_for_it():
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    cast.join(group.public_id, sku, cast.person())
    cast.overdue(group)
    again = services.group_expire(group_id=group.pk, now=clock.now())
    assert again is not None
    assert counts(group) == ("open", 1, 1, 0)
    Group.objects.filter(pk=group.pk).update(deadline_at=clock.now() - timedelta(minutes=32))
    assert services.group_expire(group_id=group.pk, now=clock.now()) is None
    assert counts(group) == ("failed", 1, 0, 0)


def test_a_stranded_seat_that_pays_after_all_is_refunded():
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    late = cast.join(group.public_id, sku, cast.person())
    cast.overdue(group)
    services.group_expire(group_id=group.pk, now=clock.now())
    cast.pay(late.order_public_id)
    cast.deliver()
    assert cast.member_of(late.order_public_id).state == "refunding"
    assert cast.order_of(late.order_public_id).state == "cancelled"
    assert Refund.objects.filter(order_ref=late.order_public_id).count() == 1
    assert counts(group) == ("failed", 0, 0, 0)
    assert cast.broken() == []


def test_money_after_the_seat_was_released_goes_back_in_full():
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    joined = cast.join(group.public_id, sku, cast.person())
    order = cast.order_of(joined.order_public_id)
    order_close_request(order_id=order.pk, now=clock.now())
    cast.pay(joined.order_public_id)
    cast.deliver()
    assert cast.member_of(joined.order_public_id).state == "refunding"
    assert Refund.objects.get().reason == "late"
    assert counts(group) == ("open", 0, 1, 0)
    assert cast.broken() == []


def test_the_merchant_cancels_and_every_fen_goes_back():
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    assert services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    assert not services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    cast.deliver()
    assert counts(group) == ("failed", 0, 0, 0)
    assert group.fail_reason == "断货"
    assert cast.order_of(leader.order_public_id).state == "cancelled"


def test_a_group_that_succeeded_is_not_cancelled():
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    with pytest.raises(services.CancelRefused):
        services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    assert counts(group) == ("succeeded", 0, 0, 2)


def test_an_ended_campaign_lets_open_groups_run():
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    services.campaign_end(campaign_id=campaign.pk, now=clock.now())
    with pytest.raises(services.CampaignOver):
        cast.lead(campaign, sku, cast.person())
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    assert counts(group) == ("succeeded", 0, 0, 2)


def test_one_groups_timer_touches_that_group_alone():
    campaign, sku = cast.campaign_make(size=3)
    one, _ = cast.group_open(campaign, sku)
    other, _ = cast.group_open(campaign, sku, cast.person("Bob"))
    fail(one)
    assert counts(one)[0] == "failed"
    assert counts(other) == ("open", 0, 1, 0)


def test_payment_close_of_a_stranded_seat_frees_it(monkeypatch):
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    joined = cast.join(group.public_id, sku, cast.person())
    cast.overdue(group)
    services.group_expire(group_id=group.pk, now=clock.now())
    cast.deliver()
    payment = Payment.objects.get(order_ref=joined.order_public_id)
    if payment.state == "closing":
        payment_close(payment_id=payment.pk, now=clock.now())
    assert cast.member_of(joined.order_public_id).state == "released"
    assert counts(group) == ("failed", 0, 0, 0)
    assert cast.broken() == []
