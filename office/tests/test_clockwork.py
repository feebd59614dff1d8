"""The platform sees how far the clockwork is behind, and has parked rows tried again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import user_make
from campaigns.groupbuy.models import Group
from core import clock
from core.tests.test_deadlines import groups
from stores.tests.factories import staff_make, store_make

pytestmark = pytest.mark.django_db


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def boss():
    return user_make(email="boss@example.com", is_staff=True, is_superuser=True)


def parked():
    row, late = groups(2, clock.now() - timedelta(seconds=95))
    Group.objects.filter(pk=row.pk).update(
        due_at=None, due_parked_at=clock.now(), due_attempts=10, due_error="KeyError: gone"
    )
    return row, late


def test_the_platform_sees_what_is_late_and_what_is_parked_and_why():
    parked()
    page = client_of(boss()).get(reverse("admin:index"))
    lag = next(one for one in page.context["lags"] if one.name == "groupbuy.group")
    assert (lag.due, lag.parked, lag.error) == (1, 1, "KeyError: gone")
    assert 95 <= lag.lag_s < 155
    text = page.content.decode()
    assert f"{lag.lag_s} 秒" in text
    assert "KeyError: gone" in text


def test_a_merchant_sees_nothing_of_it_and_may_not_have_rows_tried_again():
    row, _late = parked()
    client = client_of(staff_make(store_make()).user)
    assert "groupbuy.group" not in client.get(reverse("admin:index")).content.decode()
    client.post(reverse("admin:core_deadlines_again"), {"name": "groupbuy.group"})
    row.refresh_from_db()
    assert row.due_parked_at is not None


def test_the_platform_has_parked_rows_tried_again():
    row, _late = parked()
    client = client_of(boss())
    page = client.post(
        reverse("admin:core_deadlines_again"), {"name": "groupbuy.group"}, follow=True
    )
    assert "已重新排队 1 条" in page.content.decode()
    row.refresh_from_db()
    assert (row.due_parked_at, row.due_attempts) == (None, 0)
    assert row.due_at is not None
    page = client.post(reverse("admin:core_deadlines_again"), {"name": "nobody"}, follow=True)
    assert "已重新排队 0 条" in page.content.decode()
