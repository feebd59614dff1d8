from itertools import count

import pytest

from payments.simulated import merchant_account_provision
from payments.tests.factories import merchant_account_make
from payments.tests.fake import provider_faked
from stores.tests.factories import store_make
from tests.simulated import Simulator, simulator_start

_mchids = count(1900000001)


@pytest.fixture
def account(db):
    return merchant_account_make()


@pytest.fixture
def fake(account, monkeypatch):
    """The account's gateway, replaced by a provider in a dictionary."""
    return provider_faked(monkeypatch, account)


@pytest.fixture
def queued(monkeypatch):
    """What was put on the queue, as (task name, row id); nothing runs."""
    taken = []
    for module in ("deadlines", "subscribers"):
        monkeypatch.setattr(
            f"payments.{module}.enqueue",
            lambda task, pk: taken.append((task.name.rsplit(".", 1)[1], pk)),
        )
    return taken


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory):
    with simulator_start(tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.fixture
def simulator(simulator_process, settings) -> Simulator:
    """A running simulator, without faults, that the settings point at."""
    settings.SIMULATOR_URL = simulator_process.url
    settings.WECHAT_PAY_URL = simulator_process.url
    settings.WECHAT_API_URL = simulator_process.url
    settings.WECHAT_OPEN_URL = simulator_process.url
    simulator_process.faults_clear()
    return simulator_process


@pytest.fixture
def simulated_account(db, simulator):
    """A merchant account that the simulator knows."""
    return merchant_account_provision(
        store_id=store_make().pk, mchid=str(next(_mchids)), name="枣园"
    )
