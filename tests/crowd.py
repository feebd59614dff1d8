"""Shoppers without a browser: many people who buy over HTTP, and never give up at the first error.

They are signed in by rows (a sign-in is rate-limited per address, and has its own tests); all the
rest goes through the shop's pages and WeChat's cashier.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import requests

from tests.shop import Shop

AGENT = "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 MicroMessenger/8.0.50"
CSRF = "c" * 32
PERSISTENCE = 8

MAKE = """
import json, sys
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from accounts.models import User, WechatIdentity
from accounts.services import address_save, consent_give_basic
from core import clock
made, now = [], clock.now()
for key, openid in json.loads(sys.stdin.read()).items():
    user = User.objects.create_user(nickname=key)
    consent_give_basic(user_id=user.pk, now=now)
    WechatIdentity.objects.create(user=user, appid=settings.WECHAT_APPID, openid=openid)
    address = address_save(user_id=user.pk, recipient='王小枣',
        phone=f'138{user.pk % 10**8:08d}',
        province_code='140000', city_code='141100', district_code='141102', street=f'滨河北中路 {user.pk} 号',
        now=now)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    made.append([key, user.pk, session.session_key, address.public_id])
print(json.dumps(made))
"""


@dataclass
class Buyer:
    """One person's phone."""

    shop: Shop
    key: str
    id: int
    session: str
    address: str
    web: requests.Session = field(default_factory=requests.Session)
    refusals: list[str] = field(default_factory=list)
    # For how long an answer is waited for.
    patience_s: float = 15.0

    def __post_init__(self) -> None:
        self.web.headers["User-Agent"] = AGENT
        self.web.cookies.set("sessionid", self.session)
        self.web.cookies.set("csrftoken", CSRF)
        self.web.trust_env = False

    def _go(self, method: str, path: str, **form: Any) -> requests.Response | None:
        """A request that may meet a dying server; None when it got no answer."""
        with suppress(requests.RequestException):
            return self.web.request(
                method,
                self.shop.site + path,
                data={**form, "csrfmiddlewaretoken": CSRF} if method == "POST" else None,
                timeout=self.patience_s,
                allow_redirects=False,
            )
        return None

    def order(self, path: str, *, quantity: int = 1) -> str:
        """Fill in a checkout and send it, the same form again until it is answered; the order.

        Empty when the shop refuses (sold out, group full): that is an answer, too.
        """
        page = self._page(path)
        if page is None:
            return ""
        sku = re.search(r'name="sku" value="([^"]+)"', page)
        key = re.search(r'name="form_key" value="([^"]+)"', page)
        fen = re.search(r'name="shown_fen" value="([^"]+)"', page)
        if not (sku and key and fen):
            self.refusals.append(_text(page))
            return ""
        form = {
            "sku": sku[1],
            "quantity": str(quantity),
            "address": self.address,
            "note": "",
            "form_key": key[1],
            "shown_fen": fen[1],
        }
        for _ in range(PERSISTENCE):
            answer = self._go("POST", path.partition("?")[0], **form)
            if answer is not None and answer.status_code == 302:
                found = re.search(r"ord_\w+", answer.headers["Location"])
                return found[0] if found else ""
            if answer is not None and answer.status_code < 500:
                self.refusals.append(_text(answer.text))
                return ""
            self._pause()
        return ""

    def _page(self, path: str) -> str | None:
        for _ in range(PERSISTENCE):
            answer = self._go("GET", path)
            if answer is not None and answer.status_code in (200, 409):
                return answer.text
            self._pause()
        return None

    def sum_shown(self, order: str) -> str:
        """What the shop's own cashier says is to be paid; empty when there is nothing to pay."""
        for _ in range(PERSISTENCE):
            answer = self._go("GET", f"/orders/{order}/pay/")
            if answer is not None and answer.status_code < 500:
                found = re.search(r'name="payable_fen" value="([^"]+)"', answer.text)
                return found[1] if found else ""
            self._pause()
        return ""

    def prepare(self, order: str) -> bool:
        """Have the cashier opened; taps again when WeChat is in trouble."""
        form = {"channel": "jsapi", "payable_fen": self.sum_shown(order)}
        if not form["payable_fen"]:
            return False
        for _ in range(PERSISTENCE):
            answer = self._go("POST", f"/orders/{order}/pay/prepare/", **form)
            if answer is not None and answer.status_code < 500 and "data-bridge" in answer.text:
                return True
            if answer is not None and answer.status_code == 302:
                return False
            self._pause()
        return False

    def pay(self, order: str) -> bool:
        """Pay in WeChat's cashier what the shop last asked WeChat to collect."""
        if not (self.prepare(order) and self.pay_at_wechat(order)):
            return False
        # A phone shows the result page, which asks the shop to look.
        self._go("GET", f"/orders/{order}/result/")
        return True

    def pay_at_wechat(self, order: str) -> bool:
        """Pay in the open cashier, and do not come back to the shop."""
        rows = self.shop.sql(
            "SELECT p.out_trade_no, a.mchid FROM payments_payment p "
            "JOIN payments_merchantaccount a ON a.id = p.account_id "
            "WHERE p.order_ref = %s ORDER BY p.id DESC LIMIT 1",
            order,
        )
        try:
            self.shop.control(
                "POST",
                "pay",
                mchid=rows[0]["mchid"],
                out_trade_no=rows[0]["out_trade_no"],
                person=self.key,
            )
        except requests.HTTPError:
            return False
        return True

    @staticmethod
    def _pause() -> None:
        import time

        time.sleep(0.4)


def crowd(shop: Shop, number: int, *, name: str = "buyer") -> list[Buyer]:
    """So many signed-in people with WeChat identities and addresses."""
    openids = {}
    appid = shop.stack.env["WECHAT_APPID"]
    for n in range(number):
        key = f"{name}{n}"
        shop.control("POST", "people", key=key, nickname=f"买家{n}")
        openids[key] = shop.control("GET", f"people/{key}/openid?appid={appid}")["openid"]
    done = shop.manage("shell", "--no-imports", "-c", MAKE, text=json.dumps(openids))
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.strip().splitlines()[-1])
    return [Buyer(shop, *row) for row in rows]


def all_at_once(acts: list[Any], *, threads: int = 8) -> list[Any]:
    """Run the acts on a few threads; what they returned, in order. With a thread for each act they
    all begin at the same moment."""
    barrier = Barrier(len(acts) if threads >= len(acts) else 1)

    def run(act: Any) -> Any:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, acts))


def _text(page: str) -> str:
    alert = re.search(r'role="alert">(.*?)</div>', page, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", alert[1] if alert else page[:200]).strip()


def chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
