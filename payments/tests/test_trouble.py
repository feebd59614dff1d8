"""A store that cannot take money: its people see why, and what is our own doing is called that."""

import threading
from datetime import timedelta

import pytest

from accounts.models import User
from core import clock, outbound
from payments.models import MerchantAccount
from payments.queries import accounts_in_trouble
from payments.services import GatewayTrouble, payment_prepare
from payments.tests.factories import merchant_account_make, payment_make
from stores.tests.factories import store_make
from tests.database import statements
from tests.office import staff_client

pytestmark = pytest.mark.django_db

WHY = "微信支付不认可签名，请核对商户私钥和证书序列号。"


@pytest.fixture
def payment(simulated_account):
    return payment_make(account=simulated_account)


def prepare(payment, *, now=None):
    return payment_prepare(
        payment_public_id=payment.public_id,
        amount_fen=payment.amount_fen,
        payer_id=payment.payer_id,
        channel="native",
        now=now or clock.now(),
    )


def refused(payment, **when):
    with pytest.raises(GatewayTrouble) as told:
        prepare(payment, **when)
    return told.value.message


def first_screen(client):
    return client.get("/office/").content.decode()


@pytest.fixture
def platform(client):
    client.force_login(User.objects.create_superuser(email="root@example.com", password="x"))
    return client


def test_the_first_screen_names_the_account_and_why_until_somebody_can_pay(
    simulator, payment, platform, caplog
):
    account = payment.account
    owner = staff_client(account.store)
    simulator.fault("prepay", "sign_error")
    assert "微信支付暂时没有响应" in refused(payment)
    for client in (owner, platform):
        page = first_screen(client)
        assert account.mchid in page
        assert WHY in page
    assert account.store.name in first_screen(platform)
    assert f"{account.mchid}: SIGN_ERROR" in caplog.text
    assert prepare(payment).code_url
    assert WHY not in first_screen(owner)
    account.refresh_from_db()
    assert (account.trouble, account.trouble_at) == ("", None)


def test_another_store_hears_nothing_of_it(fake, payment):
    fake.fail("prepare", "SIGN_ERROR")
    refused(payment)
    elsewhere = merchant_account_make(store=store_make(name="陶坊"))
    assert payment.account.mchid not in first_screen(staff_client(elsewhere.store))
    assert accounts_in_trouble(elsewhere.store_id) == []


def test_the_list_of_accounts_shows_which_are_in_trouble(fake, payment, platform):
    fake.fail("prepare", "NO_AUTH", permanent=True)
    assert "没有接受" in refused(payment)
    fine = merchant_account_make(store=store_make())
    page = platform.get("/office/payments/merchantaccount/?trouble_at__isempty=0").content.decode()
    assert payment.account.mchid in page
    assert fine.mchid not in page
    row = platform.get(f"/office/payments/merchantaccount/{payment.account_id}/change/")
    assert "没有开通这种支付方式" in row.content.decode()


def test_many_payers_who_find_the_same_write_one_row(fake, payment):
    now = clock.now()
    fake.fail("prepare", "SIGN_ERROR", times=3)
    refused(payment, now=now)
    refused(payment, now=now + timedelta(seconds=59))
    assert MerchantAccount.objects.get(pk=payment.account_id).trouble_at == now
    refused(payment, now=now + timedelta(seconds=61))
    assert MerchantAccount.objects.get(pk=payment.account_id).trouble_at > now


def test_a_payment_without_trouble_writes_nothing_about_it(fake, payment):
    fresh = statements(lambda: prepare(payment))
    fake.fail("prepare", "SIGN_ERROR")
    other = payment_make(account=payment.account)
    refused(other)
    assert statements(lambda: prepare(other)) == fresh + 1


def test_too_many_calls_of_ours_are_no_trouble_of_the_accounts(
    simulator, payment, monkeypatch, caplog
):
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(outbound, "_room", taken)
    monkeypatch.setattr(outbound, "ROOM_WAIT_S", 0.01)
    said = refused(payment)
    assert "微信" not in said
    assert "请过几秒再试" in said
    assert "TENCENT_CALLS_AT_ONCE" in caplog.text
    assert "WeChat Pay" not in caplog.text
    assert accounts_in_trouble() == []


def test_a_payment_with_other_particulars_is_an_incident_and_no_trouble_of_the_accounts(
    fake, payment
):
    prepare(payment)
    payment.refresh_from_db()
    fake.pay(payment.out_trade_no, amount_fen=payment.amount_fen + 1)
    refused(payment, now=clock.now() + timedelta(minutes=5))
    assert accounts_in_trouble() == []
