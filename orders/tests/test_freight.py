"""Freight templates on the way to an order: cart, checkout and placing agree to the fen."""

from dataclasses import replace

import pytest

from accounts.models import Address
from accounts.tests.factories import address_make, user_make
from catalog.queries import sku_for_sale, skus_for_sale
from core import clock
from core.idempotency import form_key_new
from freight.tests.factories import GUANGDONG, TIBET, XINJIANG, freight_make
from orders.carts import cart_of
from orders.freights import freight_of, most_freight_fen
from orders.models import Order
from orders.pricing import PricedItem, quote
from orders.services import OrderItem, PriceChanged
from orders.services.cart import Owner, cart_add
from orders.services.refusals import NotDelivered
from orders.tests.factories import place
from tests import cast

pytestmark = pytest.mark.django_db

LIST, FLAT = cast.LIST_FEN, cast.FREIGHT_FEN


@pytest.fixture
def sku():
    sku = cast.sku_on_sale()
    sku.product.freight_template = freight_make(sku.store)
    sku.product.save()
    return sku


@pytest.fixture
def who():
    return cast.person()


def lives_in(who, province):
    return replace(who.address, province_code=province)


def address_in(user, province):
    """Another address of the person, in that province."""
    address = address_make(user)
    Address.objects.filter(pk=address.pk).update(province_code=province, is_default=False)
    return address


@pytest.mark.parametrize(("province", "fee_fen"), [(GUANGDONG, 1000), (XINJIANG, 4000)])
def test_an_order_costs_what_its_template_says(sku, who, province, fee_fen):
    items = [OrderItem(sku.pk, 3)]
    order = place(sku, who, items=items, address=lives_in(who, province))
    assert (order.freight_fen, order.payable_fen) == (fee_fen, 3 * LIST + fee_fen)
    assert cast.broken() == []


def test_templates_add_up_and_the_flat_fee_is_taken_once(sku, who):
    plain = [cast.sku_on_sale(sku.store) for _ in range(2)]
    other = cast.sku_on_sale(sku.store)
    other.product.freight_template = freight_make(sku.store, name="另一个", first_fen=300)
    other.product.save()
    items = [OrderItem(one.pk, 1) for one in (sku, other, *plain)]
    order = place(sku, who, items=items, address=lives_in(who, GUANGDONG))
    assert order.freight_fen == 600 + 300 + FLAT


def test_where_nothing_is_sent_nothing_is_ordered(sku, who):
    with pytest.raises(NotDelivered, match="不配送到西藏自治区"):
        place(sku, who, address=lives_in(who, TIBET))
    sku.refresh_from_db()
    assert (Order.objects.count(), sku.reserved) == (0, 0)


def test_a_changed_fee_is_shown_and_never_charged(sku, who):
    sku.product.freight_template.first_fen = 700
    sku.product.freight_template.save()
    with pytest.raises(PriceChanged):
        place(
            sku,
            who,
            address=lives_in(who, GUANGDONG),
            expected_payable_fen=LIST + 600,
        )
    assert not Order.objects.exists()


def test_free_above_is_what_is_paid_after_discounts(sku):
    template = sku.product.freight_template
    template.free_over_fen = LIST
    template.save()
    freight = freight_of(FLAT, skus_for_sale([sku.pk]).values(), province=GUANGDONG)
    item = PricedItem(sku.pk, 1, LIST, LIST)
    assert quote([item], freight=freight).freight_fen == 0
    less = quote([item], freight=freight, discounts=[Off(1)])
    assert (less.freight_fen, less.payable_fen) == (600, LIST - 1 + 600)
    # However much is taken off, something stays to be paid.
    free = quote([item], freight=freight, discounts=[Off(10**6)])
    assert free.payable_fen >= 1


class Off:
    kind, reference, label, sku_ids = "coupon", "cpn_1", "券", None

    def __init__(self, fen):
        self.fen = fen

    def off_fen(self, eligible_fen):
        return self.fen


def test_a_product_without_a_template_asks_nothing_more(who, django_assert_num_queries):
    sku = cast.sku_on_sale()
    skus = skus_for_sale([sku.pk]).values()
    with django_assert_num_queries(0):
        assert freight_of(FLAT, skus, province=GUANGDONG).fen([]) == 0


# --- pages ---
def checkout(client, sku, **query):
    return client.get("/checkout/", {"sku": sku.public_id, "quantity": 3, **query})


def test_the_checkout_shows_the_fee_of_the_marked_address(client, sku, who):
    client.force_login(who.user)
    far = address_in(who.user, XINJIANG)
    page = checkout(client, sku).context["page"]
    assert page.quote.freight_fen == 1000
    fields = {
        "sku": sku.public_id,
        "quantity": "3",
        "address": far.public_id,
        "action": "refresh",
        "form_key": form_key_new(),
    }
    assert client.post("/checkout/", fields).context["page"].quote.freight_fen == 4000


def test_without_an_address_the_checkout_says_that_it_decides(client, sku):
    client.force_login(user_make())
    text = checkout(client, sku).content.decode()
    assert "以收货地址为准" in text


def test_the_checkout_says_at_once_what_is_not_delivered(client, sku):
    user = user_make()
    address = address_in(user, TIBET)
    client.force_login(user)
    page = checkout(client, sku)
    assert "不配送到西藏自治区" in page.content.decode()
    sent = {
        "sku": sku.public_id,
        "quantity": "1",
        "address": address.public_id,
        "note": "请放门口",
        "form_key": form_key_new(),
        "shown_fen": str(page.context["page"].quote.payable_fen),
    }
    refused = client.post("/checkout/", sent)
    assert refused.status_code == 409
    assert "请放门口" in refused.content.decode()
    assert not Order.objects.exists()


def test_the_cart_shows_the_least_and_the_checkout_the_fee(client, sku, who):
    owner = Owner(who.id)
    cart_add(
        owner=owner,
        sku=sku_for_sale(sku.public_id),
        quantity=3,
        form_key=form_key_new(),
        now=clock.now(),
    )
    assert cart_of(owner, now=clock.now()).stores[0].cost.freight_fen == 600
    found = cart_of(owner, now=clock.now(), province=XINJIANG)
    assert found.stores[0].cost.freight_fen == 4000
    client.force_login(who.user)
    assert "以收货地址为准" in client.get("/cart/").content.decode()
    page = client.get("/cart/checkout/")
    assert page.context["page"].sections[0].one.cost.freight_fen == 1000


def test_the_product_page_says_what_sending_costs(client, sku):
    text = client.get(f"/p/{sku.product.public_id}/").content.decode()
    assert "运费 ¥6.00 起，部分地区不配送" in text


def test_the_most_that_a_piece_may_cost_to_send(sku):
    plain = cast.sku_on_sale(sku.store)
    skus = list(skus_for_sale([sku.pk, plain.pk]).values())
    assert most_freight_fen(FLAT, skus) == {sku.pk: 2000, plain.pk: FLAT}
    on_screen = [replace(one, fulfilment="content") for one in skus]
    assert most_freight_fen(FLAT, on_screen) == {sku.pk: 0, plain.pk: 0}
