from pathlib import Path

import pytest

from orders.models import Order
from payments.tests.fake import provider_faked
from tests.races.threads import unlocked


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if Path(item.fspath).is_relative_to(here):
            item.add_marker(pytest.mark.race)


@pytest.fixture
def provider(monkeypatch):
    """WeChat Pay, in a dictionary that every thread asks."""
    return provider_faked(monkeypatch)


@pytest.fixture
def orders_unlock(monkeypatch):
    """For controls: from its call on, the next two readers of an order both see it unlocked."""

    def unlock(*modules):
        read = unlocked(lambda **key: Order.objects.get(**key), 2)
        for module in modules:
            path = f"orders.services.{module}"
            monkeypatch.setattr(f"{path}.order_lock", lambda pk: read(pk=pk))
        monkeypatch.setattr(
            "orders.services.pay.order_lock_by_ref", lambda ref: read(public_id=ref)
        )

    return unlock
