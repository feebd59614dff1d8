"""A list price that falls below the group's: nobody pays more together than alone."""

from datetime import timedelta

import pytest
from django.urls import reverse

from campaigns.groupbuy.models import Group
from campaigns.groupbuy.queries import campaign_for_product, shelf_offers
from campaigns.groupbuy.services import Shown, group_expire
from campaigns.groupbuy.tests.test_endings import filled, laddered
from catalog.models import Sku
from core import clock
from core.public_pages import public_pages_forget
from payments.models import Refund
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def falls_to(sku, fen):
    Sku.objects.filter(pk=sku.pk).update(price_fen=fen)
    public_pages_forget()


def paid_fen(ref):
    return cast.order_of(ref).payable_fen - cast.FREIGHT_FEN


def test_the_lower_price_is_shown_and_charged_everywhere(client):
    campaign, sku = cast.campaign_make(size=4, leader_fen=4500)
    group, _ = cast.group_open(campaign, sku)
    falls_to(sku, 3000)
    now, bob = clock.now(), cast.person("Bob")
    card = campaign_for_product(sku.product_id, now=now)
    assert (card.prices, card.leader_prices, card.lead_from_fen) == ({sku.pk: 3000}, {}, 3000)
    assert shelf_offers([sku.product_id], now=now)[sku.product_id].from_fen == 3000
    page = client.get(f"/g/{group.public_id}/").content.decode()
    assert "30.00" in page and "49.00" not in page and "45.00" not in page
    client.force_login(bob.user)
    form = client.get(reverse("groupbuy:join", args=[group.public_id])).content.decode()
    total = f"{3000 + cast.FREIGHT_FEN}"
    assert f'name="shown_fen" value="{total}"' in form
    joined = cast.join(group.public_id, sku, bob, shown=Shown(int(total)))
    led = cast.lead(campaign, sku, cast.person())
    assert paid_fen(joined.order_public_id) == paid_fen(led.order_public_id) == 3000


def test_between_both_the_leader_still_saves(client):
    campaign, sku = cast.campaign_make(size=3, leader_fen=4500)
    falls_to(sku, 4700)
    group, led = cast.group_open(campaign, sku)
    joined = cast.join(group.public_id, sku, cast.person())
    assert paid_fen(led.order_public_id) == 4500
    assert paid_fen(joined.order_public_id) == 4700
    assert "每件最多少付 2.00 元" in client.get(f"/g/{group.public_id}/").content.decode()


@pytest.mark.parametrize(("fen", "back_fen"), [(801, 800), (500, 499), (1, 0)])
def test_a_ladder_never_gives_back_more_than_was_paid(fen, back_fen):
    campaign, sku = laddered()
    falls_to(sku, fen)
    group = filled(campaign, sku, 5, quantity=2)
    assert Group.objects.get(pk=group.pk).state == "succeeded"
    assert group_expire(group_id=group.pk, now=clock.now()) is None
    sums = sorted(Refund.objects.values_list("amount_fen", flat=True))
    assert sums == ([back_fen] + [2 * back_fen] * 4 if back_fen else [])
    # The audit gives facts a minute.
    Group.objects.filter(pk=group.pk).update(succeeded_at=clock.now() - timedelta(minutes=2))
    assert cast.broken() == []
