"""The checkout of a bargain: its price, its refusals, and what is left of it."""

import re

import pytest

from accounts.models import Address
from campaigns.bargain.tests.factories import FLOOR_FEN, buy, campaign_make, give, reached
from campaigns.bargain.tests.pages import HTMX, page, path_of, text_of
from core.idempotency import form_key_new
from orders.models import Order
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def form(who, bargain, shown_fen, **changes):
    return {
        "sku": bargain.campaign.sku.public_id,
        "quantity": "1",
        "address": Address.objects.get(user=who.user).public_id,
        "note": "",
        "shown_fen": str(shown_fen),
        "form_key": form_key_new(),
        **changes,
    }


def test_buying_by_the_form_leads_to_the_cashier(client, alice):
    bargain = reached(campaign_make(), alice)
    client.force_login(alice.user)
    path = path_of(bargain, "buy/")
    shown = int(re.search(r'name="shown_fen" value="(\d+)"', page(client, path))[1])
    assert shown == FLOOR_FEN + cast.FREIGHT_FEN
    answer = client.post(path, form(alice, bargain, shown))
    order = Order.objects.get()
    assert answer["Location"] == f"/orders/{order.public_id}/pay/"
    assert order.payable_fen == shown
    mine = page(client, path_of(bargain, "mine/"), headers=HTMX)
    assert f"/orders/{order.public_id}/pay/" in mine
    assert path_of(bargain) in page(client, "/orders/")
    assert path_of(bargain) in page(client, f"/orders/{order.public_id}/")
    assert "砍价继续" in page(client, f"/orders/{order.public_id}/close/")
    assert "去那个订单" in page_of_refusal(client, path)


def page_of_refusal(client, path):
    answer = client.get(path)
    assert answer.status_code == 409
    return text_of(answer)


def test_a_price_that_fell_in_between_is_shown_first(client, bargain, alice):
    client.force_login(alice.user)
    shown = bargain.price_fen + cast.FREIGHT_FEN
    give(bargain)
    answer = client.post(path_of(bargain, "buy/"), form(alice, bargain, shown, note="放门口"))
    assert answer.status_code == 409
    text = text_of(answer)
    bargain.refresh_from_db()
    assert f'name="shown_fen" value="{bargain.price_fen + cast.FREIGHT_FEN}"' in text
    assert "放门口" in text
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": "2"}, "每单最多 1 件"),
        ({"address": "adr_somebody"}, "收货地址"),
        ({"sku": "sku_other"}, "规格"),
        ({"note": "\x00"}, "不能保存的字符"),
        ({"form_key": "x"}, "页面打开太久"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(client, bargain, alice, changes, words):
    client.force_login(alice.user)
    sent = form(alice, bargain, bargain.price_fen + cast.FREIGHT_FEN, note="放门口") | changes
    answer = client.post(path_of(bargain, "buy/"), sent)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not Order.objects.exists()


def test_a_stranger_cannot_buy_at_the_price(client, bargain):
    bob = cast.person()
    client.force_login(bob.user)
    assert "只有发起人" in page_of_refusal(client, path_of(bargain, "buy/"))
    shown = bargain.price_fen + cast.FREIGHT_FEN
    answer = client.post(path_of(bargain, "buy/"), form(bob, bargain, shown))
    assert answer.status_code == 409
    assert not Order.objects.exists()


def test_what_is_left_of_it_is_said_when_its_order_closes(client, bargain, alice):
    from core import clock
    from orders.services import order_close_request

    order = cast.order_of(buy(bargain, alice))
    order_close_request(order_id=order.pk, now=clock.now())
    cast.deliver()
    client.force_login(alice.user)
    assert path_of(bargain) in page(client, f"/orders/{order.public_id}/result/")
