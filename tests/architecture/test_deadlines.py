"""What waits has a kind that handles it; it, and what was parked, is read by an index of its own,
however many rows there are."""

import pytest
from django.apps import apps
from django.db import connection

from core.deadlines import deadline_kinds
from core.models import Deadline

PARTIAL = """
    SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexdef LIKE %s
"""


def test_whatever_ends_by_the_clock_is_a_deadline():
    assert {kind.name: kind.model._meta.label for kind in deadline_kinds()} == {
        "bargain.bargain": "bargain.Bargain",
        "bargain.campaign": "bargain.BargainCampaign",
        "coupons.end": "coupons.CouponTemplate",
        "flash.campaign": "flash.FlashCampaign",
        "groupbuy.campaign": "groupbuy.GroupCampaign",
        "groupbuy.group": "groupbuy.Group",
        "notices.delivery": "notices.NoticeDelivery",
        "notices.reminder": "notices.Reminder",
        # While unpaid, with the pieces reserved for it; later until it counts as received.
        "orders.order": "orders.Order",
        "orders.review": "orders.RiskReview",
        "payments.payment": "payments.Payment",
        "payments.refund": "payments.Refund",
        "reductions.end": "reductions.Reduction",
        "sharers.release": "sharers.Reward",
    }


def test_every_row_that_can_be_due_has_somebody_to_handle_it():
    rows = {model for model in apps.get_models() if issubclass(model, Deadline)}
    assert rows == {kind.model for kind in deadline_kinds()}


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["due_at", "due_parked_at"])
@pytest.mark.parametrize("kind", deadline_kinds(), ids=lambda kind: kind.name)
def test_every_kind_of_deadline_has_an_index_of_its_rows_alone(kind, column):
    with connection.cursor() as cursor:
        only = f"%USING btree ({column}) WHERE ({column} IS NOT NULL)"
        cursor.execute(PARTIAL, [kind.model._meta.db_table, only])
        assert len(cursor.fetchall()) == 1
