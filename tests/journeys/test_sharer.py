"""A sharer's showcase brings a friend who buys; the reward is frozen, and gone when the money goes back;
one that was paid out is owed."""

import re

from tests.journeys.office import Office

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


# The order was received more than a week ago.
A_WEEK_LATER = (
    "UPDATE orders_order SET shipped_at = shipped_at - interval '8 days', "
    "received_at = received_at - interval '8 days' WHERE public_id = %s"
)
RELEASE_NOW = (
    "UPDATE sharers_reward SET due_at = now() WHERE order_id = "
    "(SELECT id FROM orders_order WHERE public_id = %s)"
)
LINE = (
    "SELECT concat(l.id, ':', l.rebate_fen) FROM orders_orderline l "
    "JOIN orders_order o ON o.id = l.order_id WHERE o.public_id = %s"
)
COST = (
    "SELECT l.amount_fen FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id "
    "WHERE o.public_id = %s"
)
AVAILABLE = "SELECT available_fen FROM sharers_sharer WHERE name = '李梅的好物'"


def desk(somebody, label):
    """What the desk says is frozen, or may be paid out."""
    somebody.open("/store/zaoyuan/sharer/")
    pair = somebody.page.locator("dl.pairs div").filter(has_text=label)
    return pair.locator("dd").inner_text()


def money(fen):
    return f"{'−' if fen < 0 else ''}¥{abs(fen) / 100:.2f}"


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
    order, earned_fen = bought(shop, wang)
    # She sent a card to a friend; the showcase's own links are not how he came.
    assert shop.value(CAME_BY, order) == "friend"
    assert desk(mei, "冻结中") == money(earned_fen)
    mei.page.get_by_text("的分享（微信好友或群）").first.wait_for()
    assert mei.page.get_by_text("（10%）· 冻结中").count() == 1
    mei.shot("83-sharer-earned")

    merchant = visit("", desk=True, office=True).office("wang@zaoyuan.example")
    office = Office(shop, merchant, order)
    office.act("cancel", "确认取消", "已取消，款项将原路退回", reason="这批卖完了")
    shop.until(lambda: shop.value(BOOK, order) == 0, what="the reward is taken back")
    assert desk(mei, "冻结中") == "¥0.00"
    assert mei.page.get_by_text("¥0.00（10%）· 已随退款扣回").count() == 1
    mei.shot("84-sharer-clawed-back")
    back(shop, order)
    below_zero(shop, mei, wang, merchant)
    assert shop.audit() == []


def bought(shop, wang):
    """One more of what is on the page; the order, and what it earned in fen."""
    wang.page.wait_for_url("**/p/**")
    wang.page.wait_for_load_state("networkidle")
    wang.choose("单独购买")
    wang.page.wait_for_load_state("networkidle")
    order = wang.order("提交订单")
    wang.pay()
    wang.paid()
    shop.until(lambda: shop.value(BOOK, order) > 0, what="the reward is written down")
    return order, shop.value(BOOK, order)


def back(shop, order):
    refunds = "SELECT count(*) FROM payments_refund WHERE order_ref = %s AND state = 'succeeded'"
    shop.until(lambda: shop.value(refunds, order) == 1, what="the money is back")


def below_zero(shop, mei, wang, merchant):
    """Received, released and paid out; then the store gives the money back for what it sent."""
    wang.product("红枣", "/store/zaoyuan/")
    order, earned_fen = bought(shop, wang)
    office = Office(shop, merchant, order)
    office.act("ship", "确认发货", "已发货", carrier="sf", tracking_no="SF1234567890")
    wang.open(f"/orders/{order}/")
    wang.click("确认收货")
    wang.page.get_by_role("button", name="确认收货").click()
    wang.page.get_by_text("交易完成").wait_for()
    shop.sql(A_WEEK_LATER, order)
    shop.sql(RELEASE_NOW, order)
    shop.until(lambda: shop.value(AVAILABLE) == earned_fen, what="the reward is released")
    assert desk(mei, "可结算") == money(earned_fen)

    paid_out(shop, merchant, earned_fen)
    cost_fen = shop.value(COST, order)
    office.act(
        "refund-line",
        "确认退款",
        re.compile("元将原路退给买家"),
        line=shop.value(LINE, order),
        amount_fen=f"{cost_fen / 100:.2f}",
        reason="路上压坏了",
    )
    merchant.shot("85-refunded-by-agreement", axe=False)
    shop.until(lambda: shop.value(AVAILABLE) == -earned_fen, what="the reward is owed")
    assert desk(mei, "可结算") == money(-earned_fen)
    mei.shot("86-sharer-below-zero")
    back(shop, order)
    wang.open(f"/orders/{order}/")
    wang.page.get_by_text("路上压坏了").wait_for()
    wang.shot("87-refunded-for-what-was-sent")


def paid_out(shop, merchant, fen):
    pk = shop.value("SELECT id FROM sharers_sharer WHERE name = '李梅的好物'")
    merchant.open(f"/office/sharers/sharer/{pk}/change/")
    merchant.page.fill("input[name=paid_fen]", f"{fen / 100:.2f}")
    merchant.page.locator("input[name=_save], button[name=_save]").first.click()
    merchant.page.get_by_text("已登记结算").wait_for()
