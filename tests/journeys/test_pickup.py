"""Two ways without a parcel: fetched with a code at the counter, and delivered on the screen."""

MILLET, VOUCHER = "沁州黄小米", "枣园采摘体验券"


def state_of(shop, ref):
    return shop.sql("SELECT state FROM orders_order WHERE public_id = %s", ref)[0]["state"]


def test_an_order_is_fetched_with_its_code(shop, visit):
    mei = visit("limei")
    mei.product(MILLET)
    mei.choose("单独购买")
    mei.page.get_by_role("heading", name="怎么收货").wait_for()
    mei.page.locator("[data-fetched]").first.check()
    mei.page.get_by_text("自提，不收运费").wait_for()
    mei.page.get_by_label("姓名").fill("李梅")
    mei.page.get_by_label("取货手机").fill("13866667777")
    mei.agree()
    mei.shot("60-pickup-checkout")
    mei.click("提交订单")
    mei.page.wait_for_url("**/orders/ord_*/pay/")
    ref = mei.page.url.split("/orders/")[1].split("/")[0]
    mei.pay()
    mei.paid()
    mei.open(f"/orders/{ref}/")
    mei.page.get_by_role("heading", name="取货码").wait_for()
    mei.shot("61-pickup-code")
    code = mei.page.locator(".pickup__code").inner_text().strip()

    clerk = visit("", desk=True, office=True).office("wang@zaoyuan.example")
    clerk.open("/office/orders/order/collect/")
    clerk.page.get_by_label("取货码").fill(code)
    clerk.click("查找订单")
    clerk.shot("62-pickup-counter", axe=False)
    clerk.click("货已交给买家，核销")
    clerk.page.get_by_text("已核销").wait_for()
    assert state_of(shop, ref) == "completed"


def test_a_voucher_is_there_as_soon_as_it_is_paid(shop, visit):
    mei = visit("limei")
    mei.product(VOUCHER, "/search/?q=采摘")
    mei.choose("单独购买")
    mei.page.get_by_role("heading", name="在线交付").wait_for()
    mei.agree()
    mei.shot("63-voucher-checkout")
    mei.click("提交订单")
    mei.page.wait_for_url("**/orders/ord_*/pay/")
    ref = mei.page.url.split("/orders/")[1].split("/")[0]
    mei.pay()
    mei.paid()
    shop.until(lambda: state_of(shop, ref) == "completed", what="the voucher's delivery")
    mei.open(f"/orders/{ref}/")
    mei.shot("64-voucher-order")
    mei.click("查看卡密和内容")
    mei.page.get_by_text("ZY-").first.wait_for()
    mei.shot("65-voucher")
