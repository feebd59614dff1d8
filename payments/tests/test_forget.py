"""Where a payer came from is let go of within a day; the books stay as they are."""

from datetime import timedelta

import pytest
from django.db import connection

from core import clock
from payments.models import Payment
from payments.services import payers_forget
from payments.services.forget import KEPT
from payments.tests.factories import payment_make, payment_paid_make

pytestmark = pytest.mark.django_db

WAY = {
    "payer_ip": "203.0.113.9",
    "prepay_id": "wx1",
    "code_url": "weixin://1",
    "h5_url": "https://1",
}


def kept(payment):
    return Payment.objects.filter(pk=payment.pk).values(*WAY).get()


@pytest.fixture
def paid():
    payment = payment_paid_make()
    Payment.objects.filter(pk=payment.pk).update(**WAY)
    payment.refresh_from_db()
    return payment


def test_a_paid_attempt_forgets_its_way_and_nothing_else(paid):
    before = Payment.objects.filter(pk=paid.pk).values().get()
    assert payers_forget(now=paid.paid_at + KEPT) == 0
    assert kept(paid) == WAY
    later = paid.paid_at + KEPT + timedelta(seconds=1)
    assert payers_forget(now=later) == 1
    assert payers_forget(now=later) == 0
    after = Payment.objects.filter(pk=paid.pk).values().get()
    assert after == before | dict.fromkeys(WAY, "")


def test_a_closed_attempt_forgets_as_well():
    payment = payment_make()
    closed_at = clock.now()
    Payment.objects.filter(pk=payment.pk).update(state="closed", closed_at=closed_at, **WAY)
    assert payers_forget(now=closed_at + KEPT) == 0
    assert payers_forget(now=closed_at + KEPT + timedelta(seconds=1)) == 1
    assert set(kept(payment).values()) == {""}


@pytest.mark.parametrize("state", ["open", "prepared", "closing"])
def test_what_may_still_be_paid_keeps_its_way(state):
    payment = payment_make()
    Payment.objects.filter(pk=payment.pk).update(state=state, **WAY)
    assert payers_forget(now=clock.now() + timedelta(days=9)) == 0
    assert kept(payment) == WAY


def test_many_go_in_batches(monkeypatch):
    monkeypatch.setattr("payments.services.forget.BATCH", 2)
    for _ in range(5):
        Payment.objects.filter(pk=payment_paid_make().pk).update(**WAY)
    assert payers_forget(now=clock.now() + timedelta(days=2)) == 5


def test_only_what_is_left_is_read(paid):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Payment.objects.exclude(payer_ip="", prepay_id="", code_url="", h5_url="").order_by(
            "pk"
        )
        assert "payments_payment_way" in plan.explain()
