"""A discount never makes an order dearer: what it costs in freight counts."""

import pytest

from campaigns.coupons.tests.factories import place, take, template_make
from campaigns.reductions.tests.factories import reduction_make
from freight.tests.factories import freight_make
from orders.services import OrderRefused
from tests import cast

pytestmark = pytest.mark.django_db

FEE_FEN = 1000


@pytest.fixture
def sku():
    """¥100; sending costs ¥10 and nothing from ¥99 on."""
    sku = cast.sku_on_sale(cast.store_open(freight_fen=0))
    sku.price_fen = 10_000
    sku.save()
    sku.product.freight_template = freight_make(
        sku.store, first_fen=FEE_FEN, step_fen=0, free_over_fen=9900
    )
    sku.product.save()
    return sku


@pytest.fixture
def alice(client):
    alice = cast.person()
    client.force_login(alice.user)
    return alice


def opened(client, sku, **query):
    return client.get("/checkout/", {"sku": sku.public_id, "quantity": "1", **query})


def test_a_coupon_that_costs_more_freight_than_it_saves_is_not_taken(client, alice, sku):
    small = take(template_make(sku.store, off_fen=500), alice)
    page = opened(client, sku)
    assert "用了要付运费 ¥10，应付不会变少" in page.content.decode()
    assert page.context["page"].quote.payable_fen == 10_000
    order = place(sku, alice)
    assert (order.payable_fen, order.freight_fen, order.discount_fen) == (10_000, 0, 0)
    with pytest.raises(OrderRefused, match="应付不会变少"):
        place(sku, alice, coupon=small)


def test_one_that_saves_more_than_the_freight_is_and_says_what_it_takes_off(client, alice, sku):
    take(template_make(sku.store, off_fen=500), alice)
    large = take(template_make(sku.store, off_fen=2000), alice)
    page = opened(client, sku)
    assert "减 ¥20" in page.content.decode()
    assert page.context["page"].quote.payable_fen == 10_000 - 2000 + FEE_FEN
    order = place(sku, alice)
    assert order.adjustments.get().reference == large.public_id
    assert order.payable_fen == 9000


def test_the_smaller_coupon_is_best_where_the_larger_one_brings_freight_back(alice, sku):
    """¥1 off keeps ¥99 and sends for nothing: ¥99; ¥6 off ends at ¥104."""
    least = take(template_make(sku.store, off_fen=100), alice)
    take(template_make(sku.store, off_fen=600), alice)
    order = place(sku, alice)
    assert (order.payable_fen, order.adjustments.get().reference) == (9900, least.public_id)


def test_a_full_reduction_never_makes_it_dearer(alice, sku):
    reduction_make(sku.store, (10_000, 500))
    order = place(sku, alice)
    assert (order.payable_fen, order.discount_fen) == (10_000, 0)
    two = place(sku, alice, quantity=2)
    assert (two.payable_fen, two.discount_fen) == (19_500, 500)


def test_what_stays_to_be_paid_is_not_said_to_be_taken_off(client, alice):
    cheap = cast.sku_on_sale(cast.store_open(freight_fen=0))
    cheap.price_fen = 500
    cheap.save()
    take(template_make(cheap.store, off_fen=1000, minimum_fen=0), alice)
    page = opened(client, cheap)
    assert "减 ¥4.99" in page.content.decode()
    assert page.context["page"].quote.adjustments[0].amount_fen == 499
    assert [one.off_fen for one in page.context["page"].wishes[0].options] == [499, 0]
