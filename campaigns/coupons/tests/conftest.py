import pytest
from django.core.cache import cache

from core.public_pages import public_pages_forget
from tests import cast


@pytest.fixture(autouse=True)
def cold():
    """No page kept and no act counted from another test."""
    cache.clear()
    public_pages_forget()


@pytest.fixture
def sku():
    return cast.sku_on_sale()


@pytest.fixture
def alice(client):
    alice = cast.person("Alice")
    client.force_login(alice.user)
    return alice
