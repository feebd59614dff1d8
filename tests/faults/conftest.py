from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import Shop, shop_on_own_servers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if Path(item.fspath).is_relative_to(here):
            item.add_marker(pytest.mark.fault)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop on a PostgreSQL and a Valkey of its own, so that they can be killed, too.

    It believes the addresses that a crowd says it comes from; whoever says none has their own.
    """
    folder = tmp_path_factory.mktemp("faults")
    with shop_on_own_servers(folder, settings={"PROXY_HOPS": "1"}) as running:
        yield running
