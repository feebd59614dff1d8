"""The code that an order asks for is today's: who proved the own number long ago proves it again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import sms
from accounts.models import User
from core import clock
from orders.services import RiskRefused
from orders.tests.factories import place
from orders.tests.reviews import report
from tests import cast

pytestmark = pytest.mark.django_db


def test_the_own_number_is_proved_again_on_the_page_that_is_offered(client):
    sku, who = cast.sku_on_sale(), cast.person()
    phone = "13977778888"
    old = clock.now() - timedelta(days=30)
    index = User.index_phone(phone)
    User.objects.filter(pk=who.id).update(
        phone=phone, phone_index=index, phone_verified_at=old, joined_at=old
    )
    report(who, sku, 40)
    with pytest.raises(RiskRefused):
        place(sku, who)
    client.force_login(User.objects.get(pk=who.id))
    page = client.post(
        reverse("account_change_phone"), {"phone": phone, "agree": "on"}, follow=True
    )
    code = sms.development_code(phone)
    assert code
    client.post(page.redirect_chain[-1][0], {"code": code}, follow=True)
    assert User.objects.get(pk=who.id).phone_verified_at > old
    assert place(sku, who).pk
