"""WeChat at its worst for two hundred orders; afterwards every fen is where it belongs."""

import threading

import requests

from tests.faults.storm import (
    BILL_OWN,
    bills_fetch,
    every_fault,
    met_all,
    phone_of,
    profile_ask,
    sign_in,
    strangers_come,
    unhit,
)
from tests.faults.traffic import day

CALLS = {
    "system_error_before": 0.06,
    "system_error_after": 0.06,
    "frequency_limited": 0.06,
    "timeout": 0.015,
    "timeout_after": 0.015,
    "sign_error": 0.03,
    "bad_signature": 0.03,
}
NOTICES = {
    "duplicate": 0.15,
    "late": 0.08,
    "reordered": 0.15,
    "lost": 0.12,
    "forged": 0.12,
    "stale": 0.12,
    "signtest": 0.12,
}


def misbehave(shop):
    """Everything once, for certain; and then what is likely, again and again."""
    wanted = every_fault(shop, without=("bill",))
    for operation, mode in wanted:
        shop.fault(operation, mode, times=1)
    for operation in ("prepay", "query", "close", "refund", "refund_query"):
        for seed, (mode, chance) in enumerate(CALLS.items()):
            shop.fault(operation, mode, probability=chance, seed=seed)
    shop.fault("refund", "abnormal", probability=0.2, seed=7)
    for seed, (mode, chance) in enumerate(NOTICES.items()):
        shop.fault("notice", mode, probability=chance, seed=seed)
    return wanted


def everybody_follows(shop, buyers):
    appid = shop.stack.env["WECHAT_APPID"]
    for buyer in buyers:
        shop.control("PUT", f"people/{buyer.key}/follow", appid=appid)


def test_two_hundred_orders_while_wechat_misbehaves_in_every_way(shop):
    trade = day(shop, buyers=28, seed=20, name="storm")
    everybody_follows(shop, trade.buyers)
    wanted = misbehave(shop)
    assert len(wanted) > 60
    trade.trade(alone=6, groups=3)
    assert len(trade.orders) >= 200, [b.refusals for b in trade.buyers]
    strangers_come(shop, wanted)
    trade.evening()
    met_all(trade, wanted)
    trade.settle()
    assert shop.audit() == []
    notices = shop.control("GET", "notices")
    assert {one["mode"] for one in notices} >= set(NOTICES)
    assert [one for one in notices if one["was_fooled"]] == []
    kept = shop.value(
        "SELECT coalesce(sum(o.payable_fen - line.rebate_fen), 0) FROM orders_order o "
        "JOIN orders_orderline line ON line.order_id = o.id WHERE o.state = 'to_ship'"
    )
    books = [shop.control("GET", f"books?mchid={m}") for m in ("1900000101", "1900000201")]
    assert sum(b["paid_fen"] - b["refunded_fen"] for b in books) == kept
    assert shop.value("SELECT count(*) FROM payments_paymentincident") == 0
    the_bills_of_it(shop)


def the_bills_of_it(shop):
    """Bills that do not come are asked for again; a forged fen in one is a line for the staff."""
    ways = [one for one in every_fault(shop) if one[0] == "bill"]
    on_the_way = [one for one in ways if one[1] not in BILL_OWN]
    for operation, mode in on_the_way:
        shop.fault(operation, mode, times=1)
    # The slow one, the last, brings the first bill.
    for _ in on_the_way:
        bills_fetch(shop)
    assert unhit(shop, on_the_way) == []
    assert shop.value("SELECT count(*) FROM payments_tradebill") > 0
    shop.sql("DELETE FROM payments_billline")
    shop.sql("DELETE FROM payments_billdifference")
    shop.sql("DELETE FROM payments_tradebill")
    for mode in BILL_OWN:
        shop.fault("bill", mode, times=1)
    damaged = bills_fetch(shop)
    bills_fetch(shop)
    assert unhit(shop, [("bill", mode) for mode in BILL_OWN]) == []
    assert ["checksum" in line for line in damaged] == [True]
    found = shop.sql("SELECT side, kind, ours_fen - theirs_fen AS fen FROM payments_billdifference")
    assert [one for one in found if one["side"] == "payment"] == [
        {"side": "payment", "kind": "amount", "fen": -1}
    ]
    # WeChat's clock was moved on: refunds of afterwards stand in a later day's bill.
    assert {one["kind"] for one in found if one["side"] == "refund"} <= {"not_there"}
    assert shop.audit() == []


def test_pages_are_served_while_wechat_pay_hangs(shop):
    """As many buyers ask for the cashier as the web has threads, and nobody answers there."""
    trade = day(shop, buyers=8, seed=5, name="hung")
    skus, _ = trade.goods()
    orders = [buyer.order(f"/checkout/?sku={skus[0]}&quantity=1") for buyer in trade.buyers]
    assert all(orders)
    sums = [buyer.sum_shown(order) for buyer, order in zip(trade.buyers, orders, strict=True)]
    shop.control("DELETE", "faults")
    shop.fault("prepay", "timeout", times=100)
    asking = [
        threading.Thread(
            target=buyer._go,
            args=("POST", f"/orders/{order}/pay/prepare/"),
            kwargs={"channel": "native", "payable_fen": fen},
        )
        for buyer, order, fen in zip(trade.buyers, orders, sums, strict=True)
    ]
    for one in asking:
        one.start()
    # Most of them are refused before they hang, and their threads serve pages.
    pages = 0
    while any(one.is_alive() for one in asking):
        answer = requests.get(f"{shop.site}/", timeout=20)
        pages += answer.status_code == 200 and any(one.is_alive() for one in asking)
    for one in asking:
        one.join()
    (rule,) = shop.control("GET", "faults")
    shop.control("DELETE", "faults")
    assert 0 < rule["asked"] < len(orders)
    assert pages >= 5


def test_a_sign_in_that_wechat_spoils_makes_no_account_and_the_next_one_works(shop):
    before = shop.value("SELECT count(*) FROM accounts_user")
    phone = phone_of(shop, "patient")
    shop.fault("oauth", "system_error_before", times=1)
    answer = phone.get(f"{shop.site}/wechat/sign-in/?next=/me/", timeout=20)
    assert "微信暂时没有回应" in answer.text
    assert shop.value("SELECT count(*) FROM accounts_user") == before
    assert sign_in(shop, phone)
    assert shop.value("SELECT count(*) FROM accounts_user") == before + 1


def test_a_snapshot_user_is_told_so_and_nothing_of_theirs_is_kept(shop):
    phone = phone_of(shop, "ghost")
    sign_in(shop, phone)
    known = shop.value("SELECT count(*) FROM accounts_wechatidentity")
    shop.fault("oauth", "snapshot", times=1)
    assert profile_ask(shop, phone).status_code == 403
    assert shop.value("SELECT count(*) FROM accounts_wechatidentity") == known
    assert shop.value("SELECT count(*) FROM accounts_user WHERE nickname = '微信用户'") == 0
