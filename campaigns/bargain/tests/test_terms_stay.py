"""What was published stays: the database itself refuses another price or number of helpers."""

import pytest
from django.db import IntegrityError, transaction

from campaigns.bargain.models import BargainCampaign
from campaigns.bargain.tests.factories import campaign_make

pytestmark = pytest.mark.django_db


def test_the_database_keeps_what_was_published():
    campaign_make()
    for change in (
        {"list_fen": 6000},
        {"floor_fen": 100},
        {"helpers": 5},
        {"newcomer_percent": 0},
        {"newcomer_weight": 1},
        {"hours": 1},
        {"hold_hours": 1},
        {"buy_midway": False},
        {"state": "draft"},
    ):
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            BargainCampaign.objects.update(**change)
    assert BargainCampaign.objects.update(quota=5) == 1


def test_a_draft_may_become_anything():
    campaign_make(publish=False)
    assert BargainCampaign.objects.update(floor_fen=100, helpers=9) == 1
