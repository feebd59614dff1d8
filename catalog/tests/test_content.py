"""Virtual goods are sold with something to deliver, whichever way it could go missing."""

import pytest

from catalog.models import Fulfilment, Product, Sku
from catalog.queries import product_page, sku_on_sale, skus_for_sale
from catalog.services import (
    PublishRefused,
    fulfilment_check,
    product_publish,
    product_withdraw,
    sku_add,
    sku_content_change,
    stock_reserve,
)
from catalog.tests.factories import product_make
from core import clock
from tests.office import complaints, fill, staff_client, url

pytestmark = pytest.mark.django_db

LINK = "网盘地址 https://pan.example/x"


def virtual(*, published=True, content=LINK):
    product = product_make(published=False, fulfilment=Fulfilment.CONTENT)
    product.skus.update(content=content)
    if published:
        product_publish(product_id=product.pk, now=clock.now())
    product.refresh_from_db()
    return product


def on_sale(sku) -> bool:
    said = skus_for_sale([sku.pk])[sku.pk].on_sale
    assert Sku.objects.filter(sku_on_sale(clock.now()), pk=sku.pk).exists() is said
    return said


def test_a_sku_added_later_is_not_sold_before_its_text_is_there():
    product = virtual()
    sku = sku_add(product_id=product.pk, name="完整版", price_fen=100, on_hand=9, now=clock.now())
    assert not on_sale(sku)
    shown = {one.id: one.available for one in product_page(product.public_id).skus}
    assert shown == {product.skus.first().pk: 100, sku.pk: 0}
    sku_content_change(sku_id=sku.pk, content=LINK)
    assert on_sale(sku)
    assert product_page(product.public_id).skus[1].available == 9


def test_the_text_of_what_is_on_sale_is_changed_but_not_cleared():
    product = virtual()
    sku = product.skus.get()
    sku_content_change(sku_id=sku.pk, content="新地址")
    for nothing in ("", "  "):
        with pytest.raises(PublishRefused, match="不能为空"):
            sku_content_change(sku_id=sku.pk, content=nothing)
    sku.refresh_from_db()
    assert sku.content == "新地址"
    product_withdraw(product_id=product.pk, now=clock.now())
    sku_content_change(sku_id=sku.pk, content="")
    sku.refresh_from_db()
    assert sku.content == ""


def test_somebody_who_waits_for_it_gets_it_even_off_sale():
    product = virtual()
    sku = product.skus.get()
    stock_reserve(lines={sku.pk: 1}, reference="ord_1", now=clock.now())
    product_withdraw(product_id=product.pk, now=clock.now())
    with pytest.raises(PublishRefused, match="还有买家等着"):
        sku_content_change(sku_id=sku.pk, content="")


def test_the_office_says_so_beside_the_field_and_keeps_what_was_typed():
    product = virtual()
    sku = product.skus.get()
    page = url(Sku, "change", sku.pk)
    answer = fill(staff_client(product.store), page, content="", price_fen="7.70")
    assert "不能为空" in complaints(answer)
    assert answer.context["adminform"].form["price_fen"].value() == "7.70"
    sku.refresh_from_db()
    assert (sku.content, sku.price_fen) == (LINK, 880)
    assert fill(staff_client(product.store), page, content="新地址").status_code == 302
    sku.refresh_from_db()
    assert sku.content == "新地址"


def test_goods_on_sale_do_not_become_virtual_without_a_text():
    product = product_make()
    with pytest.raises(PublishRefused, match="交付内容"):
        fulfilment_check(product_id=product.pk, fulfilment="content")
    answer = fill(
        staff_client(product.store), url(Product, "change", product.pk), fulfilment="content"
    )
    assert "交付内容" in complaints(answer)
    product.refresh_from_db()
    assert product.fulfilment == "goods"
    product.skus.update(content=LINK)
    fulfilment_check(product_id=product.pk, fulfilment="content")


@pytest.mark.parametrize("fulfilment", ["content", "card_keys"])
def test_what_is_delivered_on_a_screen_starts_as_the_law_has_it(fulfilment):
    product = product_make(published=False, on_hand=0, fulfilment=fulfilment)
    sku = product.skus.get()
    assert (sku.return_rule, sku.return_reason) == ("exempt", "digital")
    plain = product_make().skus.get()
    assert (plain.return_rule, plain.return_reason) == ("seven_days", "")
