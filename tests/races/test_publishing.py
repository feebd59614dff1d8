"""A merchant's edit of a draft against its publishing: what is published is what was looked at. With
controls."""

import importlib

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from campaigns.bargain.tests import factories as bargains
from campaigns.bargain.tests.test_campaigns import sent as bargain_sent
from campaigns.flash.tests import factories as flash
from campaigns.flash.tests.test_campaigns import sent as flash_sent
from core import clock
from stores.tests.factories import staff_make
from tests import cast
from tests.races.threads import LEADS, at_once, head_to_head

pytestmark = pytest.mark.django_db(transaction=True)


def group_draft():
    campaign, sku = cast.campaign_make(publish=False)
    price = campaign.prices.get()
    form = {
        "product": campaign.product_id,
        "size": "2",
        "hours": "24",
        "ending": "refund",
        "least": "2",
        "quota": "100",
        "limit_per_person": "5",
        "limit_per_order": "5",
        "starts_at_0": "2026-01-01",
        "starts_at_1": "00:00:00",
        "ends_at_0": "2036-01-01",
        "ends_at_1": "00:00:00",
        "tiers-TOTAL_FORMS": "0",
        "tiers-INITIAL_FORMS": "0",
        "prices-TOTAL_FORMS": "1",
        "prices-INITIAL_FORMS": "1",
        "prices-0-id": price.pk,
        "prices-0-campaign": campaign.pk,
        "prices-0-sku": sku.pk,
        "prices-0-price_fen": "1.00",
    }
    return campaign, form, lambda: campaign.prices.get().price_fen


def bargain_draft():
    campaign = bargains.campaign_make(publish=False)

    def floor():
        campaign.refresh_from_db()
        return campaign.floor_fen

    return campaign, bargain_sent(campaign.sku, floor_fen="1.00"), floor


def flash_draft():
    offer = flash.offer_make(publish=False)
    changes = {
        "offers-INITIAL_FORMS": "1",
        "offers-0-id": offer.pk,
        "offers-0-campaign": offer.campaign_id,
        "offers-0-flash_fen": "1.00",
    }

    def price():
        offer.refresh_from_db()
        return offer.flash_fen

    return offer.campaign, flash_sent(offer.sku, **changes), price


KINDS = {"groupbuy": group_draft, "bargain": bargain_draft, "flash": flash_draft}


@pytest.fixture(params=KINDS)
def draft(request):
    """A draft, and how its merchant publishes it and makes everything cost one yuan."""
    campaign, form, price_fen = KINDS[request.param]()
    client, app = Client(), request.param
    client.force_login(staff_make(campaign.store).user)
    path = reverse(f"admin:{app}_{campaign._meta.model_name}_change", args=[campaign.pk])
    services = importlib.import_module(f"campaigns.{app}.services")
    return (
        app,
        campaign,
        price_fen,
        lambda: services.campaign_publish(campaign_id=campaign.pk, now=clock.now()),
        lambda: client.post(path, form),
    )


@pytest.mark.parametrize("lead_s", LEADS)
def test_an_edit_comes_before_the_publishing_or_not_at_all(draft, lead_s):
    _app, campaign, price_fen, publish, edit = draft
    before_fen = price_fen()
    published, answer = head_to_head(publish, edit, lead_s=lead_s)
    assert published is True
    campaign.refresh_from_db()
    assert campaign.state == "published"
    if answer.status_code == 302 and price_fen() == 100:
        return
    # The page came after: it had nothing to edit any more, or says why it changed nothing.
    assert price_fen() == before_fen


def test_a_page_that_was_read_before_the_publishing_changes_nothing(draft, monkeypatch):
    app, campaign, price_fen, publish, edit = draft
    admin = importlib.import_module(f"campaigns.{app}.admin")
    before_fen, look = price_fen(), admin.campaign_editable

    def published_meanwhile(*, campaign_id):
        at_once(publish)
        return look(campaign_id=campaign_id)

    monkeypatch.setattr(admin, "campaign_editable", published_meanwhile)
    answer = edit()
    assert "活动已发布，内容不能再改" in answer.content.decode()
    campaign.refresh_from_db()
    assert (campaign.state, price_fen()) == ("published", before_fen)


def test_without_looking_again_the_trigger_is_all_that_holds(draft, monkeypatch):
    """Control: the page saves what it read before the publishing."""
    app, campaign, price_fen, publish, edit = draft
    before_fen = price_fen()

    def careless(*, campaign_id):
        at_once(publish)
        return True

    monkeypatch.setattr(f"campaigns.{app}.admin.campaign_editable", careless)
    with pytest.raises(IntegrityError, match="never change"):
        edit()
    campaign.refresh_from_db()
    assert (campaign.state, price_fen()) == ("published", before_fen)
