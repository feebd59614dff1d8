import pytest

from simulator.tests.merchant import Merchant, Phone, mailbox_open, merchant_new, phone_start


@pytest.fixture(scope="session")
def phone_process(tmp_path_factory):
    with phone_start(tmp_path_factory.mktemp("wechat") / "data") as running:
        yield running


@pytest.fixture
def phone(phone_process) -> Phone:
    """WeChat, behaving, at its normal pace, with empty books."""
    phone_process.control("POST", "reset")
    phone_process.control("POST", "clock", speed=1)
    return phone_process


@pytest.fixture
def merchant(phone) -> Merchant:
    """The same merchant every time: keys are made once, and the books are empty."""
    return merchant_new(phone, "1600000001")


@pytest.fixture
def openid(phone) -> str:
    return phone.openid("alice")


@pytest.fixture
def mailbox():
    with mailbox_open() as box:
        yield box
