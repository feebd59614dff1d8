"""WeChat at its worst for two hundred orders; afterwards every fen is where it belongs."""

import threading
from urllib.parse import urlsplit

import requests

from tests.crowd import AGENT
from tests.faults.traffic import day

NATIVE = {"channel": "native"}
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
    for operation in ("prepay", "query", "close", "refund", "refund_query"):
        for seed, (mode, chance) in enumerate(CALLS.items()):
            shop.fault(operation, mode, probability=chance, seed=seed)
    shop.fault("refund", "abnormal", probability=0.2, seed=7)
    for seed, (mode, chance) in enumerate(NOTICES.items()):
        shop.fault("notice", mode, probability=chance, seed=seed)


def test_two_hundred_orders_while_wechat_misbehaves(shop):
    trade = day(shop, buyers=28, seed=20, name="storm")
    misbehave(shop)
    trade.trade(alone=6, groups=3)
    assert len(trade.orders) >= 200, [b.refusals for b in trade.buyers]
    trade.evening()
    trade.settle()
    assert shop.audit() == []

    notices = shop.control("GET", "notices")
    assert {one["mode"] for one in notices} >= set(NOTICES)
    assert [one for one in notices if one["was_fooled"]] == []
    used = {(rule["operation"], rule["mode"]) for rule in shop.control("GET", "faults")}
    assert used == set()
    kept = shop.value(
        "SELECT coalesce(sum(o.payable_fen - line.rebate_fen), 0) FROM orders_order o "
        "JOIN orders_orderline line ON line.order_id = o.id WHERE o.state = 'to_ship'"
    )
    books = [shop.control("GET", f"books?mchid={m}") for m in ("1900000101", "1900000201")]
    assert sum(b["paid_fen"] - b["refunded_fen"] for b in books) == kept
    assert shop.value("SELECT count(*) FROM payments_paymentincident") == 0


def test_pages_are_served_while_wechat_pay_hangs(shop):
    """As many buyers ask for the cashier as the web has threads, and nobody answers there."""
    trade = day(shop, buyers=8, seed=5, name="hung")
    skus, _ = trade.goods()
    orders = [buyer.order(f"/checkout/?sku={skus[0]}&quantity=1") for buyer in trade.buyers]
    assert all(orders)
    shop.fault("prepay", "timeout", times=100)
    asking = [
        threading.Thread(
            target=buyer._go, args=("POST", f"/orders/{order}/pay/prepare/"), kwargs=NATIVE
        )
        for buyer, order in zip(trade.buyers, orders, strict=True)
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


def phone_of(shop, key):
    shop.control("POST", "people", key=key, nickname="快照")
    phone = requests.Session()
    phone.trust_env = False
    phone.headers["User-Agent"] = AGENT
    phone.get(f"{shop.simulator}/_control/become?person={key}&next=/")
    return phone


def test_a_sign_in_that_wechat_spoils_makes_no_account_and_the_next_one_works(shop):
    before = shop.value("SELECT count(*) FROM accounts_user")
    phone = phone_of(shop, "patient")
    shop.fault("oauth", "system_error_before", times=1)
    answer = phone.get(f"{shop.site}/wechat/sign-in/?next=/me/", timeout=20)
    assert "微信暂时没有回应" in answer.text
    assert shop.value("SELECT count(*) FROM accounts_user") == before
    answer = phone.get(f"{shop.site}/wechat/sign-in/?next=/me/", timeout=20)
    assert urlsplit(answer.url).path == "/me/"
    assert shop.value("SELECT count(*) FROM accounts_user") == before + 1


def test_a_snapshot_user_is_told_so_and_nothing_of_theirs_is_kept(shop):
    phone = phone_of(shop, "ghost")
    phone.get(f"{shop.site}/wechat/sign-in/?next=/me/", timeout=20)
    phone.get(f"{shop.site}/wechat/profile/", timeout=20)
    known = shop.value("SELECT count(*) FROM accounts_wechatidentity")
    form = {"agree": "on", "next": "/me/", "csrfmiddlewaretoken": phone.cookies["csrftoken"]}
    consent = phone.post(f"{shop.site}/wechat/profile/", data=form, timeout=20)
    assert "申请" in consent.text
    shop.fault("oauth", "snapshot", times=1)
    answer = phone.post(consent.url.partition("#")[0], data={"answer": "allow"}, timeout=20)
    assert answer.status_code == 403
    assert shop.value("SELECT count(*) FROM accounts_wechatidentity") == known
    assert shop.value("SELECT count(*) FROM accounts_user WHERE nickname = '微信用户'") == 0
