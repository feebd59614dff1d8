"""Every misbehaviour that the simulator offers, and the traffic that meets each of them."""

import time
from urllib.parse import urlsplit

import redis
import requests

from tests.crowd import AGENT
from tests.faults.traffic import Day
from tests.shop import Shop

PATIENCE_S = 240.0
# A bill can be damaged only in an answer that arrives.
BILL_OWN = ("bad_hash", "tampered")
SNAPSHOT = "snapshot"

BILLS = """
import sys
from datetime import datetime
from core import clock
from payments.bills import CHINA
from payments.gateway.base import GatewayError
from payments.models import MerchantAccount, Payment
from payments.services import BillUnreadable, bill_fetch
for account in MerchantAccount.objects.order_by("pk"):
    paid = Payment.objects.filter(account=account, state="succeeded")
    for day in sorted({at.astimezone(CHINA).date() for at in paid.values_list("paid_at", flat=True)}):
        try:
            bill_fetch(account_id=account.pk, day=day, now=clock.now())
        except (GatewayError, BillUnreadable) as error:
            print(type(error).__name__, error)
"""

Fault = tuple[str, str]


def every_fault(shop: Shop, *, without: tuple[str, ...] = ()) -> list[Fault]:
    """(operation, mode) of all that the simulator can do wrong."""
    offered = shop.control("GET", "faults/modes")
    return [
        (name, mode) for name, modes in offered.items() for mode in modes if name not in without
    ]


def unhit(shop: Shop, wanted: list[Fault]) -> list[Fault]:
    """Which of them no call has met since the rules were made."""
    met = {
        (rule["operation"], rule["mode"])
        for rule in shop.control("GET", "faults")
        if rule["hits"] > 0
    }
    return [one for one in wanted if one not in met]


def met_all(trade: Day, wanted: list[Fault]) -> None:
    """Trade on, in a hurry, until every one of these faults has spoiled something."""
    shop, give_up = trade.shop, time.monotonic() + PATIENCE_S
    while left := unhit(shop, wanted):
        assert time.monotonic() < give_up, f"nothing met {left}"
        if any(operation == "token" for operation, _ in left):
            tokens_forget(shop)
        trade.trade(alone=1, groups=0)
        trade.hurry()


def strangers_come(shop: Shop, wanted: list[Fault]) -> None:
    """New people sign in, until each of these faults has kept one of them away."""
    for mode in (mode for operation, mode in wanted if operation == "oauth" and mode != SNAPSHOT):
        sign_in(shop, phone_of(shop, f"storm-{mode}"))
    phone = phone_of(shop, "storm-visitor")
    assert sign_in(shop, phone)
    profile_ask(shop, phone)
    assert unhit(shop, [one for one in wanted if one[0] == "oauth"]) == []


def bills_fetch(shop: Shop) -> list[str]:
    """Ask for the bill of every day on which somebody paid; the errors. Two days have passed."""
    shop.control("POST", "clock", advance_s=2 * 86400)
    done = shop.manage("shell", "--no-imports", "-c", BILLS)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def tokens_forget(shop: Shop) -> None:
    """The shop's tokens have come to their end, and are asked for again."""
    cache = redis.Redis.from_url(shop.stack.env["CACHE_URL"])
    for key in cache.scan_iter("wechat:*"):
        cache.delete(key)


def phone_of(shop: Shop, key: str) -> requests.Session:
    """Somebody's phone, who never was in the shop."""
    shop.control("POST", "people", key=key, nickname="快照")
    phone = requests.Session()
    phone.trust_env = False
    phone.headers["User-Agent"] = AGENT
    phone.get(f"{shop.simulator}/_control/become?person={key}&next=/")
    return phone


def sign_in(shop: Shop, phone: requests.Session) -> bool:
    """Sign in silently; whether WeChat let it happen."""
    answer = phone.get(f"{shop.site}/wechat/sign-in/?next=/me/", timeout=20)
    return urlsplit(answer.url).path == "/me/"


def profile_ask(shop: Shop, phone: requests.Session) -> requests.Response:
    """Agree that the shop takes nickname and avatar; what it says to that."""
    phone.get(f"{shop.site}/wechat/profile/", timeout=20)
    form = {"agree": "on", "next": "/me/", "csrfmiddlewaretoken": phone.cookies["csrftoken"]}
    consent = phone.post(f"{shop.site}/wechat/profile/", data=form, timeout=20)
    assert "申请" in consent.text
    return phone.post(consent.url.partition("#")[0], data={"answer": "allow"}, timeout=20)
