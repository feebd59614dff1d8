"""What tests of several apps start from."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from stores.models import Store


@pytest.fixture
def stores(transactional_db: None) -> tuple["Store", "Store"]:
    """Two stores that have everything: whoever works in the first one has no business in the second."""
    from tests.office_store import rich_store

    return rich_store("枣园"), rich_store("陶坊")
