"""Prepay, query, close: what Tencent takes, what it refuses and with which words."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.tests.merchant import APPID


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def later(**span):
    return (datetime.now(UTC) + timedelta(**span)).isoformat(timespec="seconds")


def test_pay_inside_wechat(merchant, openid):
    order = merchant.order(openid=openid, time_expire=later(minutes=30), attach="附言")
    assert len(merchant.jsapi(order).json()["prepay_id"]) <= 64
    unpaid = merchant.query(order["out_trade_no"]).json()
    assert (unpaid["trade_state"], "transaction_id" in unpaid) == ("NOTPAY", False)
    merchant.pay(order)
    told = merchant.query(order["out_trade_no"]).json()
    assert told["trade_state"] == "SUCCESS"
    assert told["trade_type"] == "JSAPI"
    assert told["payer"] == {"openid": openid}
    assert told["attach"] == "附言"
    assert told["amount"]["total"] == told["amount"]["payer_total"] == 1250
    path = f"/v3/pay/transactions/id/{told['transaction_id']}?mchid={merchant.mchid}"
    assert merchant.call("GET", path).json() == told


@pytest.mark.parametrize("result", ["cancel", "fail"])
def test_not_going_through_with_it_changes_nothing(merchant, openid, result):
    order = merchant.order(openid=openid)
    merchant.jsapi(order)
    assert merchant.pay(order, result=result)["state"] == "NOTPAY"
    assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "NOTPAY"
    assert merchant.pay(order)["state"] == "SUCCESS"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"appid": None}, "PARAM_ERROR"),
        ({"appid": "wx00000000000000bb"}, "APPID_MCHID_NOT_MATCH"),
        ({"mchid": None}, "PARAM_ERROR"),
        ({"mchid": "1"}, "PARAM_ERROR"),
        ({"description": None}, "PARAM_ERROR"),
        ({"description": ""}, "PARAM_ERROR"),
        ({"description": "枣" * 128}, "PARAM_ERROR"),
        ({"out_trade_no": "short"}, "PARAM_ERROR"),
        ({"out_trade_no": "x" * 33}, "PARAM_ERROR"),
        ({"out_trade_no": "with space"}, "PARAM_ERROR"),
        ({"out_trade_no": "订单号一二三四"}, "PARAM_ERROR"),
        ({"out_trade_no": 123456789}, "PARAM_ERROR"),
        ({"notify_url": None}, "PARAM_ERROR"),
        ({"notify_url": "http://shop.example/n"}, "PARAM_ERROR"),
        ({"notify_url": "https://shop.example/n?a=1"}, "PARAM_ERROR"),
        ({"notify_url": "https://["}, "PARAM_ERROR"),
        ({"notify_url": "https://shop.example/" + "x" * 240}, "PARAM_ERROR"),
        ({"amount": None}, "PARAM_ERROR"),
        ({"amount": {"total": 0}}, "PARAM_ERROR"),
        ({"amount": {"total": -1}}, "PARAM_ERROR"),
        ({"amount": {"total": 12.5}}, "PARAM_ERROR"),
        ({"amount": {"total": "1250"}}, "PARAM_ERROR"),
        ({"amount": {"total": True}}, "PARAM_ERROR"),
        ({"amount": {"total": 10**30}}, "PARAM_ERROR"),
        ({"amount": {"total": 1, "currency": "USD"}}, "PARAM_ERROR"),
        ({"payer": None}, "PARAM_ERROR"),
        ({"payer": {"openid": "onobody"}}, "PARAM_ERROR"),
        ({"attach": "x" * 129}, "PARAM_ERROR"),
        ({"time_expire": later(minutes=-1)}, "PARAM_ERROR"),
        ({"time_expire": "2030-01-01T00:00:00"}, "PARAM_ERROR"),
        ({"time_expire": "20300101T000000+08:00"}, "PARAM_ERROR"),
        ({"time_expire": "9999-12-31T23:59:59-08:00"}, "PARAM_ERROR"),
        ({"time_expire": "soon"}, "PARAM_ERROR"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_kept(merchant, openid, change, code):
    order = merchant.order(openid=openid) | change
    refused(merchant.jsapi({k: v for k, v in order.items() if v is not None}), 400, code)
    assert merchant.books()["payments"] == []


def test_an_openid_of_another_app_is_refused(phone, merchant):
    foreign = phone.openid("alice", appid="wx00000000000000cc")
    refused(merchant.jsapi(merchant.order(openid=foreign)), 400, "PARAM_ERROR")


@pytest.mark.parametrize("number", ["abc_-|*", "x" * 32, "123456"])
def test_every_letter_of_the_alphabet_is_taken(merchant, number):
    order = merchant.order(out_trade_no=number)
    assert merchant.native(order).status_code == 200
    assert merchant.query(number.replace("|", "%7C")).json()["out_trade_no"] == number


@pytest.mark.parametrize("has_expiry", [True, False])
def test_the_same_again_gives_a_fresh_id_for_the_same_trade(merchant, openid, has_expiry):
    order = merchant.order(openid=openid, time_expire=later(minutes=9) if has_expiry else None)
    first, second = merchant.jsapi(order).json(), merchant.jsapi(order).json()
    assert first["prepay_id"] != second["prepay_id"]
    assert len(merchant.books()["payments"]) == 1


def test_the_same_number_with_other_particulars_is_refused(merchant, openid):
    order = merchant.order(openid=openid)
    merchant.jsapi(order)
    for other in ({"amount": {"total": 1}}, {"description": "别的"}, {"attach": "x"}):
        refused(merchant.jsapi(order | other), 400, "INVALID_REQUEST")
    refused(merchant.native(order), 400, "INVALID_REQUEST")


def test_an_expiry_within_a_minute_is_moved_to_a_minute(phone, merchant, openid):
    order = merchant.order(openid=openid, time_expire=later(seconds=2))
    assert merchant.jsapi(order).status_code == 200
    assert merchant.jsapi(order).status_code == 200
    made = phone.control("GET", f"books?mchid={merchant.mchid}")["payments"][0]
    left = datetime.fromisoformat(made["time_expire"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=61)


def test_paid_once_only_and_the_number_is_used_up(phone, merchant):
    order = merchant.paid()
    refused(merchant.jsapi(order), 403, "OUT_TRADE_NO_USED")
    again = phone.ask(
        "POST",
        "pay",
        mchid=merchant.mchid,
        out_trade_no=order["out_trade_no"],
        person="alice",
    )
    assert again.status_code == 400
    assert "已支付" in again.json()["error"]
    assert merchant.books()["paid_fen"] == 1250


@pytest.fixture
def choose(phone):
    """Answer a question on which documents differ with another code; afterwards with the usual one."""
    before = phone.control("GET", "settings")
    yield lambda **codes: phone.control("POST", "settings", **codes)
    phone.control("POST", "settings", **before)


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "OUT_TRADE_NO_USED"), (400, "INVALID_REQUEST"), (400, "ORDERPAID")],
)
def test_the_code_for_a_paid_number_can_be_chosen(choose, merchant, status, code):
    order = merchant.paid()
    choose(paid_again=code)
    refused(merchant.jsapi(order), status, code)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "INVALID_REQUEST"),
        (403, "OUT_TRADE_NO_USED"),
        (400, "ORDER_CLOSED"),
        (400, "ORDERCLOSED"),
    ],
)
def test_the_code_for_a_closed_number_can_be_chosen(choose, merchant, status, code):
    order = merchant.order()
    merchant.native(order)
    merchant.close(order["out_trade_no"])
    choose(closed_again=code)
    refused(merchant.native(order), status, code)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "INVALID_REQUEST"), (403, "TRADE_ERROR"), (400, "ORDERPAID")]
)
def test_the_code_for_closing_a_paid_trade_can_be_chosen(choose, merchant, status, code):
    order = merchant.paid()
    choose(close_paid=code)
    refused(merchant.close(order["out_trade_no"]), status, code)
    assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "SUCCESS"


def test_a_code_that_no_document_names_cannot_be_chosen(phone, choose):
    for question in phone.control("GET", "settings"):
        assert phone.ask("POST", "settings", **{question: "WHATEVER"}).status_code == 400


def test_only_the_named_payer_pays_inside_wechat(phone, merchant, openid):
    order = merchant.order(openid=openid)
    merchant.jsapi(order)
    phone.openid("bob")
    answer = phone.ask(
        "POST", "pay", mchid=merchant.mchid, out_trade_no=order["out_trade_no"], person="bob"
    )
    assert answer.status_code == 400
    assert merchant.books()["paid_fen"] == 0


def test_whoever_scans_the_code_pays(phone, merchant):
    order = merchant.order()
    merchant.native(order)
    bob = phone.openid("bob")
    merchant.pay(order, person="bob")
    told = merchant.query(order["out_trade_no"]).json()
    assert (told["trade_type"], told["payer"]["openid"]) == ("NATIVE", bob)


def test_closed_takes_no_money_and_stays_closed(phone, merchant, openid):
    order = merchant.order(openid=openid)
    merchant.jsapi(order)
    answer = merchant.close(order["out_trade_no"])
    assert (answer.status_code, answer.content) == (204, b"")
    assert merchant.close(order["out_trade_no"]).status_code == 204
    assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "CLOSED"
    answer = phone.ask(
        "POST", "pay", mchid=merchant.mchid, out_trade_no=order["out_trade_no"], person="alice"
    )
    assert answer.status_code == 400
    refused(merchant.jsapi(order), 400, "INVALID_REQUEST")


def test_a_paid_trade_is_not_closed(merchant):
    order = merchant.paid()
    refused(merchant.close(order["out_trade_no"]), 400, "INVALID_REQUEST")
    assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "SUCCESS"


def test_the_mchid_must_be_said_and_be_right(merchant):
    order = merchant.order()
    merchant.native(order)
    path = f"/v3/pay/transactions/out-trade-no/{order['out_trade_no']}"
    refused(merchant.call("GET", path), 400, "PARAM_ERROR")
    refused(merchant.call("POST", f"{path}/close", {"mchid": APPID}), 400, "PARAM_ERROR")
