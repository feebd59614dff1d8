"""Who may ask: nobody but the merchant, now, with exactly these words."""

import json
import time

import pytest

from simulator.tests.merchant import APPID

PATH = "/v3/pay/transactions/native"


def refused(answer, status=401, code="SIGN_ERROR"):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["message"]


def test_a_signed_call_is_answered_with_a_signature(merchant):
    answer = merchant.native(merchant.order())
    assert answer.json()["code_url"].startswith("weixin://wxpay/bizpayurl")


def test_a_refusal_is_signed_too(merchant):
    refused(merchant.query("never-heard-of"), 404, "ORDER_NOT_EXIST")


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": lambda: str(int(time.time()) - 301)},
        {"timestamp": lambda: str(int(time.time()) + 900)},
        {"timestamp": "²"},
        {"timestamp": "9" * 5000},
        {"serial_no": "0" * 40},
        {"mchid": "1999999999"},
        {"signature": "AAAA"},
        {"signature": "no base64!"},
    ],
    ids=["old", "ahead", "superscript", "endless", "serial", "merchant", "short", "garbage"],
)
def test_one_wrong_field_is_refused(merchant, change):
    body = json.dumps(merchant.order())
    # A time is read when the test runs: cases are collected long before the last of them.
    change = {field: given() if callable(given) else given for field, given in change.items()}
    given = merchant.authorization("POST", PATH, body, **change)
    refused(merchant.send("POST", PATH, body, headers={"Authorization": given}))


def test_another_body_path_or_query_than_the_signed_one_is_refused(merchant):
    body = json.dumps(merchant.order())
    given = merchant.authorization("POST", PATH, body)
    refused(merchant.send("POST", PATH, body + " ", headers={"Authorization": given}))
    elsewhere = "/v3/pay/transactions/jsapi"
    refused(merchant.send("POST", elsewhere, body, headers={"Authorization": given}))
    query = "/v3/pay/transactions/out-trade-no/abcdef?mchid="
    given = merchant.authorization("GET", query + merchant.mchid, "")
    refused(merchant.send("GET", query + "1", headers={"Authorization": given}))


def test_no_signature_no_answer(merchant):
    for given in ("", "Bearer abc", "WECHATPAY2-SHA256-RSA2048 "):
        refused(merchant.send("POST", PATH, "{}", headers={"Authorization": given}))


def test_a_key_that_is_not_ours_for_the_answer_is_refused(merchant):
    body = json.dumps(merchant.order())
    answer = merchant.send("POST", PATH, body, headers={"Wechatpay-Serial": "PUB_KEY_ID_0"})
    refused(answer, 400, "PARAM_ERROR")


def test_one_merchant_cannot_see_another_ones_trades(phone, merchant):
    other = type(merchant)(
        phone, phone.control("PUT", "merchants/1699999999", name="别家", appids=[APPID])
    )
    order = merchant.order()
    merchant.native(order)
    refused(other.query(order["out_trade_no"]), 404, "ORDER_NOT_EXIST")
    path = f"/v3/pay/transactions/out-trade-no/{order['out_trade_no']}?mchid={merchant.mchid}"
    refused(other.call("GET", path), 400, "PARAM_ERROR")


@pytest.mark.parametrize("body", ["", "[]", "no json", "[" * 20000, '{"amount": 1'])
def test_a_body_that_is_no_object_is_refused(merchant, body):
    refused(merchant.send("POST", PATH, body), 400, "PARAM_ERROR")


def test_certificates_do_not_exist_in_public_key_mode(merchant):
    refused(merchant.call("GET", "/v3/certificates"), 404, "RESOURCE_NOT_EXISTS")
