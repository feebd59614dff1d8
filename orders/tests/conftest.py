from unittest.mock import Mock

import pytest

from core import clock
from orders.tests.factories import order_make
from payments.models import Payment
from payments.services import payment_prepare
from payments.tests.fake import provider_faked


@pytest.fixture
def provider(db, monkeypatch):
    """WeChat Pay, replaced by a dictionary that every merchant account shares."""
    return provider_faked(monkeypatch)


@pytest.fixture(autouse=True)
def broker(monkeypatch):
    """The queue takes everything and runs nothing."""
    monkeypatch.setattr("payments.subscribers.enqueue", queue := Mock())
    monkeypatch.setattr("payments.deadlines.enqueue", queue)
    return queue


@pytest.fixture
def asked(provider):
    """An order whose payment WeChat knows: it may be paid any moment."""
    order = order_make()
    payment = Payment.objects.get(order_ref=order.public_id)
    payment_prepare(
        payment_public_id=payment.public_id,
        payer_id=order.buyer_id,
        channel="native",
        now=clock.now(),
    )
    payment.refresh_from_db()
    return order, payment
