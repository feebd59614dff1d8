"""A sharer's showcase brings a friend who buys; the reward is frozen, and gone when the money goes back."""

PLAN = """
from sharers.models import SharerPlan
from stores.models import Store
store = Store.objects.get(slug='zaoyuan')
SharerPlan.objects.update_or_create(
    store=store, defaults={'is_open': True, 'takes_everybody': True, 'rate_bp': 1000})
"""
BOOK = (
    "SELECT COALESCE(sum(e.amount_fen), 0) FROM sharers_rewardentry e "
    "JOIN sharers_reward r ON r.id = e.reward_id "
    "JOIN orders_order o ON o.id = r.order_id WHERE o.public_id = %s"
)

CAME_BY = (
    "SELECT l.channel FROM sharing_attribution a JOIN sharing_sharelink l ON l.id = a.link_id "
    "JOIN orders_order o ON o.id = a.order_id WHERE o.public_id = %s"
)


def frozen(somebody):
    """What the desk says is frozen."""
    pair = somebody.page.locator("dl.pairs div").filter(has_text="冻结中")
    return pair.locator("dd").inner_text()


def test_a_reward_is_earned_and_clawed_back(shop, visit):
    done = shop.manage("shell", "--no-imports", "-c", PLAN)
    assert done.returncode == 0, done.stderr
    mei, wang = visit("limei"), visit("wangqiang")
    mei.open("/store/zaoyuan/sharer/")
    mei.page.locator("input[name=name]").fill("李梅的好物")
    mei.shot("80-sharer-apply")
    mei.click("申请成为分享员")
    mei.page.get_by_role("heading", name="我的橱窗").wait_for()
    mei.click("加入橱窗")
    mei.page.wait_for_load_state("networkidle")
    mei.shot("81-sharer-desk")
    mei.page.get_by_role("link", name="看橱窗").click()
    mei.page.wait_for_load_state("networkidle")
    mei.shot("82-showcase")
    link = mei.share()

    wang.open(link)
    wang.page.locator(".product-card").first.click()
    wang.page.wait_for_url("**/p/**")
    wang.page.wait_for_load_state("networkidle")
    wang.choose("单独购买")
    wang.page.wait_for_load_state("networkidle")
    order = wang.order("提交订单")
    wang.pay()
    wang.paid()
    shop.until(lambda: shop.value(BOOK, order) > 0, what="the reward is written down")
    mei.open("/store/zaoyuan/sharer/")
    # She sent a card to a friend; the showcase's own links are not how he came.
    assert shop.value(CAME_BY, order) == "friend"
    mei.page.get_by_text("的分享（微信好友或群）").first.wait_for()
    earned_fen = shop.value(BOOK, order)
    assert frozen(mei) == f"¥{earned_fen / 100:.2f}"
    assert mei.page.get_by_text("（10%）· 冻结中").count() == 1
    mei.shot("83-sharer-earned")

    merchant = visit("", desk=True, office=True).office("wang@zaoyuan.example")
    pk = shop.value("SELECT id FROM orders_order WHERE public_id = %s", order)
    merchant.open(f"/office/orders/order/{pk}/change/")
    merchant.page.get_by_role("link", name="取消并退款").first.click()
    merchant.page.fill("input[name=reason]", "这批卖完了")
    merchant.page.get_by_role("button", name="确认取消").click()
    merchant.page.get_by_text("已取消，款项将原路退回").wait_for()
    shop.until(lambda: shop.value(BOOK, order) == 0, what="the reward is taken back")
    mei.open("/store/zaoyuan/sharer/")
    assert frozen(mei) == "¥0.00"
    mei.shot("84-sharer-clawed-back")
    shop.until(
        lambda: (
            shop.value(
                "SELECT count(*) FROM payments_refund WHERE order_ref = %s AND state = 'succeeded'",
                order,
            )
            == 1
        ),
        what="the money is back",
    )
    assert shop.audit() == []
