"""A list price that falls below what the helps left: the launcher never pays more than alone."""

import pytest

from campaigns.bargain.queries import bargain_board, bargains_of
from campaigns.bargain.tests.checks import told
from campaigns.bargain.tests.factories import FLOOR_FEN, buy, campaign_make, give, launch, reached
from campaigns.bargain.tests.pages import page, path_of
from catalog.models import Sku
from core import clock
from core.public_pages import public_pages_forget
from orders.models import Order, OrderLine
from orders.services import PriceChanged
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

LOW_FEN = 3000


def falls_to(bargain, fen):
    Sku.objects.filter(pk=bargain.campaign.sku_id).update(price_fen=fen)
    public_pages_forget()


def board(bargain):
    return bargain_board(bargain.public_id, now=clock.now())


@pytest.mark.parametrize("make", [launch, reached])
def test_the_lower_price_is_shown_and_charged_everywhere(client, alice, make):
    bargain = make(campaign_make(), alice)
    falls_to(bargain, LOW_FEN)
    assert (board(bargain).price_fen, bargains_of(alice.id)[0].price_fen) == (LOW_FEN, LOW_FEN)
    assert "按更低的这个价格购买" in page(client, path_of(bargain))
    client.force_login(alice.user)
    assert '<span class="bottom-bar__price">¥30.00</span> 按现价买' in page(
        client, path_of(bargain, "mine/"), headers={"hx-request": "true"}
    )
    total = LOW_FEN + cast.FREIGHT_FEN
    assert f'name="shown_fen" value="{total}"' in page(client, path_of(bargain, "buy/"))
    order = cast.order_of(buy(bargain, alice, expected_payable_fen=total))
    assert (order.goods_fen, order.payable_fen) == (LOW_FEN, total)
    # What was ordered stays, whatever the goods cost later.
    falls_to(bargain, 9900)
    assert (board(bargain).price_fen, bargains_of(alice.id)[0].price_fen) == (LOW_FEN, LOW_FEN)
    cast.pay(order.public_id)
    assert told(bargain)[0] == "bought"
    assert "已按 ¥30.00 买到" in page(client, path_of(bargain))
    Order.objects.update(placed_at=order.placed_at.replace(year=2020))
    assert cast.broken("bargain.orders") == []


def test_above_what_the_helps_left_the_list_price_changes_nothing(client, alice):
    bargain = reached(campaign_make(), alice)
    falls_to(bargain, FLOOR_FEN + 1)
    assert (board(bargain).price_fen, board(bargain).costs_less_alone) == (FLOOR_FEN, False)
    assert "按更低的这个价格购买" not in page(client, path_of(bargain))
    assert cast.order_of(buy(bargain, alice)).goods_fen == FLOOR_FEN


def test_a_list_price_that_falls_between_seeing_and_buying_is_shown_first(alice):
    bargain = launch(campaign_make(), alice)
    give(bargain)
    bargain.refresh_from_db()
    shown = bargain.price_fen + cast.FREIGHT_FEN
    falls_to(bargain, LOW_FEN)
    with pytest.raises(PriceChanged):
        buy(bargain, alice, expected_payable_fen=shown)
    assert Order.objects.count() == 0


def test_an_order_above_the_list_price_is_noticed(alice):
    bargain = reached(campaign_make(), alice)
    order = cast.order_of(buy(bargain, alice))
    Order.objects.update(placed_at=order.placed_at.replace(year=2020))
    OrderLine.objects.update(list_price_fen=LOW_FEN)
    assert cast.broken("bargain.orders") != []
