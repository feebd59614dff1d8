"""Refunds: sums, numbers, spacing, and how they end."""

import pytest

from simulator.tests.merchant import wait_for


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def ends(merchant, number, state):
    merchant.phone.control("POST", "clock", advance_s=5)
    wait_for(lambda: merchant.refund_query(number).json()["status"] == state)


def test_accepted_is_not_yet_done(merchant):
    order = merchant.paid()
    told = merchant.refund(order, 1250, reason="拼团未成功").json()
    assert told["status"] == "PROCESSING"
    assert told["amount"]["refund"] == told["amount"]["total"] == 1250
    assert "success_time" not in told
    ends(merchant, told["out_refund_no"], "SUCCESS")
    done = merchant.refund_query(told["out_refund_no"]).json()
    assert done["success_time"]
    assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "REFUND"
    assert merchant.books()["refunded_fen"] == 1250


def test_one_number_refunds_once(merchant):
    order = merchant.paid()
    first = merchant.refund(order, 1250, out_refund_no="once-only")
    again = merchant.refund(order, 1250, out_refund_no="once-only")
    assert again.json()["refund_id"] == first.json()["refund_id"]
    refused(merchant.refund(order, 1000, out_refund_no="once-only"), 400, "INVALID_REQUEST")
    assert len(merchant.books()["refunds"]) == 1


def test_never_more_than_was_paid(phone, merchant):
    order = merchant.paid()
    refused(merchant.refund(order, 1251), 400, "INVALID_REQUEST")
    assert merchant.refund(order, 1000).status_code == 200
    phone.control("POST", "clock", advance_s=61)
    refused(merchant.refund(order, 251), 400, "INVALID_REQUEST")
    assert merchant.refund(order, 250).status_code == 200
    assert sum(one["refund_fen"] for one in merchant.books()["refunds"]) == 1250


def test_without_the_merchants_money_nothing_goes_back_until_there_is_some(phone, merchant):
    order = merchant.paid()
    phone.control("POST", "faults", operation="refund", mode="not_enough", times=1)
    refused(merchant.refund(order, 1250, out_refund_no="poor"), 403, "NOT_ENOUGH")
    assert merchant.books()["refunds"] == []
    assert merchant.refund(order, 1250, out_refund_no="poor").status_code == 200


def test_a_minute_between_two_parts(phone, merchant):
    order = merchant.paid()
    assert merchant.refund(order, 1).status_code == 200
    refused(merchant.refund(order, 1), 429, "FREQUENCY_LIMITED")
    phone.control("POST", "clock", advance_s=61)
    assert merchant.refund(order, 1).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"out_refund_no": ""},
        {"out_refund_no": "x" * 65},
        {"out_refund_no": "不行的号码"},
        {"transaction_id": "4200"},
        {"reason": "x" * 81},
        {"notify_url": "http://shop.example/n"},
        {"amount": {"refund": 0, "total": 1250, "currency": "CNY"}},
        {"amount": {"refund": 1, "total": 1250}},
        {"amount": {"refund": 1, "total": 1250, "currency": "USD"}},
        {"amount": {"refund": 1.0, "total": 1250, "currency": "CNY"}},
        {"amount": 1},
    ],
)
def test_what_does_not_fit_is_refused(merchant, change):
    refused(merchant.refund(merchant.paid(), 1, **change), 400, "PARAM_ERROR")
    assert merchant.books()["refunds"] == []


def test_another_total_than_was_paid_is_refused(merchant):
    amount = {"refund": 1, "total": 1000, "currency": "CNY"}
    refused(merchant.refund(merchant.paid(), 1, amount=amount), 400, "INVALID_REQUEST")


def test_nothing_to_refund(merchant, openid):
    order = merchant.order(openid=openid)
    refused(merchant.refund(order, 1), 404, "RESOURCE_NOT_EXISTS")
    merchant.jsapi(order)
    refused(merchant.refund(order, 1), 404, "RESOURCE_NOT_EXISTS")
    refused(merchant.refund_query("never-asked"), 404, "RESOURCE_NOT_EXISTS")


def test_abnormal_waits_for_somebody_to_try_the_same_number_again(phone, merchant):
    order = merchant.paid()
    phone.fault("refund", "abnormal")
    number = merchant.refund(order, 1250).json()["out_refund_no"]
    ends(merchant, number, "ABNORMAL")
    assert merchant.books()["refunded_fen"] == 0
    assert merchant.refund(order, 1250, out_refund_no=number).json()["status"] == "PROCESSING"
    ends(merchant, number, "SUCCESS")
    assert merchant.books()["refunded_fen"] == 1250
