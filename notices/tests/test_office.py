"""The platform reads every store's messages, and a page of them costs the same however many."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notices.tests.factories import notice_make, openid_give
from tests import cast

pytestmark = pytest.mark.django_db


def told(number):
    """Notices to as many people from as many stores, on their way by WeChat as well."""
    for _ in range(number):
        who = cast.person()
        openid_give(who)
        notice_make(who.id)


@pytest.mark.parametrize("page", ["notice", "noticedelivery"])
def test_many_stores_messages_cost_what_one_does(client, admin_user, page):
    client.force_login(admin_user)
    path = f"/office/notices/{page}/"
    told(1)
    client.get(path)  # what is read once and remembered
    costs = []
    for more in (0, 9):
        told(more)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        assert len(answer.context["cl"].result_list) == 1 + more
        costs.append(len(asked))
    assert costs[0] == costs[1]
