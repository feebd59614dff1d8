"""What takes whole processes comes last, whatever the plugins sort by."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from stores.models import Store

LAST = {"journeys": 1, "faults": 2}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: max(LAST.get(part, 0) for part in Path(item.fspath).parts))


@pytest.fixture
def stores(transactional_db: None) -> tuple["Store", "Store"]:
    """Two stores that have everything: whoever works in the first one has no business in the second."""
    from tests.office_store import rich_store

    return rich_store("枣园"), rich_store("陶坊")
