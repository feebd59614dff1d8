"""Under the strict policy, inside WeChat: what is for sale is shown and sold, and nobody is asked to
share or to help. Outside of WeChat everything is there; and so it is where a store took the risk."""

import re

import pytest

from tests.journeys.test_bargain import launched
from tests.journeys.test_sharer import PLAN

MILLET = "沁州黄小米"
DESK = "/store/zaoyuan/sharer/"
CHROME = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0 Mobile Safari/537.36"
)
FORGET = "from core.public_pages import public_pages_forget; public_pages_forget()"
# The running campaign ends, its bargains go on, and the same terms are there as a draft.
DRAFT = """
from campaigns.bargain.models import BargainCampaign
from campaigns.bargain.services import campaign_end
from core import clock
old = BargainCampaign.objects.get(state='published', store__slug='zaoyuan')
campaign_end(campaign_id=old.pk, now=clock.now())
names = ('store', 'sku', 'floor_fen', 'helpers', 'starts_at', 'ends_at', 'quota', 'helps_per_day')
print(BargainCampaign.objects.create(**{name: getattr(old, name) for name in names}).pk)
"""
ASKING = ("发给微信好友", "生成海报", "复制链接")


@pytest.fixture
def policy(shop):
    """policy("strict"): the same shop goes on as it does in production."""

    def change(name):
        shop.stack["web"].env["WECHAT_SHARE_POLICY"] = name
        shop.stack.restart("web")
        done = shop.manage("shell", "--no-imports", "-c", FORGET)
        assert done.returncode == 0, done.stderr

    yield change
    change("open")


def asked(visitor):
    """What the page asks its reader to do with it, as the reader sees it."""
    return [
        words for words in ASKING if visitor.page.get_by_text(words).locator("visible=true").count()
    ]


def offered_to_wechat(visitor):
    """The channels that the page's card was set for at WeChat."""
    visitor.page.wait_for_function(
        "() => (document.documentElement.dataset.simulatorCard || '').includes('friend')"
    )
    return visitor.page.evaluate("document.documentElement.dataset.simulatorCard")


def test_strict_inside_wechat_and_everything_outside(shop, visit, policy):
    leader, launcher = visit("chenjing"), visit("zhaolei")
    leader.product(MILLET)
    leader.choose("发起拼团")
    order = leader.order("开团并付款")
    leader.pay()
    leader.paid()
    group = shop.value("SELECT offer_ref FROM orders_order WHERE public_id = %s", order)
    bargain, _link = launched(shop, launcher)
    mei = sharing(shop, visit)
    policy("strict")
    outside(visit("", agent=CHROME), group, bargain)
    inside(shop, visit("wangqiang"), group, bargain)
    rewards(mei, visit("", agent=CHROME))
    with_the_risk_taken(shop, visit)
    assert shop.audit() == []


def outside(phone, group, bargain):
    """A phone's browser: everything is there."""
    phone.open(f"/g/{group}/")
    phone.page.get_by_role("link", name="参加这个团").wait_for()
    assert asked(phone) == ["生成海报", "复制链接"]
    phone.shot("90-strict-group-outside")
    phone.open(f"/b/{bargain}/")
    phone.page.locator(".bottom-bar").get_by_role("button", name="帮砍一刀").wait_for()
    assert asked(phone) == ["生成海报", "复制链接"]
    phone.shot("91-strict-bargain-outside")


def inside(shop, reader, group, bargain):
    """Inside WeChat: the price and the way to buy, and nothing that asks for more."""
    reader.open(f"/b/{bargain}/")
    reader.page.get_by_text("用浏览器打开本页").wait_for()
    reader.page.locator(".bottom-bar").get_by_role("link", name="直接购买").wait_for()
    assert reader.page.get_by_role("button", name="帮砍一刀").count() == 0
    assert asked(reader) == []
    assert "moments" not in offered_to_wechat(reader)
    reader.shot("92-strict-bargain-inside")
    reader.product(MILLET)
    assert asked(reader) == []
    assert "moments" not in offered_to_wechat(reader)
    # WeChat's own menu does not offer what the page would not be blamed for.
    reader.page.get_by_role("button", name="更多").click()
    reader.page.get_by_role("button", name="转发给朋友").wait_for()
    assert not reader.page.get_by_role("button", name="分享到朋友圈").is_visible()
    reader.open(f"/g/{group}/")
    reader.page.get_by_role("link", name="参加这个团").wait_for()
    assert asked(reader) == []
    assert "moments" not in offered_to_wechat(reader)
    reader.shot("93-strict-group-inside")
    reader.click("参加这个团")
    reader.page.get_by_role("heading", name="参加拼团").wait_for()
    order = reader.order("参团并付款")
    reader.pay()
    reader.paid()
    assert asked(reader) == []
    state = "SELECT state FROM orders_order WHERE public_id = %s"
    shop.until(lambda: shop.value(state, order) == "to_ship", what="the group is complete")


def sharing(shop, visit):
    """Li Mei's phone; she is a sharer of the store."""
    done = shop.manage("shell", "--no-imports", "-c", PLAN)
    assert done.returncode == 0, done.stderr
    mei = visit("limei").open(DESK)
    mei.page.get_by_role("heading", name="分享员").wait_for()
    if mei.page.locator("input[name=name]").count():
        mei.page.locator("input[name=name]").fill("李梅的好物")
        mei.click("申请成为分享员")
    mei.page.get_by_role("heading", name="我的橱窗").wait_for()
    return mei


def rewards(mei, phone):
    """Inside WeChat a sharer's desk only says where the rewards stand; in her browser they do."""
    mei.open(DESK)
    mei.page.get_by_text("奖励明细请在浏览器里打开本页查看").wait_for()
    assert mei.page.content().count("奖励") == 1
    mei.shot("95-strict-desk-inside")
    phone.page.context.add_cookies(mei.page.context.cookies())
    phone.open(DESK)
    phone.page.get_by_role("heading", name="奖励").wait_for()
    phone.shot("96-strict-desk-outside")


def with_the_risk_taken(shop, visit):
    """The store answers for it where it publishes: helping is there inside WeChat, too."""
    done = shop.manage("shell", "--no-imports", "-c", DRAFT)
    assert done.returncode == 0, done.stderr
    campaign = published_with_the_risk(visit, done.stdout.split()[-1])
    launcher, helper = visit("chenjing"), visit("limei")
    launcher.open(f"/bargains/{campaign}/")
    launcher.click("开始砍")
    launcher.page.wait_for_url(re.compile(r"/b/brg_\w+/$"))
    helper.open(launcher.page.url)
    button = helper.page.locator(".bottom-bar").get_by_role("button", name="帮砍一刀")
    button.wait_for()
    # What may be shared, but still nothing that covers the page.
    assert asked(helper) == ["生成海报", "复制链接"]
    helper.shot("94-strict-bargain-risk-taken")
    button.click()
    helper.page.get_by_text("帮砍成功").wait_for()


def published_with_the_risk(visit, pk):
    """Wang ticks the risk, publishes, reads the finding and takes it; the campaign's public id."""
    wang = visit("", desk=True, office=True).office("wang@zaoyuan.example")
    wang.open(f"/office/bargain/bargaincampaign/{pk}/change/")
    wang.page.locator("input[name=wechat_risk_accepted]").check()
    wang.page.locator("[name=_save]").first.click()
    wang.page.wait_for_url(re.compile(r"/bargaincampaign/(\?.*)?$"))
    wang.page.locator(f"input.action-select[value='{pk}']").check()
    wang.page.locator("select[name=action]").first.select_option("publish")
    wang.page.locator("button[name=index]").first.click()
    tick = wang.page.locator("input[name^=ack-]")
    campaign = tick.get_attribute("name").removeprefix("ack-")
    tick.check()
    wang.page.get_by_role("button", name="确认并发布").click()
    wang.page.get_by_text("的砍价已发布").first.wait_for()
    return campaign
