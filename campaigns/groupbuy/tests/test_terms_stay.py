"""What was published stays: the database itself refuses another price, step or promise."""

import pytest
from django.db import IntegrityError, transaction

from campaigns.groupbuy.models import GroupCampaign, GroupPrice, GroupTier
from campaigns.groupbuy.tests.test_endings import laddered

pytestmark = pytest.mark.django_db


def test_the_database_keeps_what_was_published():
    campaign, _sku = laddered()
    rows = GroupCampaign.objects.filter(pk=campaign.pk)
    tier = {"store": campaign.store, "campaign": campaign, "people": 4, "off_fen": 400}
    for change in (
        lambda: rows.update(size=9),
        lambda: rows.update(ending="complete"),
        lambda: rows.update(least=3),
        lambda: rows.update(hours=1),
        lambda: rows.update(newcomers_only=True),
        lambda: rows.update(state="draft"),
        lambda: GroupPrice.objects.update(price_fen=5000),
        lambda: GroupPrice.objects.update(leader_fen=100),
        lambda: GroupPrice.objects.all().delete(),
        lambda: GroupTier.objects.filter(people=3).update(off_fen=1),
        lambda: GroupTier.objects.all().delete(),
        lambda: GroupTier.objects.create(**tier),
    ):
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            change()
    assert rows.update(quota_used=1) == 1


def test_a_draft_may_become_anything():
    campaign, _sku = laddered(publish=False)
    assert GroupPrice.objects.update(price_fen=4000) == 1
    assert GroupTier.objects.filter(campaign=campaign).delete()[0] == 2
    assert GroupCampaign.objects.update(ending="refund", size=2) == 1
