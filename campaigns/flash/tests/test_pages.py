"""The pages of flash sales: the slots, the product page, the checkout, the refusals, reminders."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Address, Consent
from campaigns.flash.models import FlashCampaign, FlashOffer, FlashReminder
from campaigns.flash.services import campaign_cancel, campaign_publish
from campaigns.flash.tests.factories import (
    attempt,
    coming,
    offer_add,
    offer_make,
    opened,
    over,
)
from core import clock
from core.idempotency import form_key_new
from core.public_pages import public_pages_forget
from orders.models import Order
from stores.tests.factories import pickup_make
from tests import cast
from tests.database import statements

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    cache.clear()
    public_pages_forget()


@pytest.fixture
def alice():
    return cast.person("李梅")


@pytest.fixture
def offer():
    return offer_make()


def page(client, path, *, status=200):
    public_pages_forget()
    answer = client.get(path)
    assert answer.status_code == status, path
    text = answer.content.decode()
    assert "{#" not in text
    return text


def buy_path(offer):
    return f"/flash/{offer.public_id}/buy/"


def form(who, offer, **changes):
    return {
        "sku": offer.sku.public_id,
        "quantity": "1",
        "address": Address.objects.get(user=who.user).public_id,
        "note": "轻放",
        "shown_fen": str(offer.flash_fen + cast.FREIGHT_FEN),
        "form_key": form_key_new(),
        **changes,
    }


def test_the_slots_as_tabs_with_real_numbers_and_nothing_personal(client, offer, alice):
    attempt(offer, alice, quantity=2)
    later = offer_make(store=offer.store, running=False)
    public_pages_forget()
    answer = client.get("/flash/")
    text = answer.content.decode()
    assert answer["Cache-Control"].startswith("public")
    assert "抢购中" in text
    assert "即将开始" in text
    assert "已抢 2 / 50 件" in text
    assert f'href="{buy_path(offer)}"' in text
    assert "¥39.00" in text or "39" in text
    assert buy_path(later) not in text
    assert "李梅" not in text
    assert "<form" not in text
    tomorrow = page(client, f"/flash/slot/{_slot(later)}/")
    assert f"/flash/{later.public_id}/remind/" in tomorrow
    assert "共 50 件" in tomorrow
    assert "data-countdown-reload" in tomorrow


def _slot(offer):
    from campaigns.flash.queries import flash_terms

    return flash_terms(offer.public_id, now=clock.now()).slot


def test_ended_sold_out_cancelled_and_draft(client, offer):
    FlashOffer.objects.filter(pk=offer.pk).update(sold=50)
    text = page(client, "/flash/")
    assert "已抢光" in text
    assert buy_path(offer) not in text
    over(offer)
    assert "已结束" in page(client, f"/flash/slot/{_slot(offer)}/")
    campaign_cancel(campaign_id=offer.campaign_id, now=clock.now())
    assert "今天和明天都没有秒杀" in page(client, "/flash/")
    draft = offer_make(publish=False)
    assert "今天和明天都没有秒杀" in page(client, "/flash/")
    page(client, "/flash/slot/0101-1000-1200/", status=404)
    client.force_login(cast.person().user)
    page(client, buy_path(draft), status=404)
    page(client, "/flash/fso_nobody/remind/", status=404)


def with_more(number):
    """A running campaign with one offer and so many more."""
    offer = offer_make(publish=False)
    for _ in range(number):
        offer_add(offer.campaign)
    campaign_publish(campaign_id=offer.campaign_id, now=clock.now())
    opened(offer)
    return offer


def test_a_slot_with_more_than_a_page_hides_no_other_slot(client, monkeypatch):
    monkeypatch.setattr("campaigns.flash.queries.OFFERS_ON_A_PAGE", 3)
    crowded = with_more(7)
    later = offer_make(store=crowded.store, running=False)
    slot = _slot(crowded)
    seen = [page(client, f"/flash/slot/{slot}/?page={number}") for number in (1, 2, 3)]
    assert [text.count("flash-item") for text in seen] == [3, 3, 2]
    for text in seen:
        assert f"/flash/slot/{_slot(later)}/" in text
    assert 'rel="next"' in seen[0] and 'rel="next"' not in seen[2]
    refs = set(crowded.campaign.offers.values_list("public_id", flat=True))
    assert all(sum(ref in text for text in seen) == 1 for ref in refs)
    assert f"/flash/{later.public_id}/remind/" in page(client, f"/flash/slot/{_slot(later)}/")
    page(client, f"/flash/slot/{slot}/?page=4", status=404)


def test_more_offers_cost_no_more_queries(client, offer, django_assert_num_queries):
    few = statements(lambda: client.get("/flash/"))
    assert few <= 5
    with_more(3)
    public_pages_forget()
    assert statements(lambda: client.get("/flash/")) == few
    with django_assert_num_queries(0):
        client.get("/flash/")


def test_the_product_page_offers_it(client, offer):
    product = f"/p/{offer.sku.product.public_id}/"
    text = page(client, product)
    assert buy_path(offer) in text
    assert "已抢 0 / 50 件" in text
    coming(offer)
    text = page(client, product)
    assert buy_path(offer) not in text
    assert f"/flash/{offer.public_id}/remind/" in text
    over(offer)
    assert "/flash/" not in page(client, product)


def test_the_home_page_leads_there_while_there_is_something(client, offer):
    assert 'href="/flash/"' in page(client, "/")
    over(offer)
    assert 'href="/flash/"' not in page(client, "/")


def test_a_shopper_buys(client, offer, alice):
    path = buy_path(offer)
    assert client.get(path).status_code == 302
    client.force_login(alice.user)
    text = page(client, path)
    assert "秒杀下单" in text
    assert "每人限购 2 件" in text
    assert "5 分钟内付款" in text
    sent = form(alice, offer, quantity="2", shown_fen=str(2 * offer.flash_fen + cast.FREIGHT_FEN))
    answer = client.post(path, sent)
    order = Order.objects.get()
    assert answer.status_code == 302
    assert order.public_id in answer["Location"]
    assert order.goods_fen == 2 * offer.flash_fen
    # The form sent again leads to the same order.
    assert client.post(path, sent)["Location"] == answer["Location"]
    assert Order.objects.count() == 1
    assert cast.broken() == []


def test_what_is_wrong_in_the_form_is_said_and_the_token_given_back(client, alice):
    offer = offer_make(quota=1, per_person=1)
    client.force_login(alice.user)
    answer = client.post(buy_path(offer), form(alice, offer, address=""))
    assert answer.status_code == 422
    assert "轻放" in answer.content.decode()
    changed = client.post(buy_path(offer), form(alice, offer, shown_fen="1"))
    assert changed.status_code == 409
    bob = cast.person("Bob")
    client.force_login(bob.user)
    assert client.post(buy_path(offer), form(bob, offer)).status_code == 302


def test_who_cannot_win_is_answered_without_opening_the_order_path(client, offer, alice):
    client.force_login(alice.user)
    client.get("/flash/mine/")  # the session is in the cache from here on
    FlashOffer.objects.filter(pk=offer.pk).update(sold=50)
    sent = form(alice, offer)
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(buy_path(offer), sent)
    seen = [query["sql"] for query in captured.captured_queries]
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "已经抢光" in text
    assert "轻放" in text  # what was typed is kept
    assert sent["form_key"] in text
    # The person, the offer, and whether this very form had placed an order.
    assert len(seen) == 3, seen
    assert all(sql.startswith(("SELECT", "EXECUTE accounts_user_get")) for sql in seen)
    assert not any("orders_" in sql or "catalog_" in sql for sql in seen)


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda offer: coming(offer), "还没有开抢"),
        (lambda offer: over(offer), "已经结束"),
        (lambda offer: FlashOffer.objects.filter(pk=offer.pk).update(sold=50), "已经抢光"),
    ],
)
def test_opening_the_form_in_vain_says_so(client, offer, alice, prepare, words):
    prepare(offer)
    client.force_login(alice.user)
    text = page(client, buy_path(offer), status=409)
    assert words in text
    assert 'id="checkout"' not in text


def test_trying_again_sends_who_fetches_it_too(client, offer, alice):
    """The form of the page that turned somebody away is the whole form."""
    counter = pickup_make(offer.campaign.store)
    client.force_login(alice.user)
    coming(offer)
    Consent.objects.all().delete()
    fetched = {"delivery": counter.public_id, "recipient": "王小枣", "phone": "13811112222"}
    sent = form(alice, offer, shown_fen=str(offer.flash_fen), agree="on", **fetched)
    away = client.post(buy_path(offer), sent)
    assert away.status_code == 409
    again = {name: str(value) for name, value in away.context["kept"]}
    assert all(
        f'name="{name}" value="{value}"' in away.content.decode() for name, value in again.items()
    )
    opened(offer)
    assert client.post(buy_path(offer), again).status_code == 302
    order = Order.objects.get()
    assert (order.delivery, order.recipient) == ("pickup", "王小枣")


def test_too_many_tries_are_slowed_down(client, offer, alice):
    client.force_login(alice.user)
    FlashOffer.objects.filter(pk=offer.pk).update(sold=50)
    codes = [client.post(buy_path(offer), form(alice, offer)).status_code for _ in range(50)]
    assert codes[0] == 409
    assert 429 in codes


def test_a_reminder_is_asked_for_once_and_dropped(client, offer, alice):
    coming(offer)
    path = f"/flash/{offer.public_id}/remind/"
    assert client.get(path).status_code == 302
    client.force_login(alice.user)
    assert "同意接收这一条提醒" in page(client, path)
    for _ in range(2):
        assert client.post(path).status_code == 302
    assert FlashReminder.objects.count() == 1
    assert "已预约" in page(client, path)
    assert "你预约了 1 个秒杀" in page(client, "/flash/mine/")
    client.post(path, {"drop": "1"})
    assert not FlashReminder.objects.exists()


def test_a_reminder_that_comes_too_late_is_refused(client, offer, alice):
    coming(offer, minutes=4)
    client.force_login(alice.user)
    answer = client.post(f"/flash/{offer.public_id}/remind/")
    assert answer.status_code == 409
    assert "请直接去抢" in answer.content.decode()
    assert not FlashReminder.objects.exists()


def test_tomorrows_slots_do_not_hide_todays(client, offer):
    FlashCampaign.objects.filter(pk=offer.campaign_id).update(
        ends_at=clock.now() + timedelta(seconds=90)
    )
    offer_make(store=offer.store, running=False)
    assert buy_path(offer) in page(client, "/flash/")
