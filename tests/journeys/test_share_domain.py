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


# A store's own 服务号: people come back from it to its own host, and its merchant number is of it.
OWN, SECRET = "wx00000000000000bb", "t" * 32
ACCOUNT = """
from django.conf import settings
from payments.models import MerchantAccount
from stores.models import Store
from wechat.domains import domains_forget
from wechat.models import ShareDomain
appid, secret, state = %r
row, _made = ShareDomain.objects.update_or_create(host='localhost', defaults={
    'is_pool': not appid, 'appid': appid, 'secret': secret, 'state': state})
store = Store.objects.get(products__title='沁州黄小米')
Store.objects.filter(pk=store.pk).update(share_domain=row if appid else None)
domains_forget()
account = MerchantAccount.objects.get(store=store, is_active=True)
account.appid = appid or settings.WECHAT_APPID
account.save(update_fields=['appid'])
print(account.mchid, account.appid)
"""


def scripted(shop, script):
    done = shop.manage("shell", "--no-imports", "-c", script)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def host(shop):
    """One more host of the shop."""
    shop.stack["web"].env["SHARE_HOSTS"] = shop.stack.env["SHARE_HOSTS"] = HOST
    done = shop.manage("simulator_provision")
    assert done.returncode == 0, done.stderr
    shop.stack.restart("web")


@pytest.fixture
def pool(shop, host):
    """It is known to WeChat for the JS-SDK and for paying, and not for signing in."""

    def state(name):
        scripted(shop, POOL % name)

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


@pytest.fixture
def own_account(shop, host):
    """The store has a 服务号 of its own for a while."""
    shop.control("PUT", f"apps/{OWN}", secret=SECRET, name="一方水土", domains=[HOST])

    def becomes(appid, secret, state):
        mchid, appid = scripted(shop, ACCOUNT % ((appid, secret, state),)).split()
        shop.control("PUT", f"merchants/{mchid}", name="一方水土", appids=[appid])

    becomes(OWN, SECRET, "active")
    yield
    becomes("", "", "retired")


def test_a_store_with_its_own_account_is_paid_on_the_main_host_too(shop, visit, own_account):
    wang = visit("wangqiang")
    wang.open("/me/")
    wang.product(MILLET)
    wang.choose("单独购买")
    wang.page.wait_for_url("**/checkout/**")
    order = wang.order("提交订单")
    passed = []
    wang.page.on("request", lambda request: passed.append(request.url))
    wang.click("微信支付")
    wang.page.locator("button[value=jsapi]").wait_for()
    there = shop.site.replace("127.0.0.1", HOST)
    assert any(url.startswith(f"{there}/wechat/relay/") for url in passed)
    assert wang.page.url.startswith(f"{shop.site}/orders/{order}/pay/")
    wang.pay()
    wang.paid()
    assert wang.page.url.startswith(shop.site)
    # Whoever holds the phone has paid; that makes nobody one with who is signed in.
    assert shop.value("SELECT count(*) FROM accounts_wechatidentity WHERE appid = %s", OWN) == 0
    assert shop.audit() == []
