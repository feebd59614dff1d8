"""The road this shop is for: a shared card becomes a paid group, or every fen goes back."""

import re

from tests.shop import Shop

MILLET, MUGS, DATES = "沁州黄小米", "半釉马克杯", "临县吊干红枣"


def group_of(shop: Shop, order: str) -> str:
    return str(shop.value("SELECT offer_ref FROM orders_order WHERE public_id = %s", order))


def state_of(shop: Shop, order: str) -> str:
    return str(shop.value("SELECT state FROM orders_order WHERE public_id = %s", order))


def test_a_shared_card_becomes_a_paid_group_that_is_shipped_and_received(shop, visit):
    alice, bob = visit("limei"), visit("wangqiang")
    alice.product(MILLET)
    alice.shot("01-product")
    alice.choose("发起拼团")
    order_a = alice.order("开团并付款")
    alice.shot("02-cashier")
    alice.pay()
    alice.paid()
    alice.page.get_by_text("还差 1 人").first.wait_for()
    alice.shot("03-leader-paid")
    group = group_of(shop, order_a)

    alice.open(f"/g/{group}/")
    alice.shot("04-group-open")
    link = alice.share()
    assert link.startswith(f"{shop.site}/g/{group}/?s=")

    bob.open(link)
    bob.page.get_by_role("heading", name="还差 1 人成团").wait_for()
    bob.shot("05-group-as-bob")
    bob.click("参加这个团")
    bob.page.get_by_role("heading", name="参加拼团").wait_for()
    bob.address()
    bob.shot("06-join-checkout")
    order_b = bob.order("参团并付款")
    bob.pay()
    bob.paid()
    bob.page.get_by_text("拼团成功").first.wait_for()
    bob.shot("07-group-complete")
    assert (state_of(shop, order_a), state_of(shop, order_b)) == ("to_ship", "to_ship")
    source = shop.until(
        lambda: shop.sql(
            "SELECT a.rule, a.sharer_id, o.buyer_id FROM sharing_attribution a "
            "JOIN orders_order o ON o.id = a.order_id WHERE o.public_id = %s",
            order_b,
        ),
        what="Bob's order is attributed",
    )[0]
    leader = shop.value("SELECT buyer_id FROM orders_order WHERE public_id = %s", order_a)
    assert (source["rule"], source["sharer_id"]) == ("v1:last-touch:7d", leader)

    ship(shop, visit, [order_a, order_b])
    for person, order in ((alice, order_a), (bob, order_b)):
        person.open(f"/orders/{order}/")
        person.page.get_by_text("SF12345678").first.wait_for()
        person.click("确认收货")
        person.page.wait_for_load_state("networkidle")
        person.click("确认收货")
        person.page.get_by_text("已完成").first.wait_for()
    alice.shot("09-received")
    assert (state_of(shop, order_a), state_of(shop, order_b)) == ("completed", "completed")
    assert shop.audit() == []


def ship(shop, visit, orders):
    merchant = visit("", desk=True, office=True)
    page = merchant.page
    merchant.office("wang@zaoyuan.example")
    merchant.shot("08-office", axe=False)
    for order in orders:
        pk = shop.value("SELECT id FROM orders_order WHERE public_id = %s", order)
        merchant.open(f"/office/orders/order/{pk}/change/")
        page.get_by_role("link", name="发货").first.click()
        page.select_option("select[name=carrier]", "sf")
        page.fill("input[name=tracking_no]", f"SF12345678{pk:02d}")
        page.get_by_role("button", name="确认发货").click()
        page.get_by_text("已发货，买家可以看到运单号").wait_for()
    merchant.shot("08-office-shipped", axe=False)


def test_a_group_that_does_not_fill_pays_everyone_back(shop, visit):
    people = [visit("chenjing"), visit("zhaolei")]
    orders = []
    people[0].product(DATES)
    people[0].choose("发起拼团")
    orders.append(people[0].order("开团并付款"))
    people[0].pay("取消")
    people[0].page.get_by_text("你取消了付款，订单还在").wait_for()
    people[0].shot("10-cancelled-payment")
    people[0].pay("模拟余额不足")
    people[0].page.get_by_text("微信支付没有完成").wait_for()
    people[0].pay()
    people[0].paid()
    group = group_of(shop, orders[0])
    people[1].open(f"/g/{group}/")
    people[1].click("参加这个团")
    orders.append(people[1].order("参团并付款"))
    people[1].pay()
    people[1].paid()

    shop.group_overdue(group)
    for order in orders:
        shop.until(
            lambda order=order: shop.value(
                "SELECT count(*) FROM payments_refund r WHERE r.order_ref = %s "
                "AND r.state = 'succeeded'",
                order,
            ),
            what=f"the refund of {order}",
        )
    shop.until(
        lambda: (
            shop.value(
                "SELECT count(*) FROM groupbuy_member m JOIN groupbuy_group g ON g.id = m.group_id "
                "WHERE g.public_id = %s AND m.state = 'refunded'",
                group,
            )
            == 2
        ),
        what="both seats are refunded",
    )
    people[1].open(f"/g/{group}/")
    people[1].page.get_by_role("heading", name="这个团没有成").wait_for()
    people[1].page.get_by_text("钱已全额原路退回").wait_for()
    people[1].shot("11-group-failed")
    people[0].open(f"/orders/{orders[0]}/")
    people[0].page.get_by_text("原路退回").first.wait_for()
    people[0].shot("12-order-refunded")
    assert shop.audit() == []


def test_a_desktop_visitor_pays_by_code(shop, visit):
    desk = visit("", desk=True)
    desk.product(MUGS, "/store/taofang/")
    desk.shot("13-product-desk")
    desk.choose("单独购买")
    sign_in(shop, desk)
    desk.shot("14-checkout-desk")
    order = desk.order("提交订单")
    desk.page.locator("img.cashier__qr").wait_for()
    desk.shot("15-qr-desk")
    code = shop.value(
        "SELECT code_url FROM payments_payment WHERE order_ref = %s AND state = 'prepared'", order
    )
    phone = visit("zhaolei")
    phone.page.goto(f"{shop.simulator}/native/{code.rpartition('=')[2]}")
    phone.shot("16-scanned")
    phone.page.get_by_role("button", name="确认支付").click()
    phone.page.get_by_text("支付成功").wait_for()
    desk.paid()
    desk.shot("17-paid-desk")
    assert state_of(shop, order) == "to_ship"
    assert shop.audit() == []


def sign_in(shop, desk):
    page = desk.page
    page.wait_for_url(re.compile("sign-in"))
    desk.shot("13-sign-in")
    page.get_by_label("手机").fill("13912345678")
    page.locator("input[name=agree]").check()
    desk.click("获取验证码")
    code = page.locator("[data-development-code]")
    code.wait_for()
    page.locator("input[name=code]").fill(code.inner_text())
    desk.click("确定")
    page.get_by_role("heading", name="确认订单").wait_for()


def test_every_public_page_is_clean_at_two_widths_in_two_lights(shop, visit):
    product = shop.value("SELECT public_id FROM catalog_product WHERE title = %s", DATES)
    pages = {
        "home": "/",
        "store": "/store/zaoyuan/",
        "category": "/store/taofang/tea/",
        "product": f"/p/{product}/",
        "agreement": "/agreement/",
        "privacy": "/privacy/",
        "licences": "/licences/",
        "sign-in": "/sign-in/",
    }
    for desk in (False, True):
        for dark in (False, True):
            visitor = visit("", desk=desk, dark=dark)
            for name, path in pages.items():
                visitor.open(path)
                wide = visitor.page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert wide <= 0, f"{name} scrolls sideways by {wide}px"
                kind = f"{'1280' if desk else '390'}-{'dark' if dark else 'light'}"
                visitor.shot(f"page-{name}-{kind}")
