"""How a bargain stands, and that a refused help changed nothing."""

import pytest

from campaigns.bargain import services
from campaigns.bargain.models import Bargain, Help, HelperDay
from core import clock
from orders.models import Order


def told(bargain):
    bargain.refresh_from_db()
    return bargain.state, bargain.helps, bargain.price_fen


def used(campaign):
    campaign.refresh_from_db()
    return campaign.quota_used


def written():
    return (Bargain.objects.count(), Help.objects.count(), Order.objects.count())


def refused_help(bargain, who, refusal, **changes):
    before = (told(bargain), written(), HelperDay.objects.count())
    with pytest.raises(refusal) as said:
        services.bargain_help(
            bargain_public_id=bargain.public_id, user_id=who.id, now=clock.now(), **changes
        )
    assert before == (told(bargain), written(), HelperDay.objects.count())
    return str(said.value)
