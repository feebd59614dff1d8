"""The whole road against the simulator: its own process, its own books, real keys and sealing."""

import time
from datetime import timedelta
from itertools import count

import pytest
import requests
from django.conf import settings
from django.db import transaction

from core import clock
from core.invariants import audit
from payments.gateway import gateway_for
from payments.gateway.wechat_v3 import WechatV3
from payments.models import LedgerEntry, MerchantAccount, Payment
from payments.services import (
    GatewayTrouble,
    PaymentGone,
    RefundReason,
    payment_begin_close,
    payment_close,
    payment_poll,
    payment_prepare,
    refund_poll,
    refund_request,
    refund_retry,
    refund_submit,
)
from payments.simulated import merchant_account_provision
from payments.tests.factories import payment_make
from stores.tests.factories import store_make
from wechat.simulated import app_provision

pytestmark = pytest.mark.django_db

REFUND_WAIT_S = 30
_subs = count(1900008001)
HOST = settings.SITE_HOST


@pytest.fixture
def openid(simulator):
    return simulator.person("alice")


@pytest.fixture
def payment(simulated_account):
    return payment_make(account=simulated_account)


def prepare(payment, openid="", channel="jsapi", payer_ip=""):
    return payment_prepare(
        payment_public_id=payment.public_id,
        amount_fen=payment.amount_fen,
        payer_id=payment.payer_id,
        channel=channel,
        openid=openid,
        payer_ip=payer_ip,
        now=clock.now(),
    )


def pay(simulator, payment):
    simulator.pay(payment.account.mchid, payment.out_trade_no, person="alice")


def poll(payment):
    return payment_poll(payment_id=payment.pk, now=clock.now())


def books_differ():
    """Ten minutes from now, when nothing is new any more."""
    return audit(now=clock.now() + timedelta(minutes=10), names=["books.agree"])


def paid(simulator, payment, openid):
    prepare(payment, openid)
    pay(simulator, payment)
    assert poll(payment) == "succeeded"


def test_pay_inside_wechat_and_find_it_by_asking(simulator, payment, openid):
    assert prepare(payment, openid).bridge["package"].startswith("prepay_id=")
    assert poll(payment) == "prepared"
    pay(simulator, payment)
    assert poll(payment) == "succeeded"
    assert LedgerEntry.objects.get().amount_fen == 1250
    assert books_differ() == []


def test_pay_by_a_code(simulator, payment, openid):
    assert prepare(payment, channel="native").code_url
    pay(simulator, payment)
    assert poll(payment) == "succeeded"


def opened(link, *, referer=f"http://{HOST}/"):
    """What a phone's browser sees there."""
    app_provision(name="小店")
    headers = {"Referer": referer} if referer else {}
    return requests.get(link, headers=headers, timeout=5).text


def test_pay_in_a_phones_browser(simulator, payment, openid):
    link = prepare(payment, channel="h5", payer_ip="127.0.0.1").h5_url
    assert "确认支付" in opened(link)
    back = f"{link}&redirect_url=http%3A%2F%2F{HOST}%2Forders%2Fx%2F"
    assert f'href="http://{HOST}/orders/x/"' in opened(back)
    elsewhere = opened(f"{link}&redirect_url=http%3A%2F%2Fevil.example%2F")
    assert 'href="http://evil.example' not in elsewhere
    pay(simulator, payment)
    assert poll(payment) == "succeeded"
    assert books_differ() == []


@pytest.mark.parametrize(
    ("payer_ip", "referer", "said"),
    [
        ("127.0.0.1", "", "商家参数格式有误"),
        ("127.0.0.1", "http://evil.example/", "未配置的参数"),
        ("10.1.2.3", f"http://{HOST}/", "安全验证"),
    ],
)
def test_the_browsers_page_opens_for_the_payer_alone(
    simulator, payment, openid, payer_ip, referer, said
):
    link = prepare(payment, channel="h5", payer_ip=payer_ip).h5_url
    assert said in opened(link, referer=referer)


def test_another_network_is_another_attempt(simulator, payment, openid):
    prepare(payment, channel="h5", payer_ip="127.0.0.1")
    prepare(payment, channel="h5", payer_ip="10.1.2.3")
    attempts = Payment.objects.filter(order_ref=payment.order_ref).order_by("pk")
    assert [(one.payer_ip, one.state) for one in attempts] == [
        ("127.0.0.1", "closed"),
        ("10.1.2.3", "prepared"),
    ]


# --- a provider (服务商) asks for its merchant ---
@pytest.fixture
def sub_account(simulator, settings):
    app_provision(name="小店")
    return merchant_account_provision(
        store_id=store_make().pk, mchid=str(next(_subs)), name="枣园", sp_mchid="1900000801"
    )


@pytest.fixture
def sub_payment(sub_account):
    return payment_make(account=sub_account)


@pytest.mark.parametrize("channel", ["jsapi", "native", "h5"])
def test_a_provider_takes_money_for_its_merchant_and_gives_it_back(
    simulator, sub_payment, openid, channel
):
    prepare(
        sub_payment,
        openid if channel == "jsapi" else "",
        channel=channel,
        payer_ip="127.0.0.1" if channel == "h5" else "",
    )
    pay(simulator, sub_payment)
    assert poll(sub_payment) == "succeeded"
    with transaction.atomic():
        refund = refund_request(
            payment_id=sub_payment.pk, reason=RefundReason.CANCELLED, now=clock.now()
        )
    refund_submit(refund_id=refund.pk, now=clock.now())
    until = time.monotonic() + REFUND_WAIT_S
    while refund_poll(refund_id=refund.pk, now=clock.now()) != "succeeded":
        assert time.monotonic() < until
        time.sleep(0.1)
    books = simulator.books(sub_payment.account.mchid)
    back = {one["out_trade_no"]: one["refund_fen"] for one in books["refunds"]}
    assert back[sub_payment.out_trade_no] == sub_payment.amount_fen
    assert simulator.books("1900000801")["payments"] == []
    assert books_differ() == []


def test_a_provider_closes_for_its_merchant(simulator, sub_payment, openid):
    prepare(sub_payment, openid)
    payment_begin_close(order_ref=sub_payment.order_ref, now=clock.now())
    assert payment_close(payment_id=sub_payment.pk, now=clock.now()) is True


def test_a_stranger_is_not_a_providers_merchant(simulator, sub_account, simulated_account, openid):
    MerchantAccount.objects.filter(pk=sub_account.pk).update(mchid="1900000899")
    sub_account.refresh_from_db()
    with pytest.raises(GatewayTrouble):
        prepare(payment_make(account=sub_account), openid)


def test_money_we_have_not_heard_of_makes_the_books_differ(simulator, payment, openid):
    prepare(payment, openid)
    pay(simulator, payment)
    assert [broken.row for broken in books_differ()] == [f"payment {payment.out_trade_no}"]


def test_close_there_and_then_here(simulator, payment, openid):
    prepare(payment, openid)
    payment_begin_close(order_ref=payment.order_ref, now=clock.now())
    assert payment_close(payment_id=payment.pk, now=clock.now()) is True
    states = {
        p["out_trade_no"]: p["state"] for p in simulator.books(payment.account.mchid)["payments"]
    }
    assert states[payment.out_trade_no].upper() == "CLOSED"


def test_money_found_while_closing_is_settled(simulator, payment, openid):
    prepare(payment, openid)
    pay(simulator, payment)
    payment_begin_close(order_ref=payment.order_ref, now=clock.now())
    assert payment_close(payment_id=payment.pk, now=clock.now()) is False
    payment.refresh_from_db()
    assert payment.state == "succeeded"


def test_switching_the_channel_leaves_one_payable_attempt(simulator, payment, openid):
    prepare(payment, channel="native")
    prepare(payment, openid)
    states = {p.channel: p.state for p in Payment.objects.filter(order_ref=payment.order_ref)}
    assert states == {"native": "closed", "jsapi": "prepared"}


def test_asking_again_for_a_paid_number_finds_the_money(simulator, payment, openid):
    prepare(payment, openid)
    pay(simulator, payment)
    Payment.objects.filter(pk=payment.pk).update(prepared_at=None)
    with pytest.raises(PaymentGone) as gone:
        prepare(payment, openid)
    assert gone.value.found_state == "succeeded"


@pytest.fixture
def choose(simulator):
    """Codes on which Tencent's documents differ; afterwards the usual ones."""
    before = simulator.control("GET", "settings")
    yield lambda **codes: simulator.control("POST", "settings", **codes)
    simulator.control("POST", "settings", **before)


@pytest.mark.parametrize("code", ["OUT_TRADE_NO_USED", "INVALID_REQUEST", "ORDERPAID"])
def test_a_paid_number_is_found_paid_whatever_it_is_called(
    simulator, choose, payment, openid, code
):
    choose(paid_again=code)
    prepare(payment, openid)
    pay(simulator, payment)
    Payment.objects.filter(pk=payment.pk).update(prepared_at=None)
    with pytest.raises(PaymentGone) as gone:
        prepare(payment, openid)
    assert gone.value.found_state == "succeeded"


@pytest.mark.parametrize(
    "code", ["INVALID_REQUEST", "OUT_TRADE_NO_USED", "ORDER_CLOSED", "ORDERCLOSED"]
)
def test_a_closed_number_is_replaced_whatever_it_is_called(choose, payment, openid, code):
    choose(closed_again=code)
    prepare(payment, openid)
    gateway_for(payment.account).close(payment.out_trade_no)
    Payment.objects.filter(pk=payment.pk).update(prepared_at=None)
    again = prepare(payment, openid)
    assert again.payment_public_id != payment.public_id
    payment.refresh_from_db()
    assert payment.state == "closed"


@pytest.mark.parametrize("code", ["INVALID_REQUEST", "TRADE_ERROR", "ORDERPAID"])
def test_closing_finds_the_money_that_came_meanwhile(
    simulator, choose, payment, openid, code, monkeypatch
):
    choose(close_paid=code)
    prepare(payment, openid)
    payment_begin_close(order_ref=payment.order_ref, now=clock.now())
    close = WechatV3.close

    def paid_meanwhile(gateway, number):
        pay(simulator, payment)
        close(gateway, number)

    monkeypatch.setattr(WechatV3, "close", paid_meanwhile)
    assert payment_close(payment_id=payment.pk, now=clock.now()) is False
    payment.refresh_from_db()
    assert payment.state == "succeeded"


@pytest.mark.parametrize("code", ["NOT_ENOUGH", "NOTENOUGH"])
def test_a_refund_without_the_merchants_money_is_stuck_until_it_is_retried(
    simulator, choose, payment, openid, code
):
    choose(not_enough=code)
    paid(simulator, payment, openid)
    with transaction.atomic():
        refund = refund_request(payment_id=payment.pk, reason=RefundReason.LATE, now=clock.now())
    simulator.fault("refund", "not_enough")
    assert refund_submit(refund_id=refund.pk, now=clock.now()) == "stuck"
    refund.refresh_from_db()
    assert "余额不足" in refund.error
    state = refund_retry(refund_id=refund.pk, by_id=payment.payer_id, now=clock.now())
    assert state == "submitted"
    assert len(simulator.books(payment.account.mchid)["refunds"]) == 1


def test_asking_again_for_an_unpaid_number_renews_it(simulator, payment, openid):
    prepare(payment, openid)
    Payment.objects.filter(pk=payment.pk).update(prepared_at=None)
    assert prepare(payment, openid).payment_public_id == payment.public_id


@pytest.mark.parametrize("mode", ["system_error_before", "system_error_after", "frequency_limited"])
def test_one_passing_error_is_not_noticed(simulator, payment, openid, mode):
    simulator.fault("prepay", mode)
    assert prepare(payment, openid).bridge


@pytest.mark.parametrize("mode", ["timeout", "sign_error"])
def test_a_lasting_trouble_is_told_and_the_next_try_works(simulator, payment, openid, mode):
    simulator.fault("prepay", mode)
    with pytest.raises(GatewayTrouble) as trouble:
        prepare(payment, openid)
    assert not trouble.value.permanent
    simulator.faults_clear()
    assert prepare(payment, openid).bridge
    assert Payment.objects.count() == 1


def test_money_goes_back(simulator, payment, openid):
    paid(simulator, payment, openid)
    with transaction.atomic():
        refund = refund_request(payment_id=payment.pk, reason=RefundReason.LATE, now=clock.now())
    simulator.fault("refund", "system_error_after")
    state = refund_submit(refund_id=refund.pk, now=clock.now())
    until = time.monotonic() + REFUND_WAIT_S
    while state == "submitted" and time.monotonic() < until:
        simulator.control("POST", "clock", advance_s=60)
        state = refund_poll(refund_id=refund.pk, now=clock.now())
    assert state == "succeeded"
    books = simulator.books(payment.account.mchid)
    assert (books["paid_fen"], books["refunded_fen"]) == (1250, 1250)
    assert len(books["refunds"]) == 1
    assert books_differ() == []


def test_an_abnormal_refund_is_stuck(simulator, payment, openid):
    paid(simulator, payment, openid)
    with transaction.atomic():
        refund = refund_request(payment_id=payment.pk, reason=RefundReason.LATE, now=clock.now())
    simulator.fault("refund", "abnormal")
    state = refund_submit(refund_id=refund.pk, now=clock.now())
    until = time.monotonic() + REFUND_WAIT_S
    while state == "submitted" and time.monotonic() < until:
        simulator.control("POST", "clock", advance_s=60)
        state = refund_poll(refund_id=refund.pk, now=clock.now())
    assert state == "stuck"


def test_our_service_account_is_known_there(simulator):
    app_provision(name="小店")
