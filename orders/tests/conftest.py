from datetime import timedelta
from unittest.mock import Mock

import pytest

from accounts.models import User
from core import clock
from orders.services.cart import Owner
from orders.tests.factories import order_make, person
from payments.models import Payment
from payments.services import payment_prepare
from payments.tests.fake import provider_faked
from tests import cast


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
        amount_fen=payment.amount_fen,
        payer_id=order.buyer_id,
        channel="native",
        now=clock.now(),
    )
    payment.refresh_from_db()
    return order, payment


@pytest.fixture
def owner(who):
    return Owner(who.id)


@pytest.fixture
def mine(client, who):
    client.force_login(who.user)
    return client


@pytest.fixture
def sku():
    return cast.sku_on_sale()


@pytest.fixture
def who():
    """A buyer whose account is no longer new: that alone would be a little strange."""
    who = person()
    User.objects.filter(pk=who.id).update(joined_at=clock.now() - timedelta(days=30))
    return who


@pytest.fixture
def private(settings, tmp_path):
    """Where invoices are kept."""
    settings.PRIVATE_ROOT = str(tmp_path)
    return tmp_path
