"""A campaign's price takes a coupon only if the campaign says so, and what is shown is charged."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from campaigns.bargain.models import BargainCampaign
from campaigns.bargain.tests.factories import campaign_make as bargain_campaign
from campaigns.bargain.tests.factories import launch
from campaigns.coupons.models import Coupon
from campaigns.coupons.tests.factories import OFF_FEN, take, template_make
from campaigns.flash.models import FlashCampaign
from campaigns.flash.services import campaign_publish as flash_publish
from campaigns.flash.tests.conftest import fresh_gate  # noqa: F401  a fixture
from campaigns.flash.tests.factories import offer_make, opened
from campaigns.groupbuy.models import GroupCampaign
from campaigns.groupbuy.services import group_cancel
from campaigns.reductions.tests.factories import reduction_make
from core import clock
from core.idempotency import form_key_new
from orders.models import Order
from tests import cast

pytestmark = pytest.mark.django_db


def group(who, takes):
    _campaign, sku = cast.campaign_make(takes_coupons=takes)
    return f"/p/{sku.product.public_id}/group/", sku, GroupCampaign


def bargain(who, takes):
    campaign = bargain_campaign(takes_coupons=takes)
    return f"/b/{launch(campaign, who).public_id}/buy/", campaign.sku, BargainCampaign


def flash(who, takes):
    offer = offer_make(publish=False, running=False)
    FlashCampaign.objects.filter(pk=offer.campaign_id).update(takes_coupons=takes)
    flash_publish(campaign_id=offer.campaign_id, now=clock.now())
    offer.refresh_from_db()
    opened(offer)
    return f"/flash/{offer.public_id}/buy/", offer.sku, FlashCampaign


@pytest.fixture
def alice(client):
    alice = cast.person("Alice")
    client.force_login(alice.user)
    return alice


def sent(page, **changes):
    seen = page.context["page"]
    fields = {
        "sku": seen.chosen.sku.public_id,
        "quantity": "1",
        "address": seen.typed.address,
        "note": "",
        "shown_fen": str(seen.quote.payable_fen),
        "form_key": form_key_new(),
    }
    for wish in seen.wishes:
        fields |= {f"wish_{wish.kind}": wish.automatic, f"auto_{wish.kind}": wish.automatic}
    return {**fields, **changes}


KINDS = pytest.mark.parametrize("make", [group, bargain, flash])


@KINDS
def test_by_default_it_takes_none(client, alice, make):
    path, sku, _model = make(alice, takes=False)
    coupon = take(template_make(sku.store, minimum_fen=0), alice)
    page = client.get(path)
    assert page.context["page"].wishes == ()
    assert client.post(path, sent(page, wish_coupon=coupon.public_id)).status_code == 302
    assert Order.objects.get().discount_fen == 0
    assert Coupon.objects.get().state == "unused"


@KINDS
def test_what_is_shown_is_charged_and_a_full_reduction_stays_out(client, alice, make):
    path, sku, _model = make(alice, takes=True)
    reduction_make(sku.store, (1000, 100))
    best = take(template_make(sku.store, minimum_fen=0), alice)
    other = take(template_make(sku.store, minimum_fen=0, off_fen=300), alice)
    page = client.get(path)
    assert page.context["page"].quote.discount_fen == OFF_FEN
    assert f'value="{best.public_id}"' in page.content.decode()
    form = sent(page, wish_coupon=other.public_id)
    asked = client.post(path, form)
    assert asked.status_code == 409  # another choice costs another sum
    form["shown_fen"] = str(asked.context["page"].quote.payable_fen)
    assert client.post(path, form).status_code == 302
    order = Order.objects.get()
    assert str(order.payable_fen) == form["shown_fen"]
    reason = order.adjustments.get()
    assert (reason.kind, reason.reference, reason.amount_fen) == ("coupon", other.public_id, 300)
    assert cast.broken() == []


@KINDS
def test_once_published_it_never_changes_its_mind(alice, make):
    _path, _sku, model = make(alice, takes=False)
    with pytest.raises(IntegrityError, match="terms of a published"), transaction.atomic():
        model.objects.update(takes_coupons=True)
    assert not model.objects.get().takes_coupons


def test_a_group_that_comes_to_nothing_gives_the_coupon_back(alice):
    campaign, sku = cast.campaign_make(takes_coupons=True)
    coupon = take(template_make(sku.store, minimum_fen=0), alice)
    found, joined = cast.group_open(campaign, sku, alice)
    assert cast.order_of(joined.order_public_id).discount_fen == OFF_FEN
    group_cancel(group_id=found.pk, reason="断货", now=clock.now())
    cast.deliver()
    coupon.refresh_from_db()
    assert coupon.state == "unused"
    assert cast.broken() == []


def test_a_ladder_takes_none():
    """Its steps give back parts of the group's price, which may be more than was paid."""
    campaign, _sku = cast.campaign_make(takes_coupons=True, publish=False)
    campaign.ending = "ladder"
    with pytest.raises(ValidationError, match="阶梯团到时要退差价"):
        campaign.validate_constraints()
    with pytest.raises(IntegrityError, match="groupbuy_ladder_takes_no_coupons"):
        campaign.save()
