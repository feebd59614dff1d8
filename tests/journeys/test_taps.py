"""Taps that are faster than the network, and keys that are pressed by habit: none is lost, and none
does something else than it says."""

import re

import pytest

MILLET = "沁州黄小米"


class Held:
    """POSTs to a path that wait until they are let go, as on a bad network."""

    def __init__(self, page, path):
        self.page, self.waiting = page, []
        page.route(re.compile(re.escape(path)), self._hold)

    def _hold(self, route):
        if route.request.method == "POST":
            self.waiting.append(route)
        else:
            route.continue_()

    def settle(self, times):
        """Let so many go, each when it has been sent, and be sure that no more are."""
        for _ in range(times):
            self.release()
        self.page.wait_for_timeout(300)
        assert self.waiting == []

    def release(self):
        """Let one go, and its answer be there."""
        for _ in range(100):
            if self.waiting:
                break
            self.page.wait_for_timeout(20)
        with self.page.expect_response(lambda one: one.request.method == "POST") as answered:
            self.waiting.pop(0).continue_()
        answered.value.finished()
        self.page.wait_for_timeout(100)

    def over(self):
        self.page.unroute_all()


@pytest.fixture
def filled(visit):
    """Somebody whose cart holds a bag of millet, and is looked at."""
    lei = visit("zhaolei")
    lei.product(MILLET)
    lei.page.locator(".bottom-bar").get_by_role("button", name="加购").click()
    lei.page.locator("[data-sheet-confirm]").click()
    lei.page.get_by_text("已加入购物车").wait_for()
    lei.open("/cart/")
    yield lei
    lei.page.unroute_all()
    while (out := lei.open("/cart/").page.locator("button[name=take_out]")).count():
        out.first.click()
        lei.page.wait_for_load_state("networkidle")


def focused(page):
    return page.evaluate("document.activeElement.id")


def test_three_taps_in_the_cart_are_four_bags(filled):
    page = filled.page
    field, more = page.locator("input.quantity"), page.get_by_role("button", name="增加")
    started = int(field.input_value())
    held = Held(page, "/cart/")
    for _ in range(3):
        more.click()
    # The first is on its way, and the last of the others after it; no answer puts the field back.
    held.release()
    assert field.input_value() == str(started + 3)
    held.settle(1)
    assert field.input_value() == str(started + 3)
    assert focused(page) == more.get_attribute("id")
    shown = page.locator(".bottom-bar__sum").inner_text()
    held.over()
    filled.open("/cart/")
    assert field.input_value() == str(started + 3)
    assert page.locator(".bottom-bar__sum").inner_text() == shown


def test_an_answer_waits_for_a_finger_that_is_down(filled):
    page = filled.page
    field, more = page.locator("input.quantity"), page.get_by_role("button", name="增加")
    started = int(field.input_value())
    held = Held(page, "/cart/")
    more.click()
    page.mouse.down()
    held.release()
    page.mouse.up()
    held.settle(1)
    assert field.input_value() == str(started + 2)
    # Pressed and thought better of: what was not shown is asked for again.
    before = page.locator(".bottom-bar__sum").inner_text()
    more.click()
    page.mouse.down()
    held.release()
    page.mouse.move(1, 1)
    page.mouse.up()
    held.settle(1)
    assert field.input_value() == str(started + 3)
    assert page.locator(".bottom-bar__sum").inner_text() != before
    held.over()


def test_a_tick_keeps_the_focus(filled):
    page = filled.page
    box = page.locator("input[name=selected]").first
    held = Held(page, "/cart/")
    box.uncheck()
    held.settle(1)
    assert focused(page) == box.get_attribute("id") != ""
    assert not box.is_checked()
    box.check()
    held.settle(1)
    held.over()


def test_three_taps_in_the_checkout_are_paid_as_shown(shop, visit):
    lei = visit("zhaolei")
    page = lei.product(MILLET).page
    lei.choose("单独购买")
    page.get_by_role("heading", name="确认订单").wait_for()
    if page.get_by_text("还没有收货地址").count():
        lei.address()
    field, more = page.locator("#field-quantity"), page.get_by_role("button", name="增加")
    one_bag = int(page.locator("[name=shown_fen]").input_value())
    held = Held(page, "/checkout/")
    for _ in range(3):
        more.click()
    held.release()
    assert page.locator("[name=shown_fen]").input_value() == str(one_bag)
    held.settle(1)
    assert (field.input_value(), focused(page)) == ("4", more.get_attribute("id"))
    held.over()
    shown = page.locator("[name=shown_fen]").input_value()
    assert int(shown) > one_bag
    order = lei.order("提交订单")
    placed = shop.sql(
        "SELECT o.payable_fen, l.quantity FROM orders_order o"
        " JOIN orders_orderline l ON l.order_id = o.id WHERE o.public_id = %s",
        order,
    )
    assert placed == [{"payable_fen": int(shown), "quantity": 4}]


def test_enter_in_the_sheet_changes_nothing_of_what_is_bought(visit):
    lei = visit("zhaolei")
    page = lei.product(MILLET).page
    page.locator(".bottom-bar").get_by_role("button", name="加购").click()
    confirm = page.locator("[data-sheet-confirm]")
    quantity = page.locator("dialog input.quantity")
    quantity.fill("2")
    quantity.press("Enter")
    assert confirm.inner_text() == "加入购物车"
    assert "× 2" in page.locator("dialog [data-picked]").inner_text()


def test_ones_own_data_can_be_fetched_twice(visit):
    lei = visit("zhaolei")
    page = lei.open("/account/").page
    for _ in range(2):
        with page.expect_download() as coming:
            page.get_by_role("button", name="下载").click()
        assert coming.value.suggested_filename.endswith(".json")
