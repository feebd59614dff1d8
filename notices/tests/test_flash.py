"""A flash sale that opens: who asked to be reminded is told once, nobody else is told."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from campaigns.flash.models import FlashCampaign, FlashReminder
from campaigns.flash.services import (
    ReminderRefused,
    campaign_cancel,
    campaign_tick,
    reminder_ask,
    reminder_drop,
)
from campaigns.flash.tests.factories import coming, offer_make, opened
from core import clock
from core.deadlines import deadlines_run
from core.facts import facts_record
from core.models import Fact
from core.public_pages import public_pages_forget
from notices.models import Notice
from notices.tests.test_table import told
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offer():
    made = offer_make(running=False, others=1)
    coming(made)
    return made


def ask(offer, who):
    return reminder_ask(offer_public_id=offer.public_id, user_id=who.id, now=clock.now())


def soon(offer):
    """The slot opens in four minutes, and the tick comes."""
    starts_at = clock.now() + timedelta(minutes=4)
    FlashCampaign.objects.filter(pk=offer.campaign_id).update(
        starts_at=starts_at, due_at=starts_at - timedelta(minutes=5)
    )
    deadlines_run(now=clock.now())


def test_who_reserved_is_reminded_once_and_nobody_else(offer):
    alice, bob, charlie = cast.people(3)
    other = offer.campaign.offers.exclude(pk=offer.pk).get()
    assert ask(offer, alice)
    assert not ask(offer, alice)
    ask(offer, bob)
    ask(other, bob)
    ask(offer, charlie)
    reminder_drop(offer_public_id=offer.public_id, user_id=charlie.id)
    deadlines_run(now=clock.now())
    assert told(alice.id) == []
    soon(offer)
    assert told(alice.id) == ["flash_soon"]
    assert told(bob.id) == ["flash_soon", "flash_soon"]
    assert told(charlie.id) == []
    notice = Notice.objects.get(user_id=alice.id)
    assert notice.path == f"/flash/{offer.public_id}/"
    assert "39.00 元" in notice.body
    # Neither a second tick nor the fact a second time says it again.
    campaign_tick(campaign_id=offer.campaign_id, now=clock.now())
    event = _event(offer)
    with transaction.atomic():
        facts_record(event, now=clock.now())
    assert told(alice.id) == ["flash_soon"]
    assert Fact.objects.filter(name="flash.slot_opening").count() == 2


def _event(offer):
    from campaigns.flash.events import FlashSlotOpening

    return FlashSlotOpening(flash_id=offer.campaign_id, store_id=offer.store_id)


def test_after_the_telling_nobody_reserves_in_vain(offer):
    soon(offer)
    with pytest.raises(ReminderRefused):
        ask(offer, cast.person())
    assert not FlashReminder.objects.exists()


def test_the_reminders_page_waits_for_the_start_and_then_sells(offer, client):
    alice = cast.person()
    ask(offer, alice)
    soon(offer)
    client.force_login(alice.user)
    assert told(alice.id) == ["flash_soon"]
    notice = Notice.objects.get(user_id=alice.id)
    public_pages_forget()
    page = client.get(reverse("notices:notice", args=[notice.public_id]), follow=True)
    text = page.content.decode()
    assert page.status_code == 200
    assert "离开抢还有" in text and "data-countdown-reload" in text
    opened(offer)
    public_pages_forget()
    assert f"{notice.path}buy/" in client.get(notice.path).content.decode()


def test_a_sale_that_is_called_off_reminds_nobody_and_says_so_to_who_waits(offer):
    alice, bob = cast.people(2)
    ask(offer, alice)
    assert campaign_cancel(campaign_id=offer.campaign_id, now=clock.now())
    assert not campaign_cancel(campaign_id=offer.campaign_id, now=clock.now())
    soon(offer)
    assert told(alice.id) == ["flash_off"]
    assert told(bob.id) == []


def test_a_sale_that_is_called_off_while_it_runs_tells_nobody_to_wait_no_longer(offer):
    alice, now = cast.person(), clock.now()
    ask(offer, alice)
    FlashCampaign.objects.update(starts_at=now - timedelta(minutes=2))
    campaign_cancel(campaign_id=offer.campaign_id, now=now)
    assert told(alice.id) == []


def test_a_late_worker_tells_while_the_slot_runs(offer):
    alice, now = cast.person(), clock.now()
    ask(offer, alice)
    FlashCampaign.objects.update(starts_at=now - timedelta(minutes=2), due_at=now)
    deadlines_run(now=now)
    assert told(alice.id) == ["flash_soon"]
    assert cast.broken() == []
