"""Notices: sealed and signed, told again until they are heard, and every way to go wrong."""

import socket
from itertools import pairwise

import pytest

from simulator.tests.merchant import killed, merchant_new, phone_start, wait_for


def pay(merchant, mailbox):
    return merchant.paid(notify_url=mailbox.url)


def delivered(phone):
    return phone.control("GET", "notices")[0]


def test_a_payment_is_told_once_sealed_and_signed(phone, merchant, mailbox):
    order = pay(merchant, mailbox)
    (notice,) = mailbox.wait(1)
    assert mailbox.good(merchant) == [True]
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    assert notice["resource_type"] == "encrypt-resource"
    assert notice["resource"]["original_type"] == "transaction"
    assert merchant.unsealed(notice) == merchant.query(order["out_trade_no"]).json()
    wait_for(lambda: delivered(phone)["accepted"])
    phone.control("POST", "clock", advance_s=90000)
    assert phone.control("POST", "notices/flush")["delivered"] == 0
    assert len(mailbox.got) == 1


@pytest.mark.parametrize("mode", ["", "abnormal"])
def test_a_refund_is_told_with_its_own_words(phone, merchant, mailbox, mode):
    if mode:
        phone.fault("refund", mode)
    told = merchant.refund(merchant.paid(), 1250, notify_url=mailbox.url).json()
    phone.control("POST", "clock", advance_s=5)
    (notice,) = mailbox.wait(1)
    state = "ABNORMAL" if mode else "SUCCESS"
    assert notice["event_type"] == f"REFUND.{state}"
    refund = merchant.unsealed(notice)
    assert (refund["refund_status"], "status" in refund) == (state, False)
    assert refund["out_refund_no"] == told["out_refund_no"]
    assert refund["mchid"] == merchant.mchid


def test_told_again_on_tencents_schedule_with_the_same_id(phone, merchant, mailbox):
    mailbox.status = 500
    phone.control("POST", "clock", speed=100)
    pay(merchant, mailbox)
    notices = mailbox.wait(5)
    assert len({notice["id"] for notice in notices}) == 1
    at = [one[0] for one in mailbox.got]
    gaps = [later - earlier for earlier, later in pairwise(at)]
    for gap, scheduled in zip(gaps, (15, 15, 30, 180), strict=False):
        assert scheduled / 100 <= gap < scheduled / 100 + 1.5, gaps
    mailbox.status = 204
    phone.control("POST", "notices/flush")
    wait_for(lambda: delivered(phone)["accepted"])


def test_after_a_day_it_is_given_up(phone, merchant, mailbox):
    mailbox.status = 404
    pay(merchant, mailbox)
    for told in range(1, 17):
        mailbox.wait(told)
        wait_for(lambda told=told: delivered(phone)["attempts"] == told)
        phone.control("POST", "clock", advance_s=6 * 3600)
    assert phone.control("POST", "notices/flush")["delivered"] == 0
    assert len(mailbox.got) == 16


def test_a_redirect_is_no_answer(phone, merchant, mailbox):
    mailbox.status = 302
    pay(merchant, mailbox)
    wait_for(lambda: delivered(phone)["attempts"] == 1)
    assert not delivered(phone)["accepted"]


@pytest.mark.parametrize("mode", ["forged", "stale", "signtest"])
def test_a_spoiled_one_comes_first_and_the_good_one_after(phone, merchant, mailbox, mode):
    phone.fault("notice", mode)
    mailbox.careful = merchant
    pay(merchant, mailbox)
    mailbox.wait(2)
    assert mailbox.good(merchant) == [False, True]
    signature = mailbox.got[0][1]["Wechatpay-Signature"]
    assert signature.startswith("WECHATPAY/SIGNTEST/") == (mode == "signtest")
    wait_for(lambda: delivered(phone)["accepted"])
    assert not delivered(phone)["was_fooled"]


def test_who_believes_a_forged_one_is_found_out(phone, merchant, mailbox):
    phone.fault("notice", "forged")
    pay(merchant, mailbox)
    mailbox.wait(2)
    wait_for(lambda: delivered(phone)["was_fooled"])


def test_a_duplicate_comes_twice(phone, merchant, mailbox):
    phone.fault("notice", "duplicate")
    pay(merchant, mailbox)
    first, second = mailbox.wait(2)
    assert first["id"] == second["id"]
    assert mailbox.good(merchant) == [True, True]


def test_a_late_one_waits_and_the_next_one_overtakes_a_reordered_one(phone, merchant, mailbox):
    phone.fault("notice", "late")
    late = pay(merchant, mailbox)
    phone.fault("notice", "reordered")
    held = pay(merchant, mailbox)
    prompt = pay(merchant, mailbox)

    def numbers(count):
        return [merchant.unsealed(one)["out_trade_no"] for one in mailbox.wait(count)]

    assert numbers(2) == [prompt["out_trade_no"], held["out_trade_no"]]
    phone.control("POST", "clock", advance_s=125)
    assert numbers(3)[2] == late["out_trade_no"]


def test_a_lost_one_never_comes_though_the_money_is_there(phone, merchant, mailbox):
    phone.fault("notice", "lost")
    order = pay(merchant, mailbox)
    phone.control("POST", "clock", advance_s=90000)
    phone.control("POST", "notices/flush")
    assert mailbox.got == []
    assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "SUCCESS"


def test_a_flush_delivers_what_waits_before_it_answers_and_only_once(phone, merchant, mailbox):
    phone.fault("notice", "late", times=3)
    for _ in range(3):
        pay(merchant, mailbox)
    phone.fault("notice", "reordered", times=1)
    pay(merchant, mailbox)
    assert phone.control("POST", "notices/flush")["delivered"] == 4
    assert len(mailbox.got) == 4
    phone.control("POST", "clock", advance_s=200)
    assert phone.control("POST", "notices/flush")["delivered"] == 0
    assert len(mailbox.got) == 4


def test_a_merchant_who_does_not_answer_holds_up_nobody_else(phone, merchant, mailbox):
    """Eight hang for five seconds each; the ninth merchant hears at once all the same."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(64)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/notify/"
        for _ in range(4):
            merchant.paid(notify_url=url)
        merchant.paid(notify_url=mailbox.url)
        mailbox.wait(1, seconds=3)


def test_what_was_not_heard_is_told_after_a_restart(tmp_path, mailbox):
    mailbox.status = 503
    with phone_start(tmp_path / "data") as first:
        order = pay(merchant_new(first, "1600009999"), mailbox)
        mailbox.wait(1)
        wait_for(lambda: delivered(first)["attempts"] == 1)
        killed(first.process)
    mailbox.status = 204
    with phone_start(tmp_path / "data") as second:
        merchant = merchant_new(second, "1600009999")
        second.control("POST", "clock", advance_s=20)
        notice = mailbox.wait(2)[1]
        assert mailbox.good(merchant) == [True, True]
        assert merchant.unsealed(notice)["out_trade_no"] == order["out_trade_no"]
        wait_for(lambda: delivered(second)["accepted"])
