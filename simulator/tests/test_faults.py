"""Misbehaving on command: what was done, what was said, and how often."""

import json
import time

import pytest
import requests

from simulator.tests.merchant import APPID, SECRET


def codes(answer):
    return answer.status_code, answer.json().get("code")


def trades(merchant):
    return [one["out_trade_no"] for one in merchant.books()["payments"]]


@pytest.mark.parametrize(
    ("mode", "said", "is_done"),
    [
        ("system_error_before", (500, "SYSTEM_ERROR"), False),
        ("system_error_after", (500, "SYSTEM_ERROR"), True),
        ("frequency_limited", (429, "FREQUENCY_LIMITED"), False),
        ("sign_error", (401, "SIGN_ERROR"), False),
    ],
)
def test_an_error_before_or_after_the_effect(phone, merchant, mode, said, is_done):
    order = merchant.order()
    phone.fault("prepay", mode)
    assert codes(merchant.native(order)) == said
    assert trades(merchant) == ([order["out_trade_no"]] if is_done else [])
    assert merchant.native(order).status_code == 200


@pytest.mark.parametrize(("mode", "is_done"), [("timeout", False), ("timeout_after", True)])
def test_silence_lasts_longer_than_three_seconds(phone, merchant, mode, is_done):
    order = merchant.order()
    phone.fault("prepay", mode)
    began = time.monotonic()
    merchant.send("POST", "/v3/pay/transactions/native", json.dumps(order))
    assert time.monotonic() - began > 3
    assert bool(trades(merchant)) == is_done


def test_slow_is_late_but_right(phone, merchant):
    phone.fault("query", "slow")
    order = merchant.order()
    merchant.native(order)
    began = time.monotonic()
    assert merchant.query(order["out_trade_no"]).status_code == 200
    assert 1 < time.monotonic() - began < 3


def test_a_bad_signature_on_an_answer_is_seen(phone, merchant):
    phone.fault("prepay", "bad_signature")
    with pytest.raises(Exception) as seen:
        merchant.native(merchant.order())
    assert "InvalidSignature" in repr(seen.value)


@pytest.mark.parametrize("operation", ["query", "close", "refund", "refund_query"])
def test_every_call_can_fail_after_its_effect(phone, merchant, operation):
    order = merchant.paid() if operation.startswith("refund") else merchant.order()
    if operation == "refund_query":
        number = merchant.refund(order, 1).json()["out_refund_no"]
    elif operation != "refund":
        merchant.native(order)
    phone.fault(operation, "system_error_after")
    answer = {
        "query": lambda: merchant.query(order["out_trade_no"]),
        "close": lambda: merchant.close(order["out_trade_no"]),
        "refund": lambda: merchant.refund(order, 1),
        "refund_query": lambda: merchant.refund_query(number),
    }[operation]()
    assert codes(answer) == (500, "SYSTEM_ERROR")
    if operation == "close":
        assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "CLOSED"
    if operation == "refund":
        assert len(merchant.books()["refunds"]) == 1


def test_so_many_times_and_no_more(phone, merchant):
    phone.fault("prepay", "frequency_limited", times=2)
    said = [merchant.native(merchant.order()).status_code for _ in range(4)]
    assert said == [429, 429, 200, 200]


def test_a_rule_says_how_often_it_was_asked_and_how_often_it_hit(phone, merchant):
    phone.fault("query", "frequency_limited", times=None, probability=0.5, seed=7)
    phone.fault("prepay", "frequency_limited", times=2)
    said = [merchant.query("never-heard-of").status_code for _ in range(12)]
    queried, prepaid = phone.control("GET", "faults")
    assert (queried["asked"], queried["hits"]) == (12, said.count(429))
    assert (prepaid["asked"], prepaid["hits"]) == (0, 0)
    for _ in range(3):
        merchant.native(merchant.order())
    prepaid = phone.control("GET", "faults")[1]
    assert (prepaid["asked"], prepaid["hits"], prepaid["times"]) == (2, 2, 0)


def test_every_mode_that_is_offered_makes_a_rule(phone):
    offered = phone.control("GET", "faults/modes")
    assert offered["refund"]["abnormal"]
    for operation, modes in offered.items():
        for mode in modes:
            phone.fault(operation, mode)
    made = {(rule["operation"], rule["mode"]) for rule in phone.control("GET", "faults")}
    assert made == {(operation, mode) for operation, modes in offered.items() for mode in modes}


def test_for_ever_until_it_is_cleared(phone, merchant):
    phone.fault("prepay", "frequency_limited", times=None)
    assert {merchant.native(merchant.order()).status_code for _ in range(5)} == {429}
    assert phone.control("DELETE", "faults") == []
    assert merchant.native(merchant.order()).status_code == 200


def test_a_seed_misbehaves_the_same_way_every_time(phone, merchant):
    def pattern(seed):
        phone.control("DELETE", "faults")
        phone.fault("query", "frequency_limited", times=None, probability=0.5, seed=seed)
        return [merchant.query("never-heard-of").status_code for _ in range(24)]

    first = pattern(7)
    assert set(first) == {429, 404}
    assert pattern(7) == first
    assert pattern(8) != first


def test_one_operation_does_not_disturb_another(phone, merchant):
    phone.fault("close", "sign_error", times=None)
    assert merchant.native(merchant.order()).status_code == 200


@pytest.mark.parametrize(
    "rule",
    [
        {"operation": "prepay", "mode": "abnormal"},
        {"operation": "nonsense", "mode": "timeout"},
        {"operation": "prepay"},
        {"operation": "prepay", "mode": "timeout", "times": -1},
        {"operation": "prepay", "mode": "timeout", "times": "often"},
        {"operation": "prepay", "mode": "timeout", "probability": 2},
        {"operation": ["prepay"], "mode": "timeout"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(phone, rule):
    answer = phone.ask("POST", "faults", **rule)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]
    assert phone.control("GET", "faults") == []


def test_tokens_can_fail_before_and_after(phone, merchant):
    def token():
        body = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
        return requests.post(f"{phone.url}/cgi-bin/stable_token", json=body, timeout=20).json()

    phone.fault("token", "system_error_before")
    assert token()["errcode"] == -1
    phone.fault("token", "frequency_limited")
    assert token()["errcode"] == 45011
    phone.fault("token", "slow")
    assert token()["access_token"] == token()["access_token"]


def test_a_code_is_spent_when_the_error_comes_after(phone, merchant):
    def exchange(code):
        asked = {"appid": APPID, "secret": SECRET, "code": code}
        return phone.get("/sns/oauth2/access_token", grant_type="authorization_code", **asked)

    code = phone.code("alice")
    phone.fault("oauth", "system_error_before")
    assert exchange(code)["errcode"] == -1
    assert exchange(code)["openid"]
    code = phone.code("alice")
    phone.fault("oauth", "system_error_after")
    assert exchange(code)["errcode"] == -1
    assert exchange(code)["errcode"] == 40163
