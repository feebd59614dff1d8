"""Card keys and texts: each key sold once, delivered when the money is there, read by its buyer."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from catalog.models import Fulfilment, Product
from catalog.services import (
    OutOfStock,
    PublishRefused,
    StockRefused,
    fulfilment_check,
    product_publish,
    product_withdraw,
    stock_correct,
    stock_restock,
)
from core import clock
from core.idempotency import form_key_new
from digital.models import DigitalItem
from digital.services import ContentMissing, KeysRefused, key_void, keys_import, order_deliver
from digital.tests.factories import bought, bring, keys_sku, text_sku, wanted
from orders.models import Order
from orders.services import OrderRefused, hold_release, order_cancel
from orders.tests.factories import deliver, pay
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


def given(order):
    rows = DigitalItem.objects.filter(line__order=order).order_by("pk")
    return [row.content for row in rows]


def test_keys_are_stock_and_are_sold_oldest_first():
    sku = keys_sku("A-1", "A-2", "A-3")
    assert sku.on_hand == 3
    order = bought(sku, quantity=2)
    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.state, order.freight_fen, given(order)) == ("completed", 0, ["A-1", "A-2"])
    assert (sku.on_hand, sku.reserved) == (1, 0)
    assert cast.broken() == []


def test_a_text_is_given_once_however_many_are_bought():
    order = bought(text_sku("提取码 8888"), quantity=3)
    assert given(order) == ["提取码 8888"]
    assert cast.broken() == []


def test_delivering_again_gives_nothing_more():
    order = bought(keys_sku("A-1", "A-2"))
    assert order_deliver(order_id=order.pk, now=clock.now()) is False
    assert given(order) == ["A-1"]


def test_nothing_is_delivered_before_the_money_or_while_it_is_held():
    sku = keys_sku("A-1", "A-2")
    order = wanted(sku)
    assert order_deliver(order_id=order.pk, now=clock.now()) is False
    held = wanted(sku, held=True)
    pay(held.public_id)
    deliver()
    assert given(held) == []
    hold_release(order_ids=[held.pk], kind="group", now=clock.now())
    deliver()
    assert given(held) == ["A-1"]


def test_more_than_there_are_keys_cannot_be_ordered():
    with pytest.raises(OutOfStock):
        wanted(keys_sku("A-1"), quantity=2)


def ready(sku):
    """An order that may be delivered now, and has not been told so."""
    order = wanted(sku, held=True)
    pay(order.public_id)
    deliver()
    hold_release(order_ids=[order.pk], kind="group", now=clock.now())
    return order


def test_a_key_in_other_hands_stops_the_delivery_and_leaves_the_order_whole():
    order = ready(keys_sku("A-1"))
    DigitalItem.objects.update(voided_at=clock.now())
    with pytest.raises(ContentMissing):
        order_deliver(order_id=order.pk, now=clock.now())
    order.refresh_from_db()
    assert order.state == "to_ship"
    DigitalItem.objects.update(voided_at=None)
    assert order_deliver(order_id=order.pk, now=clock.now()) is True


def test_a_text_that_was_emptied_waits_for_a_person():
    sku = text_sku()
    order = ready(sku)
    sku.content = ""
    sku.save(update_fields=["content"])
    with pytest.raises(ContentMissing):
        order_deliver(order_id=order.pk, now=clock.now())


def test_what_is_cancelled_before_delivery_keeps_its_key():
    sku = keys_sku("A-1")
    order = wanted(sku, held=True)
    pay(order.public_id)
    deliver()
    order_cancel(order_id=order.pk, reason="断货", hold_kind="group", now=clock.now())
    deliver()
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved, given(order)) == (1, 0, [])
    assert cast.broken() == []


# --- keys come in


def test_a_key_comes_in_once():
    sku = keys_sku()
    assert bring(sku, "A-1", " A-2 ", "", "A-1").added == 2
    again = bring(sku, "A-1", "A-2", "A-3")
    assert (again.added, again.known) == (1, 2)
    sku.refresh_from_db()
    assert sku.on_hand == 3
    assert cast.broken() == []


def test_a_sold_key_does_not_come_in_again():
    sku = keys_sku("A-1")
    bought(sku)
    assert bring(sku, "A-1").added == 0


@pytest.mark.parametrize(
    ("lines", "why"),
    [([], "粘贴"), (["x" * 501], "太长"), (["a\x00b"], "太长"), (None, "最多导入")],
)
def test_what_cannot_be_a_key_is_refused_whole(lines, why):
    sku = keys_sku()
    lines = [f"k{n}" for n in range(2001)] if lines is None else lines
    with pytest.raises(KeysRefused, match=why):
        bring(sku, *lines)
    assert not DigitalItem.objects.exists()


def test_keys_are_for_a_sku_of_the_own_store_that_is_sold_by_keys():
    sku, goods = keys_sku(), cast.sku_on_sale()
    for store_id, sku_id in ((goods.store_id, sku.pk), (goods.store_id, goods.pk)):
        with pytest.raises(KeysRefused, match="按卡密交付"):
            keys_import(
                store_id=store_id, sku_id=sku_id, lines=["A-1"], by_id=None, now=clock.now()
            )


def test_the_database_holds_keys_encrypted():
    keys_sku("SECRET-KEY-1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM digital_digitalitem")
        assert "SECRET" not in cursor.fetchone()[0]


def test_the_database_refuses_the_same_key_twice():
    sku = keys_sku("A-1")
    row = DigitalItem.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    assert sku.on_hand == 1


def test_a_key_is_given_up_once_and_never_when_it_is_sold_or_wanted():
    sku = keys_sku("A-1", "A-2")
    first, second = DigitalItem.objects.order_by("pk")
    assert key_void(item_id=second.pk, by_id=None, now=clock.now()) is True
    assert key_void(item_id=second.pk, by_id=None, now=clock.now()) is False
    wanted(sku)
    with pytest.raises(StockRefused):
        key_void(item_id=first.pk, by_id=None, now=clock.now())
    first.refresh_from_db()
    assert first.voided_at is None
    assert cast.broken() == []
    sold = bought(keys_sku("B-1"))
    with pytest.raises(KeysRefused, match="已经卖出"):
        key_void(item_id=DigitalItem.objects.get(line__order=sold).pk, by_id=None, now=clock.now())


def test_stock_of_keys_cannot_be_typed():
    sku = keys_sku("A-1")
    with pytest.raises(StockRefused, match="卡密"):
        stock_correct(sku_id=sku.pk, on_hand=5, reason="", by_id=None, now=clock.now())
    with pytest.raises(StockRefused, match="卡密"):
        stock_restock(sku_id=sku.pk, quantity=5, reason="", by_id=None, now=clock.now())


def test_how_a_product_is_delivered_is_settled_by_its_first_order():
    fresh, stocked, sold = keys_sku(), cast.sku_on_sale(), cast.sku_on_sale()
    fulfilment_check(product_id=fresh.product_id, fulfilment="goods")
    with pytest.raises(PublishRefused, match="库存改为 0"):
        fulfilment_check(product_id=stocked.product_id, fulfilment="card_keys")
    cast.buy(cast.person(), sold)
    with pytest.raises(PublishRefused, match="已经有订单"):
        fulfilment_check(product_id=sold.product_id, fulfilment="content")
    with pytest.raises(PublishRefused, match="没卖出的卡密"):
        fulfilment_check(product_id=keys_sku("A-1").product_id, fulfilment="goods")


def test_a_product_without_its_text_is_not_published():
    sku = text_sku("")
    product_withdraw(product_id=sku.product_id, now=clock.now())
    with pytest.raises(PublishRefused, match="交付内容"):
        product_publish(product_id=sku.product_id, now=clock.now())


# --- what the audit sees


@pytest.mark.parametrize("row", ["key", "item"])
def test_the_audit_names_what_does_not_add_up(row):
    order = bought(keys_sku("A-1", "A-2"))
    if row == "key":
        DigitalItem.objects.filter(line=None).delete()
        assert cast.broken() != [] and "digital.keys_counted" in cast.broken()[0]
    else:
        DigitalItem.objects.filter(line__order=order).delete()
        assert any("digital.delivered" in said for said in cast.broken())


# --- pages


def form_of(sku, **changes):
    return {
        "form_key": form_key_new(),
        "sku": sku.public_id,
        "quantity": "1",
        "note": "",
        "shown_fen": str(cast.LIST_FEN),
        **changes,
    }


def test_checkout_asks_for_no_address(client):
    sku = keys_sku("A-1")
    client.force_login(cast.person().user)
    page = client.get(reverse("orders:checkout"), {"sku": sku.public_id}).content.decode()
    assert "在线交付" in page and "收货地址" not in page
    assert client.post(reverse("orders:checkout"), form_of(sku)).status_code == 302
    order = Order.objects.get()
    assert (order.delivery, order.phone_index, order.payable_fen) == ("digital", "", cast.LIST_FEN)


def test_it_is_bought_from_its_page_not_from_the_cart(client):
    sku = keys_sku("A-1")
    client.force_login(cast.person().user)
    sent = {"sku": sku.public_id, "quantity": "1", "form_key": form_key_new()}
    said = client.post(reverse("orders:cart_add"), sent, follow=True).content.decode()
    assert "请直接购买" in said
    page = client.get(reverse("storefront:product", args=[sku.product.public_id]))
    assert reverse("orders:cart_add") not in page.content.decode()


def test_it_cannot_be_sent_to_an_address():
    with pytest.raises(OrderRefused, match="交付方式"):
        cast.buy(cast.person(), keys_sku("A-1"))


def test_its_buyer_reads_it_and_nobody_else(client):
    order = bought(keys_sku("SECRET-1"))
    url = reverse("digital:contents", args=[order.public_id])
    client.force_login(order.buyer)
    answer = client.get(url)
    assert "SECRET-1" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert url in client.get(reverse("orders:detail", args=[order.public_id])).content.decode()
    client.force_login(cast.person().user)
    assert client.get(url).status_code == 404
    goods = cast.order_of(cast.buy(cast.person(), cast.sku_on_sale()))
    client.force_login(goods.buyer)
    assert client.get(reverse("digital:contents", args=[goods.public_id])).status_code == 404


def test_a_text_stays_text_on_the_page(client):
    order = bought(text_sku("<script>alert(1)</script>"))
    client.force_login(order.buyer)
    page = client.get(reverse("digital:contents", args=[order.public_id])).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_the_merchant_imports_keys_and_sees_no_whole_one(client):
    sku = keys_sku()
    client.force_login(staff_make(sku.store).user)
    url = reverse("admin:digital_digitalitem_take_in")
    assert "导入" in client.get(url).content.decode()
    said = client.post(url, {"sku": sku.pk, "keys": "SECRET-KEY-1\nSECRET-KEY-2\n"}, follow=True)
    text = said.content.decode()
    assert "导入 2 条" in text and "SECR****" in text and "SECRET-KEY" not in text
    sku.refresh_from_db()
    assert sku.on_hand == 2


def test_a_neighbours_sku_is_no_choice(client):
    sku = keys_sku()
    other = keys_sku(store=cast.store_open("陶坊"))
    client.force_login(staff_make(other.store).user)
    url = reverse("admin:digital_digitalitem_take_in")
    client.post(url, {"sku": sku.pk, "keys": "A-1"})
    assert not DigitalItem.objects.exists()


def test_goods_of_both_kinds_do_not_share_an_order():
    goods, keys = cast.sku_on_sale(), None
    keys = keys_sku("A-1", store=goods.store)
    from orders.services import OrderItem
    from orders.tests.factories import place

    with pytest.raises(OrderRefused, match="分开购买"):
        place(goods, items=[OrderItem(goods.pk, 1), OrderItem(keys.pk, 1)])
    assert Product.objects.filter(fulfilment=Fulfilment.CARD_KEYS).exists()
