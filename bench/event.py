"""One shared card reaches very many people: `make bench ARGS="event [--people N]"`.

A whole shop with its simulator; everybody opens the card through somebody's link, from an address of
their own, some join a group or lead one, most of those pay and some forget to, and WeChat's notices
come twice, late or never. Three days pass in three jumps of the clock: payment windows and groups run
out. At the end nothing may be left under way, nothing sold that was not there, and the books must agree
with WeChat's. Everybody must have seen the page, every link's visit be recorded and every order be
somebody's; nobody repairs anything in between.
"""

import argparse
import http.client
import json
import random
import re
import tempfile
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.crowd import AGENT, CSRF
from tests.faults.traffic import Day
from tests.shop import Shop, shop_running

PEOPLE = 100_000
DAYS = 3
# Of all who open the card: who buys, and how many pieces there are for them.
BUYERS, PIECES = 0.24, 0.21
FORGETS, SHARES = 0.1, 0.5
GROUP_SIZE = 5
CASHIER = "/pay/prepare/"
# How often somebody presses “pay” who is told to try again in a moment.
PATIENCE = 5
# What nobody may meet: an answer of 500 and more, a page that is not there, a cashier that does not
# open, money that WeChat does not take.
ERRORS = ("errors", "unseen", "unprepared", "unpaid")
THREADS = 8
BATCH = 2000
# How long the end may take: at least so many seconds, and so many for each who came.
SETTLE_S, SETTLE_EACH_S, HURRY_S = 1200.0, 0.03, 4.0
# What must have come of it at least. Of a hundred orders so many paid, of a hundred who came by a link so
# many visits, of a hundred orders so many that a share brought, of a hundred pieces so many sold.
PAID, VISITS, BROUGHT, SOLD = 80, 99, 90, 20
NOTICES = {"duplicate": 0.2, "late": 0.1, "reordered": 0.1, "lost": 0.05}

GOODS = """
import json, sys
from datetime import timedelta
from campaigns.groupbuy.models import GroupCampaign, GroupPrice
from campaigns.groupbuy.services import campaign_publish
from catalog.models import Product
from catalog.services import product_publish, sku_add
from core import clock
from stores.models import Store
asked, now = json.loads(sys.stdin.read()), clock.now()
store = Store.objects.get(slug='zaoyuan')
product = Product.objects.create(store=store, title='一张卡片上的红枣', description='当年新枣。')
sku = sku_add(product_id=product.pk, name='500g', price_fen=1990, on_hand=asked['pieces'], now=now)
product_publish(product_id=product.pk, now=now)
campaign = GroupCampaign.objects.create(store=store, product=product, size=asked['size'], hours=24,
    starts_at=now, ends_at=now + timedelta(days=4), quota=asked['pieces'], limit_per_person=1,
    limit_per_order=1)
GroupPrice.objects.create(store=store, campaign=campaign, sku=sku, price_fen=1590)
campaign_publish(campaign_id=campaign.pk, now=now)
print(json.dumps([product.public_id, sku.public_id]))
"""

PERSONS = """
import json, sys
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from accounts.documents import BASIC, VERSIONS
from accounts.models import Address, Consent, User, WechatIdentity
from core import clock
from core.crypto import blind_index
told = json.loads(sys.stdin.read())
users = User.objects.bulk_create(User(nickname=key, password='!') for key in told)
WechatIdentity.objects.bulk_create(
    WechatIdentity(user=u, appid=settings.WECHAT_APPID, openid=o)
    for u, o in zip(users, told.values()))
phones = [f'138{u.pk % 10**8:08d}' for u in users]
addresses = Address.objects.bulk_create(
    Address(user=u, recipient='王小枣', phone=p, phone_index=blind_index(p, purpose='address.phone'),
        province_code='140000', city_code='141100', district_code='141102',
        region='山西省 吕梁市 离石区', street=f'滨河北路 {u.pk} 号', is_default=True)
    for u, p in zip(users, phones))
Consent.objects.bulk_create(
    Consent(user=u, document=document, version=VERSIONS[document], given_at=clock.now())
    for u in users for document in BASIC)
made = []
for user, address in zip(users, addresses):
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    made.append([user.nickname, session.session_key, address.public_id])
print(json.dumps(made))
"""


@dataclass(frozen=True)
class Person:
    """Somebody signed in, with an address; `key` is who they are at WeChat."""

    key: str
    session: str
    address: str


@dataclass(frozen=True)
class Placed:
    """An order, and the sum that its checkout said."""

    order: str
    fen: str


@dataclass
class Event:
    """What happens, and what it came to."""

    shop: Shop
    product: str
    sku: str
    seed: int
    tokens: deque[str] = field(default_factory=lambda: deque(maxlen=400))
    groups: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    counted: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    local: threading.local = field(default_factory=threading.local)

    def count(self, what: str) -> None:
        with self.lock:
            self.counted[what] += 1

    def ask(self, base: str, method: str, path: str, **sent: Any) -> tuple[int, str, str]:
        """Status, place that it leads to, and text; one kept connection for each thread and host."""
        known: dict[str, http.client.HTTPConnection] = self.local.__dict__.setdefault("known", {})
        headers = {"User-Agent": AGENT, **sent.get("headers", {})}
        headers["X-Forwarded-For"] = getattr(self.local, "address", "10.0.0.1")
        body = sent.get("body")
        for again in (False, True):
            line = known.get(base) or http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
            known[base] = line
            try:
                line.request(method, path, body=body, headers=headers)
                answer = line.getresponse()
                text = answer.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException):
                line.close()
                del known[base]
                if again:
                    raise
                continue
            return answer.status, answer.headers.get("Location", ""), text
        raise AssertionError("unreachable")

    def site(self, method: str, path: str, person: Person | None, **form: str) -> Any:
        """The shop as a phone asks it. A status of 500 and more is counted as an error, but for a cashier
        that says to try again in a moment."""
        headers = {}
        if person is not None:
            headers["Cookie"] = f"sessionid={person.session}; csrftoken={CSRF}"
        body = None
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = self.shop.site
            headers["Accept"] = form.pop("accept", "text/html")
            body = urlencode({**form, "csrfmiddlewaretoken": CSRF})
        told = self.ask(self.shop.site, method, path, headers=headers, body=body)
        if told[0] == 503 and path.endswith(CASHIER):
            self.count("told_to_wait")
        elif told[0] >= 500:
            self.count("errors")
        return told

    def comes(self, number: int, person: Person | None) -> None:
        """Somebody opens the card that a friend sent, and may buy, and may pass it on."""
        dice = random.Random(f"{self.seed}:{number}")
        self.local.address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        with self.lock:
            token = dice.choice(self.tokens) if self.tokens else ""
        link = f"?s={token}" if token else ""
        public = self.sees(f"/p/{self.product}/{link}", person)
        text = self.sees(f"/p/{self.product}/mine/{link}", person)
        if public and text:
            self.count("people")
            self.count("by_link" if token else "unasked")
        if person is None:
            return
        placed = self.orders(person, dice, shown=re.findall(r"/g/(grp_\w+)/", public))
        if placed and dice.random() >= FORGETS:
            self.pays(person, placed)
        if dice.random() < SHARES:
            self.passes_on(person, text)

    def sees(self, path: str, person: Person | None) -> str:
        """A page that everybody may see; anything else is an error, and "" is seen."""
        status, _place, text = self.site("GET", path, person)
        if status == 200:
            return str(text)
        self.count("unseen")
        return ""

    def orders(self, person: Person, dice: random.Random, *, shown: list[str]) -> Placed | None:
        """A seat in a group that is open, or one of their own; None when it was refused. Where no new
        group is begun any more, those that the page has `shown` still lack people."""
        with self.lock:
            group = dice.choice(self.groups) if self.groups and dice.random() < 0.9 else ""
        if group:
            placed = self._sent(f"/g/{group}/join/", person)
            if placed:
                return placed
            with self.lock:
                if group in self.groups:
                    self.groups.remove(group)
        placed = self._sent(f"/p/{self.product}/group/?sku={self.sku}", person)
        for other in shown[:2]:
            placed = placed or self._sent(f"/g/{other}/join/", person)
        return placed

    def _sent(self, path: str, person: Person) -> Placed | None:
        _status, _place, page = self.site("GET", path, person)
        key = re.search(r'name="form_key" value="([^"]+)"', page)
        fen = re.search(r'name="shown_fen" value="([^"]+)"', page)
        if not (key and fen):
            self.count("refused")
            return None
        form = {"sku": self.sku, "quantity": "1", "address": person.address, "note": ""}
        form |= {"form_key": key[1], "shown_fen": fen[1]}
        status, place, _text = self.site("POST", path.partition("?")[0], person, **form)
        found = re.search(r"ord_\w+", place)
        if status != 302 or found is None:
            self.count("refused")
            return None
        self.count("orders")
        return Placed(found[0], fen[1])

    def pays(self, person: Person, placed: Placed) -> None:
        """Open WeChat's cashier, pay there, come back; a paid leader's group is open to others."""
        order, form = placed.order, {"channel": "jsapi", "payable_fen": placed.fen}
        for _ in range(PATIENCE):
            asked = self.site("POST", f"/orders/{order}{CASHIER}", person, **form)
            if asked[0] != 503:
                break
            time.sleep(1)
        if asked[0] >= 400 or "data-bridge" not in asked[2]:
            self.count("unprepared")
            return
        trade, mchid, group = self._row(
            "SELECT p.out_trade_no, a.mchid, o.offer_ref FROM payments_payment p "
            "JOIN payments_merchantaccount a ON a.id = p.account_id "
            "JOIN orders_order o ON o.public_id = p.order_ref "
            "WHERE p.order_ref = %s ORDER BY p.id DESC LIMIT 1",
            order,
        )
        body = json.dumps({"mchid": mchid, "out_trade_no": trade, "person": person.key})
        headers = {"Content-Type": "application/json"}
        told = self.ask(self.shop.simulator, "POST", "/_control/pay", body=body, headers=headers)
        if told[0] != 200:
            self.count("unpaid")
            return
        self.count("paid")
        self.site("GET", f"/orders/{order}/result/", person)
        with self.lock:
            if group not in self.groups:
                self.groups.append(group)

    def passes_on(self, person: Person, fragment: str) -> None:
        """Share the page: whoever comes by this link was brought by this person."""
        ticket = re.search(r'data-share-ticket="([^"]+)"', fragment)
        if ticket is None:
            return
        _status, _place, text = self.site(
            "POST", "/share/", person, ticket=ticket[1], channel="friend", accept="application/json"
        )
        found = re.search(r"[?&]s=(\w+)", text)
        if found:
            self.count("shares")
            with self.lock:
                self.tokens.append(found[1])

    def _row(self, text: str, *values: Any) -> Any:
        import psycopg2

        line = getattr(self.local, "line", None)
        if line is None:
            line = self.local.line = psycopg2.connect(self.shop.database_url)
            line.autocommit = True
        with line.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchone()


@dataclass(frozen=True)
class Outcome:
    """What came of it. `crowd` is how many were to come, `counted` what they met and did, `left` what
    is still under way, `findings` what the audit says."""

    crowd: int
    pieces: int
    counted: Counter[str]
    sold: int
    groups: int
    refunds: int
    visits: int
    brought: int
    left: dict[str, int]
    findings: list[str]

    @property
    def oversold(self) -> int:
        return max(self.sold - self.pieces, 0)

    @property
    def stuck(self) -> int:
        return sum(self.left.values())

    @property
    def shortfalls(self) -> list[str]:
        """What there is and must not be, and what there is too little of; empty when all is well."""
        counted, orders = self.counted, self.counted["orders"]
        wrong = {"oversold": self.oversold, "stuck": self.stuck, "books": len(self.findings)}
        wrong |= {one: counted[one] for one in ERRORS}
        least = {
            "people": (counted["people"], self.crowd),
            "orders": (orders, self.crowd // 5),
            "paid": (counted["paid"], orders * PAID // 100),
            "visits": (self.visits, counted["by_link"] * VISITS // 100),
            "brought": (self.brought, orders * BROUGHT // 100),
            "sold": (self.sold, self.pieces * SOLD // 100),
            "refunds": (self.refunds, 1),
        }
        few = [f"too few {name}" for name, (came, wanted) in least.items() if came < wanted]
        return [*(name for name, number in wrong.items() if number), *few]


def main(argv: list[str]) -> int:
    """Play the event; 1 when anything is left, oversold, or does not add up."""
    parser = argparse.ArgumentParser(prog="bench event")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory(prefix="event-") as folder,
        shop_running(Path(folder), name="event", redis=6, settings={"PROXY_HOPS": "1"}) as shop,
    ):
        return played(shop, people=options.people, seed=options.seed)


def played(shop: Shop, *, people: int, seed: int) -> int:
    """The event in a running shop; prints its one line, and says whether all is well."""
    pieces = int(people * PIECES)
    event = _prepared(shop, pieces=pieces, seed=seed)
    persons = _persons(shop, int(people * BUYERS))
    dice = random.Random(seed)
    crowd: list[Person | None] = [*persons, *([None] * (people - len(persons)))]
    dice.shuffle(crowd)
    for mode, chance in NOTICES.items():
        shop.fault("notice", mode, probability=chance, seed=seed)
    started = time.monotonic()
    event.passes_on(persons[0], event.site("GET", f"/p/{event.product}/mine/", persons[0])[2])
    for number in range(DAYS):
        _day(event, crowd, number)
        print(f"  day {number + 1}: {dict(sorted(event.counted.items()))}", flush=True)
        Day(shop, [], seed).evening()
    left = _settle(shop, seed, patience_s=max(SETTLE_S, people * SETTLE_EACH_S))
    seconds = time.monotonic() - started
    return _told(_outcome(event, people=people, pieces=pieces, left=left), seconds=seconds)


def _prepared(shop: Shop, *, pieces: int, seed: int) -> Event:
    asked = json.dumps({"pieces": pieces, "size": GROUP_SIZE})
    product, sku = _shell(shop, GOODS, asked)
    return Event(shop, product, sku, seed)


def _persons(shop: Shop, number: int) -> list[Person]:
    appid = shop.stack.env["WECHAT_APPID"]
    openids = shop.control("POST", "crowd", prefix="event", number=number, appid=appid)
    keys, made = list(openids), []
    for start in range(0, number, BATCH):
        told = {key: openids[key] for key in keys[start : start + BATCH]}
        made += [Person(*row) for row in _shell(shop, PERSONS, json.dumps(told))]
    return made


def _shell(shop: Shop, script: str, text: str) -> Any:
    done = shop.manage("shell", "--no-imports", "-c", script, text=text)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def _day(event: Event, crowd: list[Person | None], number: int) -> None:
    """A third of the people come, on a few threads; then the groups of the day are history."""
    numbered = list(enumerate(crowd))[number::DAYS]
    with ThreadPoolExecutor(THREADS) as pool:
        for done in pool.map(lambda one: event.comes(*one), numbered):
            assert done is None
    event.groups.clear()


def _settle(shop: Shop, seed: int, *, patience_s: float) -> dict[str, int]:
    """Wait until nothing is under way any more; what still is when patience ends."""
    day = Day(shop, [], seed)
    shop.control("DELETE", "faults")
    shop.control("POST", "clock", advance_s=90000)
    shop.control("POST", "notices/flush")
    give_up = time.monotonic() + patience_s
    while (left := day.unsettled()) and time.monotonic() < give_up:
        if left == {"refunds": _waiting_for_a_person(shop)}:
            break  # No time brings them on, and nobody presses a button here.
        print(f"  under way: {left}", flush=True)
        day.evening()
        shop.sql(
            "UPDATE payments_payment SET due_at = now() WHERE due_at > now() + interval '2 seconds'"
        )
        shop.sql("UPDATE payments_refund SET due_at = now() WHERE due_at > now()")
        shop.sql(
            "UPDATE orders_order SET due_at = now() "
            "WHERE state = 'awaiting_payment' AND due_at > now()"
        )
        shop.control("POST", "clock", advance_s=120)
        time.sleep(HURRY_S)
    return left


def _waiting_for_a_person(shop: Shop) -> int:
    return int(shop.value("SELECT count(*) FROM payments_refund WHERE state = 'stuck'"))


def _outcome(event: Event, *, people: int, pieces: int, left: dict[str, int]) -> Outcome:
    """Asked of the shop when all is over."""
    shop = event.shop
    findings = shop.audit()
    sold = shop.value(
        "SELECT COALESCE(sum(line.quantity), 0) FROM orders_orderline line "
        "JOIN orders_order o ON o.id = line.order_id JOIN catalog_sku sku ON sku.id = line.sku_id "
        "WHERE sku.public_id = %s AND o.state IN ('on_hold', 'to_ship', 'shipped', 'completed')",
        event.sku,
    )
    refunds = shop.value("SELECT count(*) FROM payments_refund WHERE state = 'succeeded'")
    return Outcome(
        crowd=people,
        pieces=pieces,
        counted=event.counted,
        sold=int(sold),
        groups=int(shop.value("SELECT count(*) FROM groupbuy_group")),
        refunds=int(refunds),
        visits=int(shop.value("SELECT COALESCE(sum(count), 0) FROM sharing_visit")),
        brought=int(shop.value("SELECT count(*) FROM sharing_attribution")),
        left=left,
        findings=findings,
    )


def _told(outcome: Outcome, *, seconds: float) -> int:
    """Print what came of it, the one line last; 1 when anything is wrong with it."""
    counted, shortfalls = outcome.counted, outcome.shortfalls
    for line in outcome.findings[:20]:
        print(line)
    print(
        f"  sold {outcome.sold} of {outcome.pieces} pieces; {outcome.visits} visits, "
        f"{outcome.brought} orders brought by a share; {dict(sorted(counted.items()))}"
    )
    if shortfalls:
        print(f"  fell short: {', '.join(shortfalls)}")
    books = "equal" if not outcome.findings else "different"
    print(
        f"event: people={counted['people']} orders={counted['orders']} groups={outcome.groups} "
        f"refunds={outcome.refunds} oversold={outcome.oversold} stuck={outcome.stuck} "
        f"books={books} seconds={seconds:.0f}",
        flush=True,
    )
    return int(bool(shortfalls))
