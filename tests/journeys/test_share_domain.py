"""A store's links lead to a share domain: there one signs in through the main host, and buys."""

import re

import pytest

MILLET = "沁州黄小米"
HOST = "localhost"
POOL = """
from wechat.domains import domains_forget
from wechat.models import ShareDomain
ShareDomain.objects.update_or_create(host='localhost', defaults={'state': '%s'})
domains_forget()
"""
TRADE = (
    "SELECT a.mchid, p.out_trade_no FROM payments_payment p "
    "JOIN payments_merchantaccount a ON a.id = p.account_id WHERE p.order_ref = %s"
)


@pytest.fixture
def pool(shop):
    """One more host, known to WeChat for the JS-SDK and for paying, and not for signing in."""

    def state(name):
        done = shop.manage("shell", "--no-imports", "-c", POOL % name)
        assert done.returncode == 0, done.stderr

    shop.stack["web"].env["SHARE_HOSTS"] = shop.stack.env["SHARE_HOSTS"] = HOST
    done = shop.manage("simulator_provision")
    assert done.returncode == 0, done.stderr
    shop.stack.restart("web")
    state("active")
    yield state
    state("retired")


def test_a_card_leads_to_a_share_domain_where_one_signs_in_and_buys(shop, visit, pool):
    mei, wang = visit("limei"), visit("wangqiang")
    there = shop.site.replace("127.0.0.1", HOST)
    mei.open("/me/")
    mei.product(MILLET)
    link = mei.share()
    assert re.match(rf"{there}/p/pro_\w+/\?s=\w+$", link)
    passed = []
    wang.page.on("request", lambda request: passed.append(request.url))
    wang.open(link)
    wang.page.wait_for_load_state("networkidle")
    wang.shot("95-share-domain")
    wang.choose("单独购买")
    wang.page.wait_for_url("**/checkout/**")
    wang.page.wait_for_load_state("networkidle")
    assert any("/wechat/relay/" in url and url.startswith(shop.site) for url in passed)
    assert wang.page.url.startswith(there)
    order = wang.order("提交订单")
    wang.click("微信支付")
    # The simulated cashier is of another site than this host: no cookie says there whose phone it is.
    wang.page.get_by_role("button", name="再次打开微信支付").wait_for()
    trade = shop.sql(TRADE, order)[0]
    shop.control("POST", "pay", person="wangqiang", **trade)
    wang.paid()
    assert wang.page.url.startswith(there)
    source = (
        "SELECT l.token FROM sharing_attribution a JOIN orders_order o ON o.id = a.order_id "
        "JOIN sharing_sharelink l ON l.id = a.link_id WHERE o.public_id = %s"
    )
    found = shop.until(lambda: shop.sql(source, order), what="the order is attributed")
    assert found[0]["token"] == re.search(r"s=(\w+)", link)[1]

    pool("retired")
    mei.product(MILLET)
    assert mei.share().startswith(f"{shop.site}/p/")
    # The link that is out there still opens.
    visit("chenjing").open(link).page.get_by_role("heading", name=MILLET).wait_for()
    assert shop.audit() == []
