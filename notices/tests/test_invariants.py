"""Every corruption that the audit is for, planted and seen named; the consents' is in
test_sending.py."""

import pytest
from django.db import connection

from notices.models import NoticeDelivery
from notices.tests.factories import notice_make
from tests import cast

pytestmark = pytest.mark.django_db


def test_news_that_was_sent_by_two_ways_is_named():
    notice = notice_make(cast.person().id)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX notices_delivery_one_way")
    NoticeDelivery.objects.filter(notice=notice).update(state="sent")
    again = {"store_id": notice.store_id, "notice": notice, "channel": "email"}
    other = NoticeDelivery.objects.create(**again, state="waiting")
    assert cast.broken("notices.one_way") == []
    NoticeDelivery.objects.filter(pk=other.pk).update(state="sent")
    assert cast.broken("notices.one_way") == [
        f"notices.one_way: notice {notice.public_id}: sent by 2 ways"
    ]
