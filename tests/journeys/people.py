"""What people do on the pages, in their words; every step looks for errors on the way."""

import random
import re
from pathlib import Path
from typing import Any

from tests.shop import ROOT, Shop

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# What htmx marks while it asks, and puts the answer in its place.
ASKING = ".htmx-request, .htmx-swapping, .htmx-settling"
ADDRESS = ("山西省", "吕梁市", "离石区", "滨河北中路 8 号 2 单元 301")


class Visitor:
    """A browser and whoever sits in front of it."""

    def __init__(self, page: Any, shop: Shop, pictures: Path | None, name: str) -> None:
        self.page, self.shop, self.pictures, self.name = page, shop, pictures, name
        self.errors: list[str] = []
        self.strict = True
        self.desk = bool(page.viewport_size and page.viewport_size["width"] >= 960)
        page.set_default_timeout(12_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"page error: {error}"))
        page.on("response", self._response)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text} at {self.page.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.request.method} {response.url}")

    def become(self, key: str) -> None:
        """The phone belongs to this person from now on."""
        self.page.goto(f"{self.shop.simulator}/_control/become?person={key}&next={self.shop.site}/")

    def open(self, path: str) -> "Visitor":
        url = path if "://" in path else self.shop.site + path
        self.page.goto(url)
        self.settled()
        return self

    def settled(self) -> None:
        """The page has loaded, and so has what htmx asks for by itself."""
        self.page.wait_for_load_state("load")
        self.page.locator(ASKING).first.wait_for(state="detached")

    def shot(self, name: str, *, axe: bool = True) -> None:
        """Keep a picture of the page if somebody wants pictures, and let axe look at it."""
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
        if axe:
            self.axe(name)

    def axe(self, where: str) -> None:
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations'], iframes: false}))"
            ".violations.map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + "
            "(n.any[0] ? n.any[0].message : '')).join(' | '))"
        )
        assert found == [], f"axe on {where}: {found}"

    def click(self, text: str) -> None:
        """The button or link of that name."""
        role = self.page.get_by_role("button", name=text)
        target = role if role.count() else self.page.get_by_role("link", name=text)
        target.first.click()

    def product(self, title: str, place: str = "/") -> "Visitor":
        self.open(place)
        self.page.get_by_role("heading", name=title).first.click()
        self.page.wait_for_url(re.compile("/p/"))
        self.settled()
        return self

    def choose(self, text: str) -> None:
        """A buy button of the product page; on a phone also its confirmation in the sheet."""
        bar = self.page.locator(".bottom-bar")
        bar.get_by_role("button", name=text).click()
        if not self.desk:
            self.page.locator("[data-sheet-confirm]").click()

    def address(self, link: str = "添加新地址") -> None:
        """From the checkout, or another page with such a link, to a new address and back."""
        self.click(link)
        page = self.page
        page.wait_for_load_state("networkidle")
        self.shot("address-form")
        page.get_by_label("收货人").fill("王小枣")
        page.get_by_label("手机").fill(f"138{random.randrange(10**8):08d}")
        for number, name in enumerate(ADDRESS[:3]):
            select = page.locator("[data-region] select").nth(number)
            select.locator("option", has_text=name).first.wait_for(state="attached")
            select.select_option(label=name)
        page.get_by_label("详细地址").fill(ADDRESS[3])
        self.agree()
        self.click("保存")
        page.wait_for_load_state("networkidle")

    def agree(self) -> None:
        """Tick the box under the texts, where it is asked for."""
        box = self.page.locator("input[name=agree]")
        if box.count():
            box.check()

    def order(self, submit: str) -> str:
        """Send the checkout; the order's public id."""
        if self.page.get_by_text("还没有收货地址").count():
            self.address()
        self.agree()
        self.click(submit)
        self.page.wait_for_url(re.compile(r"/orders/ord_\w+/pay/"))
        return re.search(r"ord_\w+", self.page.url)[0]  # type: ignore[index]

    def pay(self, answer: str = "确认支付") -> None:
        """Open WeChat's cashier and answer it."""
        if not self.page.locator("iframe[title='微信支付收银台']").count():
            self.click("微信支付")
        frame = self.page.frame_locator("iframe[title='微信支付收银台']")
        frame.get_by_role("button", name=answer).click()

    def paid(self) -> None:
        self.page.get_by_role("heading", name="付款成功").wait_for()

    def office(self, email: str) -> "Visitor":
        """Sign in to the merchants' office."""
        self.open("/office/")
        self.page.fill("input[name=username]", email)
        self.page.fill("input[name=password]", self.shop.password(email))
        self.page.locator("form button[type=submit]").first.click()
        self.page.wait_for_url(re.compile(r"/office/$"))
        return self

    def share(self, channel: str = "转发给朋友") -> str:
        """Send the page's card into a chat; the card's link."""
        page = self.page
        page.wait_for_function(
            "() => (document.documentElement.dataset.simulatorCard || '').includes('friend')"
        )
        page.get_by_role("button", name="更多").click()
        page.get_by_role("button", name=channel).click()
        page.locator("[data-sent]").wait_for()
        return str(self.shop.control("GET", "chats")[0]["link"])
