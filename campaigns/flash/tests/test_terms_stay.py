"""What was published stays: the database itself refuses another price or another slot."""

from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from campaigns.flash.models import FlashCampaign, FlashOffer
from campaigns.flash.tests.factories import offer_add, offer_make

pytestmark = pytest.mark.django_db


def test_the_database_keeps_what_was_published():
    offer = offer_make()
    for change in (
        lambda: FlashCampaign.objects.update(day=F("day") + timedelta(days=1)),
        lambda: FlashCampaign.objects.update(slot_end=time(13)),
        lambda: FlashCampaign.objects.update(pay_minutes=9),
        lambda: FlashCampaign.objects.update(state="draft"),
        lambda: FlashOffer.objects.update(flash_fen=100),
        lambda: FlashOffer.objects.update(list_fen=9900),
        lambda: FlashOffer.objects.update(per_person=9),
        lambda: FlashOffer.objects.all().delete(),
        lambda: offer_add(offer.campaign),
    ):
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            change()
    assert FlashOffer.objects.update(sold=1) == 1


def test_a_draft_may_become_anything():
    offer = offer_make(publish=False)
    assert FlashOffer.objects.update(flash_fen=100) == 1
    offer_add(offer.campaign)
    assert FlashOffer.objects.filter(campaign=offer.campaign).delete()[0] == 2
