"""An order's life between shopper and merchant: a new price, another address, a line less, two parcels,
more time, an invoice; and everything that happened stands on it."""

import re

from tests.journeys.office import Office

MILLET, VINEGAR, DATES = "沁州黄小米", "三年陈老醋", "临县吊干红枣"
SOUND_CODE = "91350100M000100Y43"
INVOICE = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def test_everything_that_may_happen_to_an_order(shop, visit, tmp_path):
    buyer = visit("wangqiang")
    merchant = visit("", desk=True, office=True).office("wang@zaoyuan.example")
    order = placed(buyer)
    office = Office(shop, merchant, order)
    repriced(office, buyer, order)
    moved_and_urged(buyer, order)
    one_line_less(shop, office, order)
    shipped_in_two(office, buyer, order)
    invoiced(shop, merchant, buyer, order, tmp_path)
    received(buyer, order)
    assert shop.audit() == []


def placed(buyer):
    for title in (MILLET, VINEGAR, DATES):
        buyer.product(title, "/store/zaoyuan/")
        buyer.page.locator(".bottom-bar").get_by_role("button", name="加购").click()
        buyer.page.locator("[data-sheet-confirm]").click()
        buyer.page.get_by_text("已加入购物车").wait_for()
    buyer.open("/cart/")
    buyer.click("去结算")
    buyer.page.get_by_role("heading", name="确认订单").wait_for()
    return buyer.order("提交订单")


def repriced(office, buyer, order):
    """Once, before the payment; the buyer sees why the sum is another."""
    office.act(
        "reprice", "确认改价", re.compile("已改价|正在关闭按原价的付款"), payable_fen="66.00"
    )
    office.merchant.open(office.address)
    buyer.open(f"/orders/{order}/")
    buyer.page.get_by_text("商家改价").wait_for()
    buyer.shot("100-life-repriced")
    buyer.open(f"/orders/{order}/pay/")
    buyer.pay()
    buyer.paid()


def moved_and_urged(buyer, order):
    buyer.open(f"/orders/{order}/address/")
    buyer.address("新增收货地址")
    buyer.page.get_by_role("heading", name="改寄到哪里？").wait_for()
    buyer.page.locator("input[name=address]").last.check()
    buyer.shot("101-life-address")
    buyer.click("确认修改")
    buyer.page.get_by_role("heading", name="订单进度").wait_for()
    buyer.click("催发货")
    buyer.page.get_by_role("heading", name="催商家发货？").wait_for()
    buyer.shot("102-life-urge")
    buyer.page.get_by_role("button", name="催发货").click()
    buyer.page.get_by_text("已提醒商家尽快发货").wait_for()


def one_line_less(shop, office, order):
    """One line cannot be delivered: its money goes back and its stock is free."""
    line = (
        "SELECT concat_ws(':', l.id, l.quantity - l.shipped_quantity, l.amount_fen - l.discount_fen "
        "+ l.adjust_fen) FROM orders_orderline l "
        "JOIN orders_order o ON o.id = l.order_id "
        "WHERE o.public_id = %s AND l.title LIKE %s"
    )
    shown = shop.value(line, order, f"%{DATES}%")
    office.act(
        "cancel-line",
        "确认取消并退款",
        "已取消这件商品",
        line=shown,
        reason="这批枣裂了，不寄次品",
    )
    back = "SELECT count(*) FROM payments_refund WHERE order_ref = %s AND state = 'succeeded'"
    shop.until(lambda: shop.value(back, order) == 1, what="the line's money is back")


def shipped_in_two(office, buyer, order):
    office.merchant.open(office.address)
    office.page.locator("a[href$='/ship/']").first.click()
    pieces = office.page.locator("input[name^=line_]")
    assert pieces.count() == 2
    office.page.select_option("select[name=carrier]", "sf")
    office.page.fill("input[name=tracking_no]", "SF1000000001")
    pieces.last.fill("0")
    office.merchant.shot("103-life-ship", axe=False)
    office.page.get_by_role("button", name="确认发货").click()
    office.page.get_by_text("这个包裹已登记").wait_for()
    buyer.open(f"/orders/{order}/")
    buyer.page.get_by_text("一部分商品已经发出").wait_for()
    buyer.shot("104-life-half-shipped")
    office.act("ship", "确认发货", "已发货", carrier="sf", tracking_no="SF1000000002")
    buyer.open(f"/orders/{order}/")
    buyer.page.get_by_role("link", name="查看物流").first.click()
    buyer.page.get_by_text("正在派件").wait_for()
    buyer.shot("105-life-tracking")


def invoiced(shop, merchant, buyer, order, tmp_path):
    page = buyer.page
    buyer.open(f"/orders/{order}/invoice/")
    page.get_by_role("radio", name="企业").check()
    page.get_by_label("发票抬头").fill("吕梁红枣合作社")
    page.get_by_label("统一社会信用代码").fill(SOUND_CODE[:-1] + "4")
    page.get_by_label("邮箱").fill("books@example.com")
    buyer.strict = False
    buyer.click("申请发票")
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("发票抬头").input_value() == "吕梁红枣合作社"
    buyer.shot("106-life-invoice-refused")
    buyer.errors.clear()  # the answer to a wrong number is a refusal
    buyer.strict = True
    page.get_by_label("统一社会信用代码").fill(SOUND_CODE)
    buyer.click("申请发票")
    page.get_by_text("商家正在开票").wait_for()

    paper = tmp_path / "invoice.pdf"
    paper.write_bytes(INVOICE)
    merchant.open("/office/")
    merchant.page.get_by_role("link", name="待开票 1").click()
    merchant.page.locator("#result_list tbody a[href*='/change/']").first.click()
    merchant.page.locator("a[href$='/issue/']").first.click()
    merchant.page.set_input_files("input[name=file]", str(paper))
    chosen = merchant.page.locator("form input[type=text][disabled]")
    assert chosen.get_attribute("value") == "invoice.pdf"
    merchant.shot("108-life-invoice-upload", axe=False)
    merchant.page.get_by_role("button", name="确认上传").click()
    merchant.page.get_by_text("发票已上传").wait_for()
    buyer.open(f"/orders/{order}/invoice/")
    with page.expect_download() as coming:
        buyer.click("下载发票")
    assert coming.value.path().read_bytes() == INVOICE


def received(buyer, order):
    """More time once, then received; the steps tell it all."""
    buyer.open(f"/orders/{order}/")
    buyer.click("延长收货")
    buyer.page.get_by_role("heading", name="延长收货时间？").wait_for()
    buyer.page.get_by_role("button", name="延长收货").click()
    buyer.page.get_by_text("之前都可以确认收货").wait_for()
    assert buyer.page.get_by_role("link", name="延长收货").count() == 0
    buyer.click("确认收货")
    buyer.page.wait_for_load_state("networkidle")
    buyer.click("确认收货")
    buyer.page.get_by_text("已完成").first.wait_for()
    buyer.shot("107-life-received")
    steps = buyer.page.locator(".steps").inner_text()
    wanted = ("提交订单", "修改了价格", "付款", "收货信息", "催", "取消", "发", "延长", "收货")
    assert [word for word in wanted if not re.search(word, steps)] == []
