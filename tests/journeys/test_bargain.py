"""A bargain: twelve friends help with one tap each, the floor is bought, and the browser checks it."""

import re

from tests.shop import Shop

VINEGAR = "三年陈老醋"
HELPERS, FLOOR_FEN = 12, 3800
STATE = "SELECT state FROM bargain_bargain WHERE public_id = %s"


def friends(shop: Shop) -> list[str]:
    """Twelve people whom the shop has never seen."""
    keys = [f"friend{number}" for number in range(1, HELPERS + 1)]
    for number, key in enumerate(keys, start=1):
        shop.control("POST", "people", key=key, nickname=f"朋友{number}")
    return keys


def test_twelve_helpers_reach_the_floor_and_the_browser_verifies_it(shop, visit):
    alice = visit("limei")
    ref, link = launched(shop, alice)
    for number, key in enumerate(friends(shop), start=1):
        help_once(visit(key), link, number)
    fen = "SELECT list_fen - cut_fen FROM bargain_bargain WHERE public_id = %s"
    assert shop.value(fen, ref) == FLOOR_FEN
    order = bought(alice, ref)
    assert shop.value("SELECT goods_fen FROM orders_order WHERE public_id = %s", order) == FLOOR_FEN
    shop.until(lambda: shop.value(STATE, ref) == "bought", what="the bargain is bought")
    verified(visit("zhaolei"), ref)
    changed(visit("chenjing"), ref)
    lapsed(shop, visit("friend1"), ref)
    done = shop.manage("bargain_verify", ref)
    assert f"{HELPERS} of {HELPERS} helps, 0 faults" in done.stdout, done.stderr
    assert shop.audit() == []


def launched(shop, alice):
    """From the product to a bargain of one's own; its public id and the link to send."""
    page = alice.page
    alice.product(VINEGAR, "/store/zaoyuan/")
    alice.click("发起砍价")
    page.get_by_role("heading", name="发起砍价").wait_for()
    alice.shot("60-bargain-launch")
    alice.click("开始砍")
    page.wait_for_url(re.compile(r"/b/brg_\w+/$"))
    ref = re.search(r"brg_\w+", page.url)[0]
    page.get_by_role("heading", name=f"再有 {HELPERS} 人到底价").wait_for()
    page.get_by_text("我发起的砍价").wait_for()
    alice.shot("61-bargain-launched")
    link = alice.share()
    assert link.startswith(f"{shop.site}/b/{ref}/?s=")
    alice.open(f"/b/{ref}/verify/")
    page.get_by_text("现在封存着").wait_for()
    assert page.locator("[data-verify-text]").count() == 0
    alice.shot("62-bargain-sealed")
    return ref, link


def help_once(friend, link, number):
    """One tap of somebody whom the shop does not know: it leads through WeChat's silent sign-in and
    counts on the way back."""
    friend.open(link)
    button = friend.page.locator(".bottom-bar").get_by_role("button", name="帮砍一刀")
    button.wait_for()
    if number == 1:
        friend.shot("63-bargain-as-a-friend")
    button.click()
    friend.page.get_by_text("帮砍成功").wait_for()
    if number == 2:
        friend.shot("64-bargain-helped")
        friend.click("看这个砍价")
        friend.page.get_by_text("你帮砍了").wait_for()
        friend.click("展示我")
        friend.page.get_by_role("button", name="改为匿名").wait_for()
        friend.shot("65-bargain-with-my-name")


def bought(alice, ref):
    """The launcher buys at the floor; the order's public id."""
    alice.open(f"/b/{ref}/")
    alice.page.get_by_role("heading", name="已到底价", exact=True).wait_for()
    buy = alice.page.locator(".bottom-bar").get_by_role("link", name="按现价买")
    buy.wait_for()
    alice.shot("66-bargain-at-the-floor")
    buy.click()
    alice.page.get_by_role("heading", name="按砍后的价格购买").wait_for()
    alice.shot("67-bargain-checkout")
    order = alice.order("提交订单")
    alice.pay()
    alice.paid()
    return order


def verified(stranger, ref):
    """Anybody's browser finds it fair."""
    stranger.open(f"/b/{ref}/verify/")
    stranger.page.get_by_text("核对通过").wait_for()
    assert stranger.page.locator("[data-help]").count() == HELPERS
    stranger.shot("68-bargain-verified")
    stranger.open(f"/b/{ref}/")
    stranger.page.get_by_role("heading", name="已按 ¥38.00 买到").wait_for()
    stranger.shot("69-bargain-bought")


# The fingerprint is made to fit, so that only drawing again from the nonce can tell.
OTHER_NONCE = """
    const box = document.querySelector('[data-verify]');
    const text = box.querySelector('[data-verify-text]');
    const told = JSON.parse(text.value);
    told.nonce = told.nonce.split('').reverse().join('');
    text.value = JSON.stringify(told);
    const bytes = box.dataset.commitment.match(/../g).map((hex) => parseInt(hex, 16));
    crypto.subtle.digest = async () => Uint8Array.from(bytes).buffer;
"""


def changed(victim, ref):
    """The browser sees through a page whose numbers were changed on the way."""
    # Before deferred scripts run: as if the server had sent other numbers.
    before = "document.addEventListener('readystatechange', () => {{ {act} }}, {{ once: true }})"
    for act, verdict in [
        ("document.querySelector('[data-help]').dataset.cut = '1'", "cuts"),
        ("document.querySelector('[data-verify-text]').value += ' '", "hash"),
        (OTHER_NONCE, "cuts"),
        # As if other terms had been announced than the cuts were drawn for.
        ("document.querySelector('[data-verify]').dataset.newcomers = '0'", "cuts"),
        ("document.querySelector('[data-verify]').dataset.weight = '1'", "cuts"),
    ]:
        page = victim.page.context.new_page()
        page.add_init_script(before.format(act=act))
        page.goto(f"{victim.shop.site}/b/{ref}/verify/")
        page.locator(f"[data-verified={verdict}]").wait_for()
        page.close()


def lapsed(shop, friend, ref):
    """A friend launches one, too, and its time runs out: the clock ends it, and nobody else does."""
    campaign = shop.value(
        "SELECT c.public_id FROM bargain_bargaincampaign c"
        " JOIN bargain_bargain b ON b.campaign_id = c.id WHERE b.public_id = %s",
        ref,
    )
    friend.open(f"/bargains/{campaign}/")
    friend.page.get_by_role("heading", name="发起砍价").wait_for()
    friend.click("开始砍")
    friend.page.wait_for_url(re.compile(r"/b/brg_\w+/$"))
    theirs = re.search(r"brg_\w+", friend.page.url)[0]
    assert shop.value(STATE, theirs) == "running"
    shop.sql(
        "UPDATE bargain_bargain SET deadline_at = now(), due_at = now() WHERE public_id = %s",
        theirs,
    )
    shop.until(lambda: shop.value(STATE, theirs) == "expired", what="the bargain lapses")
    friend.open(f"/b/{theirs}/")
    friend.page.get_by_role("heading", name="这个砍价已过期").wait_for()
