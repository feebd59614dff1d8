"""A cart: filled by a guest from two stores, checked out at once, paid order by order."""

MILLET, MUGS = "沁州黄小米", "半釉马克杯"


def put_in(person):
    bar = person.page.locator(".bottom-bar")
    bar.get_by_role("button", name="加购").click()
    if not person.desk:
        person.page.locator("[data-sheet-confirm]").click()
    person.page.get_by_text("已加入购物车").wait_for()


def test_two_stores_in_one_checkout_become_two_orders(shop, visit):
    lei = visit("zhaolei")
    lei.product(MILLET)
    put_in(lei)
    lei.shot("20-put-in")
    lei.product(MUGS, "/store/taofang/")
    put_in(lei)
    lei.open("/cart/")
    lei.page.get_by_role("heading", name="陶坊").wait_for()
    lei.shot("21-cart")
    # The number of cups is changed, and the sum follows by itself.
    before = lei.page.locator(".bottom-bar__sum").inner_text()
    lei.page.locator(".cart__acts").first.get_by_role("button", name="增加").click()
    lei.page.wait_for_function(
        "before => document.querySelector('.bottom-bar__sum').innerText !== before", arg=before
    )
    lei.click("去结算")
    lei.page.get_by_role("heading", name="确认订单").wait_for()
    # The way to a new address loses nothing, and comes back with that address marked.
    note = lei.page.get_by_label("给商家留言（选填）").first
    note.fill("请放驿站")
    lei.address()
    assert note.input_value() == "请放驿站"
    marked = lei.page.locator("label", has=lei.page.locator("input[name=address]:checked"))
    assert "王小枣" in marked.inner_text()
    lei.shot("22-cart-checkout")
    first = lei.order("提交订单")
    lei.pay()
    lei.paid()
    lei.page.get_by_text("付下一笔").wait_for()
    lei.shot("23-next-payment")
    lei.click("付下一笔")
    lei.page.wait_for_load_state("networkidle")
    lei.pay()
    lei.paid()
    orders = shop.sql(
        "SELECT o.state, o.store_id FROM orders_order o WHERE o.checkout_ref ="
        " (SELECT checkout_ref FROM orders_order WHERE public_id = %s)",
        first,
    )
    assert [row["state"] for row in orders] == ["to_ship", "to_ship"]
    assert len({row["store_id"] for row in orders}) == 2
    lei.open("/cart/")
    lei.page.get_by_text("购物车还是空的").wait_for()
    lei.shot("24-empty-cart")


def test_a_guest_at_a_desk_finds_the_cart_after_signing_in(shop, visit):
    guest = visit("", desk=True)
    guest.product(MILLET)
    put_in(guest)
    guest.open("/cart/")
    guest.page.get_by_role("heading", name="枣园").wait_for()
    guest.shot("25-cart-desk")
    guest.click("去结算")
    guest.page.wait_for_url("**/sign-in/**")
