"""The cashier offers what the place can do, and believes nothing that a phone says."""

import html
import re

import pytest

from core import clock
from core.money import yuan
from orders.services import order_price_ask
from orders.tests.factories import deliver, order_make, person
from payments.models import Payment
from payments.tests.fake import provider_faked
from wechat.domains import domains_forget
from wechat.tests.factories import domain_make

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"
WECHAT = f"{PHONE} MicroMessenger/8.0.50"
DESK = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0"


@pytest.fixture
def order(client):
    who = person()
    client.force_login(who.user)
    return order_make(who=who)


@pytest.fixture
def fake(order, monkeypatch):
    account = Payment.objects.get(order_ref=order.public_id).account
    return provider_faked(monkeypatch, account)


def page(client, order, agent):
    answer = client.get(f"/orders/{order.public_id}/pay/", headers={"User-Agent": agent})
    return answer.content.decode()


def prepare(client, order, channel, agent=PHONE, payable_fen=None, **extra):
    shown = str(order.payable_fen) if payable_fen is None else payable_fen
    return client.post(
        f"/orders/{order.public_id}/pay/prepare/",
        {"channel": channel, "payable_fen": shown},
        headers={"User-Agent": agent},
        **extra,
    )


@pytest.mark.parametrize(("agent", "offers"), [(PHONE, True), (WECHAT, False), (DESK, False)])
def test_only_a_phones_browser_is_offered_to_leave_for_wechat(client, order, agent, offers):
    assert ('value="h5"' in page(client, order, agent)) is offers


def test_the_phone_leaves_with_a_way_back(client, order, fake, settings):
    text = prepare(client, order, "h5", REMOTE_ADDR="10.9.8.7").content.decode()
    assert "data-h5-pay" in text
    assert "redirect_url=http" in text
    assert f"orders%2F{order.public_id}%2Fresult%2F" in text
    payment = Payment.objects.get(order_ref=order.public_id)
    assert (payment.channel, payment.payer_ip, payment.state) == ("h5", "10.9.8.7", "prepared")


def test_coming_back_says_nothing_about_the_money(client, order, fake):
    prepare(client, order, "h5")
    text = client.get(f"/orders/{order.public_id}/result/").content.decode()
    assert "付款成功" not in text
    order.refresh_from_db()
    assert order.state == "awaiting_payment"


def test_a_phone_may_change_its_mind_and_show_a_code(client, order, fake):
    prepare(client, order, "h5")
    prepare(client, order, "native")
    attempts = Payment.objects.filter(order_ref=order.public_id).order_by("pk")
    assert [(one.channel, one.state) for one in attempts] == [
        ("h5", "closed"),
        ("native", "prepared"),
    ]


def test_a_channel_that_is_none_shows_a_code(client, order, fake):
    prepare(client, order, "bitcoin")
    assert Payment.objects.get(order_ref=order.public_id).channel == "native"


@pytest.mark.parametrize("htmx", [{}, {"HTTP_HX_REQUEST": "true"}])
def test_another_sum_is_shown_before_anybody_is_asked_to_pay_it(client, order, fake, htmx):
    assert f'name="payable_fen" value="{order.payable_fen}"' in page(client, order, PHONE)
    dearer = order.payable_fen + 1000
    order_price_ask(order_id=order.pk, payable_fen=dearer, by_id=None, now=clock.now())
    deliver()
    answer = prepare(client, order, "h5", **htmx)
    back = answer.headers["HX-Redirect" if htmx else "Location"]
    assert back == f"/orders/{order.public_id}/pay/"
    assert not Payment.objects.filter(state="prepared").exists()
    text = page(client, order, PHONE)
    assert f"现在是 ¥{yuan(dearer)}" in text
    assert f'name="payable_fen" value="{dearer}"' in text
    prepare(client, order, "h5", payable_fen=str(dearer), **htmx)
    assert Payment.objects.get(state="prepared").amount_fen == dearer


@pytest.mark.django_db(transaction=True)
def test_a_price_that_changes_while_the_channel_does_is_shown_first(
    client, order, fake, monkeypatch
):
    """WeChat takes its time to close the old attempt, and the merchant asks for more meanwhile."""
    prepare(client, order, "native")
    dearer, close = order.payable_fen + 2000, fake.close

    def slowly(out_trade_no):
        order_price_ask(order_id=order.pk, payable_fen=dearer, by_id=None, now=clock.now())
        close(out_trade_no)

    monkeypatch.setattr(fake, "close", slowly)
    answer = prepare(client, order, "h5")
    assert answer.headers["Location"] == f"/orders/{order.public_id}/pay/"
    deliver()
    live = Payment.objects.get(state="open")
    assert (live.amount_fen, live.asked_at) == (dearer, None)
    assert f"现在是 ¥{yuan(dearer)}" in page(client, order, PHONE)


def test_who_sends_no_sum_is_shown_it_first(client, order, fake):
    answer = client.post(f"/orders/{order.public_id}/pay/prepare/", {"channel": "native"})
    assert answer.headers["Location"] == f"/orders/{order.public_id}/pay/"
    assert fake.calls == []
    text = page(client, order, PHONE)
    assert f"请先核对应付金额 ¥{yuan(order.payable_fen)}" in text
    prepare(client, order, "native")
    assert Payment.objects.get().state == "prepared"


def test_a_sum_that_is_none_is_another_sum(client, order, fake):
    prepare(client, order, "native", payable_fen="一块")
    assert fake.calls == []
    assert "应付金额变了" in page(client, order, PHONE)


@pytest.fixture
def stores_own(order, settings):
    """The store is paid at its own 服务号, which has a host of its own; the page is the main one's."""
    settings.WECHAT_APPID = "wx00000000000000ff"
    appid = Payment.objects.get(order_ref=order.public_id).account.appid
    yield domain_make("dates.example", is_pool=False, appid=appid, secret="t" * 32)
    domains_forget()


def test_inside_wechat_the_openid_is_asked_of_the_account_that_takes_the_money(
    client, order, fake, stores_own
):
    text = page(client, order, WECHAT)
    way = re.search(r'href="(/wechat/sign-in/[^"]+)"', text)
    assert f"appid={stores_own.appid}" in html.unescape(way[1])
    assert 'value="jsapi"' not in text
    answer = prepare(client, order, "jsapi", WECHAT)
    assert f"appid={stores_own.appid}" in answer["Location"]
    assert fake.calls == []


def test_the_openid_that_wechat_told_this_browser_pays(client, order, fake, stores_own):
    """Another account of the same person has it, with orders of its own: the two are not one."""
    session = client.session
    session["wechat_openids"] = {stores_own.appid: "o-here"}
    session.save()
    assert 'value="jsapi"' in page(client, order, WECHAT)
    text = prepare(client, order, "jsapi", WECHAT).content.decode()
    assert "data-bridge" in text
    # Should WeChat say that another account pays, the phone's own one can be asked anew.
    failed = text[text.index("data-wx-failed") :]
    assert f"appid={stores_own.appid}" in html.unescape(failed[: failed.index("</div>")])
    payment = Payment.objects.get(order_ref=order.public_id)
    assert (payment.channel, payment.payer_openid) == ("jsapi", "o-here")


def test_an_account_of_nobodys_is_paid_by_scanning(client, order, fake, stores_own):
    stores_own.delete()
    domains_forget()
    text = page(client, order, WECHAT)
    assert "不能在微信里直接付款" in text
    assert "/wechat/sign-in/" not in text
    assert 'value="jsapi"' not in text
    assert prepare(client, order, "jsapi", WECHAT)["Location"] == f"/orders/{order.public_id}/pay/"
    prepare(client, order, "native", WECHAT)
    assert Payment.objects.get(state="prepared").channel == "native"
