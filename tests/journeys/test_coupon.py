"""A coupon: taken in the store's centre, chosen by itself at the checkout, shown on the order."""

BOX = "骏枣礼盒"


def test_a_coupon_is_taken_used_and_explained(shop, visit):
    lei = visit("zhaolei")
    lei.open("/store/zaoyuan/coupons/")
    lei.shot("29-coupon-stranger")
    lei.click("登录领券")
    lei.page.get_by_role("button", name="领取").first.click()
    lei.page.get_by_text("领到了").wait_for()
    lei.shot("30-coupon-centre")
    lei.product(BOX, "/store/zaoyuan/")
    lei.choose("单独购买")
    lei.page.get_by_role("heading", name="确认订单").wait_for()
    if lei.page.get_by_text("还没有收货地址").count():
        lei.address()
    field = lei.page.get_by_label("数量")
    field.fill("2")
    field.dispatch_event("change")
    lei.page.locator("#summary").get_by_text("−¥10.00").wait_for()
    lei.page.get_by_text("已为你选最省的一张").wait_for()
    lei.shot("31-coupon-checkout")
    order = lei.order("提交订单")
    lei.pay()
    lei.paid()
    assert shop.value("SELECT discount_fen FROM orders_order WHERE public_id = %s", order) == 1000
    lei.open(f"/orders/{order}/")
    lei.page.get_by_text("秋枣尝鲜券").first.wait_for()
    lei.shot("32-order-with-coupon")
    lei.open("/me/coupons/?tab=used")
    lei.page.get_by_text("秋枣尝鲜券").first.wait_for()
    lei.shot("33-wallet")
    lei.open(f"/orders/{order}/invoice/")
    lei.shot("34-invoice")
    assert shop.audit() == []
