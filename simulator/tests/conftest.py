from itertools import count

import pytest

from simulator.tests.merchant import Merchant, Phone, mailbox_open, merchant_new, phone_start

_mchids = count(1600000001)


@pytest.fixture(scope="session")
def phone_process(tmp_path_factory):
    with phone_start(tmp_path_factory.mktemp("wechat")) as running:
        yield running


@pytest.fixture
def phone(phone_process) -> Phone:
    """WeChat, behaving, at its normal pace."""
    phone_process.control("DELETE", "faults")
    phone_process.control("POST", "clock", speed=1)
    return phone_process


@pytest.fixture
def merchant(phone) -> Merchant:
    """A merchant of this test's own."""
    return merchant_new(phone, str(next(_mchids)))


@pytest.fixture
def openid(phone) -> str:
    return phone.openid("alice")


@pytest.fixture
def mailbox():
    with mailbox_open() as box:
        yield box
