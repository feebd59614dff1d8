"""The WeChat Pay gateway over real HTTP: what it sends, and what it believes."""

import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from itertools import islice

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from core import clock, outbound
from payments.gateway import gateway_for, notify_url, wechat_v3
from payments.gateway.base import (
    GatewayError,
    Prepare,
    RefundAsk,
    RefundStatus,
    TradeState,
)
from payments.tests.factories import merchant_account_make, rsa_key
from payments.tests.provider import Reply, provider_start

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running_provider():
    with provider_start() as one:
        yield one


@pytest.fixture
def provider(running_provider, account, settings, monkeypatch):
    settings.WECHAT_PAY_URL = running_provider.url
    running_provider.requests.clear()
    running_provider.replies.clear()
    running_provider.unsigned.clear()
    running_provider.public_key_id = account.public_key_id
    monkeypatch.setattr(wechat_v3, "RETRY_WAIT_S", 0)
    yield running_provider
    assert running_provider.unsigned == []


@pytest.fixture
def gateway(provider, account):
    return gateway_for(account)


def ask(channel="jsapi", **changes):
    return Prepare(
        **{
            "channel": channel,
            "out_trade_no": "260101abcdef",
            "description": "陕北滩枣 500g",
            "amount_fen": 1250,
            "expires_at": clock.now() + timedelta(minutes=15),
            "openid": "o1" if channel == "jsapi" else "",
            **changes,
        }
    )


def trade(account, **changes):
    return {
        "mchid": account.mchid,
        "appid": account.appid,
        "out_trade_no": "260101abcdef",
        "trade_state": "SUCCESS",
        "transaction_id": "4200001",
        "success_time": "2026-11-23T18:00:00+08:00",
        "amount": {"total": 1250, "currency": "CNY"},
        **changes,
    }


REFUND_ASK = RefundAsk(
    out_refund_no="r260101abcdef",
    out_trade_no="260101abcdef",
    refund_fen=250,
    total_fen=1250,
    reason="拼团未成团",
)


def refund(**changes):
    return {
        "refund_id": "5030001",
        "out_refund_no": "r260101abcdef",
        "transaction_id": "4200001",
        "out_trade_no": "260101abcdef",
        "status": "PROCESSING",
        "amount": {"total": 1250, "refund": 250, "currency": "CNY"},
        **changes,
    }


def failing(provider, call, *replies):
    provider.replies[:] = replies
    with pytest.raises(GatewayError) as raised:
        call()
    return raised.value


def test_jsapi_sends_what_the_document_wants(provider, gateway, account, settings):
    provider.replies[:] = [Reply(200, {"prepay_id": "wx201410272009395522657"})]
    asked = ask()
    assert gateway.prepare(asked).prepay_id == "wx201410272009395522657"
    (sent,) = provider.requests
    assert (sent.method, sent.path) == ("POST", "/v3/pay/transactions/jsapi")
    assert sent.serial == account.public_key_id
    expires = sent.json.pop("time_expire")
    assert expires.endswith("+08:00")
    assert sent.json == {
        "appid": account.appid,
        "mchid": account.mchid,
        "description": "陕北滩枣 500g",
        "out_trade_no": "260101abcdef",
        "notify_url": f"{settings.SITE_URL}/payments/notify/{account.public_id}/pay/",
        "amount": {"total": 1250, "currency": "CNY"},
        "payer": {"openid": "o1"},
    }


def test_native_gives_a_code_to_scan(provider, gateway):
    provider.replies[:] = [Reply(200, {"code_url": "weixin://wxpay/bizpayurl?pr=1"})]
    assert gateway.prepare(ask("native")).code_url == "weixin://wxpay/bizpayurl?pr=1"
    assert provider.requests[0].path == "/v3/pay/transactions/native"
    assert "payer" not in provider.requests[0].json


def test_the_bridge_is_signed_by_the_merchant(gateway, account):
    bridge = gateway.bridge("wx2014", now=clock.now())
    assert set(bridge) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert (bridge["package"], bridge["signType"]) == ("prepay_id=wx2014", "RSA")
    message = "".join(f"{bridge[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
    rsa_key("merchant").public_key().verify(
        base64.b64decode(bridge["paySign"]), message.encode(), padding.PKCS1v15(), hashes.SHA256()
    )


def test_a_query_tells_the_trade(provider, gateway, account):
    provider.replies[:] = [Reply(200, trade(account))]
    found = gateway.query("260101abcdef")
    assert provider.requests[0].path == (
        f"/v3/pay/transactions/out-trade-no/260101abcdef?mchid={account.mchid}"
    )
    assert (found.state, found.amount_fen, found.currency) == (TradeState.PAID, 1250, "CNY")
    assert found.paid_at.isoformat() == "2026-11-23T18:00:00+08:00"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("REFUND", TradeState.PAID),
        ("NOTPAY", TradeState.UNPAID),
        ("USERPAYING", TradeState.UNPAID),
        ("PAYERROR", TradeState.UNPAID),
        ("CLOSED", TradeState.CLOSED),
        ("REVOKED", TradeState.CLOSED),
    ],
)
def test_every_trade_state_is_known(provider, gateway, account, said, state):
    provider.replies[:] = [Reply(200, trade(account, trade_state=said))]
    assert gateway.query("260101abcdef").state == state


def test_an_unpaid_trade_has_neither_amount_nor_instant(provider, gateway, account):
    answer = trade(account, trade_state="NOTPAY")
    for name in ("transaction_id", "success_time", "amount"):
        del answer[name]
    provider.replies[:] = [Reply(200, answer)]
    assert gateway.query("260101abcdef").state == TradeState.UNPAID


def test_closing_has_no_answer_but_a_signed_204(provider, gateway, account):
    provider.replies[:] = [Reply(204)]
    gateway.close("260101abcdef")
    sent = provider.requests[0]
    assert sent.path == "/v3/pay/transactions/out-trade-no/260101abcdef/close"
    assert sent.json == {"mchid": account.mchid}


def test_a_refunds_notices_go_to_the_refunds_address(provider, gateway, account):
    provider.replies[:] = [Reply(200, refund())]
    result = gateway.refund(REFUND_ASK)
    assert (result.status, result.refund_fen) == (RefundStatus.PROCESSING, 250)
    sent = provider.requests[0].json
    assert sent["notify_url"] == notify_url(account, "refund")
    assert sent["notify_url"].endswith("/refund/")
    assert sent["amount"] == {"refund": 250, "total": 1250, "currency": "CNY"}
    assert sent["reason"] == "拼团未成团"


def test_a_refund_query_tells_the_refund(provider, gateway):
    done = refund(status="SUCCESS", success_time="2026-11-23T18:00:00+08:00")
    provider.replies[:] = [Reply(200, done)]
    result = gateway.query_refund("r260101abcdef")
    assert (result.status, result.provider_refund_id) == (RefundStatus.SUCCEEDED, "5030001")
    assert result.succeeded_at is not None


@pytest.mark.parametrize("code", ["SYSTEM_ERROR", "FREQUENCY_LIMITED"])
def test_a_passing_error_is_repeated_once_with_the_same_number(provider, gateway, code):
    provider.replies[:] = [Reply(500, {"code": code, "message": "忙"}), Reply(200, refund())]
    gateway.refund(REFUND_ASK)
    first, second = provider.requests
    assert first.json == second.json


def test_it_is_not_repeated_without_end(provider, gateway):
    error = failing(
        provider, lambda: gateway.refund(REFUND_ASK), *[Reply(500, {"code": "SYSTEM_ERROR"})] * 9
    )
    assert (error.code, error.permanent) == ("SYSTEM_ERROR", False)
    assert len(provider.requests) == 2


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (400, "PARAM_ERROR", True),
        (400, "INVALID_REQUEST", True),
        (403, "NOT_ENOUGH", True),
        (401, "SIGN_ERROR", False),
        (429, "RATELIMIT_EXCEEDED", False),
        (502, "", False),
    ],
)
def test_an_error_says_whether_it_will_last(provider, gateway, status, code, permanent):
    error = failing(provider, lambda: gateway.prepare(ask()), Reply(status, {"code": code}))
    assert (error.code, error.permanent) == (code or f"HTTP_{status}", permanent)
    assert len(provider.requests) == 1


def test_a_number_nobody_knows_is_not_found(provider, gateway):
    error = failing(
        provider, lambda: gateway.query("260101abcdef"), Reply(404, {"code": "ORDER_NOT_EXIST"})
    )
    assert error.not_found
    assert not GatewayError("MCH_NOT_EXISTS", "", permanent=True, status=404).not_found


@pytest.mark.parametrize(
    "reply",
    [
        {"signed_by": "stranger"},
        {"age_s": 301},
        {"age_s": -301},
        {"serial": "PUB_KEY_ID_9999"},
        {"serial": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"},
        {"headers": {"Wechatpay-Signature": ""}},
        {"headers": {"Wechatpay-Signature-Type": ""}},
        {"headers": {"Wechatpay-Timestamp": ""}},
    ],
)
def test_an_answer_that_they_did_not_sign_now_is_not_believed(provider, gateway, account, reply):
    error = failing(
        provider, lambda: gateway.query("260101abcdef"), Reply(200, trade(account), **reply)
    )
    assert (error.code, error.permanent) == (GatewayError.UNVERIFIED, False)
    assert [sent.path.split("?")[0] for sent in provider.requests] == [
        "/v3/pay/transactions/out-trade-no/260101abcdef"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"trade_state": "NEWS"},
        {"amount": {"total": "1250"}},
        {"amount": None},
        {"success_time": "now"},
        {"mchid": None},
    ],
)
def test_a_signed_answer_that_makes_no_sense_is_not_believed(provider, gateway, account, change):
    error = failing(
        provider, lambda: gateway.query("260101abcdef"), Reply(200, trade(account, **change))
    )
    assert error.code == GatewayError.UNVERIFIED


def test_a_silent_provider_is_given_up_within_three_seconds(provider, gateway, account):
    started = time.monotonic()
    error = failing(
        provider, lambda: gateway.query("260101abcdef"), Reply(200, trade(account), delay_s=4)
    )
    assert (error.code, error.permanent) == (GatewayError.SILENT, False)
    assert time.monotonic() - started < 3


def test_nobody_there_is_silence(account, settings):
    settings.WECHAT_PAY_URL = "http://127.0.0.1:1"
    with pytest.raises(GatewayError) as raised:
        gateway_for(account).query("260101abcdef")
    assert raised.value.code == GatewayError.SILENT


def test_a_hung_provider_holds_as_many_threads_as_it_may_and_no_more(
    provider, gateway, account, settings, monkeypatch
):
    monkeypatch.setattr(outbound, "ROOM_WAIT_S", 0.05)
    may, release = settings.TENCENT_CALLS_AT_ONCE, threading.Event()

    def hangs(_request):
        release.wait(10)
        return Reply(200, trade(account))

    monkeypatch.setattr(provider, "otherwise", hangs)
    with ThreadPoolExecutor(may + 6) as pool:
        calls = [pool.submit(gateway.query, "260101abcdef") for _ in range(may + 6)]
        back = list(islice(as_completed(calls), 6))
        # Everybody else is back already, while these hang.
        hanging = [call for call in calls if not call.done()]
        release.set()
    assert (len(hanging), len(provider.requests)) == (may, may)
    assert {call.exception().code for call in back} == {GatewayError.BUSY}
    assert {call.result().state for call in hanging} == {TradeState.PAID}


def test_without_room_for_few_it_would_hold_them_all(
    provider, gateway, account, settings, monkeypatch
):
    """Control: room for everybody."""
    everybody = settings.TENCENT_CALLS_AT_ONCE + 6
    arrived = threading.Barrier(everybody + 1, timeout=10)
    monkeypatch.setattr(outbound, "_room", threading.BoundedSemaphore(everybody))

    def hangs(_request):
        arrived.wait()
        return Reply(200, trade(account))

    monkeypatch.setattr(provider, "otherwise", hangs)
    with ThreadPoolExecutor(everybody) as pool:
        calls = [pool.submit(gateway.query, "260101abcdef") for _ in range(everybody)]
        arrived.wait()
    assert len(provider.requests) == len(calls) == everybody


def test_what_took_too_long_is_not_repeated(provider, gateway, monkeypatch):
    monkeypatch.setattr(wechat_v3, "RETRY_LEAST_S", outbound.TOTAL_S)
    error = failing(
        provider, lambda: gateway.refund(REFUND_ASK), *[Reply(500, {"code": "SYSTEM_ERROR"})] * 2
    )
    assert (error.code, len(provider.requests)) == ("SYSTEM_ERROR", 1)


def test_keys_that_cannot_be_read_say_so(account):
    account.private_key = "nonsense"
    with pytest.raises(GatewayError) as raised:
        gateway_for(account)
    assert (raised.value.code, raised.value.permanent) == ("BAD_KEYS", True)


def test_in_production_the_librarys_own_address_stays(settings):
    settings.WECHAT_PAY_URL = "https://api.mch.weixin.qq.com"
    gateway = gateway_for(merchant_account_make())
    assert gateway._pay._core._gate_way == "https://api.mch.weixin.qq.com"
