"""The merchant's own pages: many SKUs at once, goods coming in, counts, and what a matrix leaves."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Product, ProductOption, Sku
from catalog.services import skus_generate, stock_reserve, stock_ship
from catalog.services.matrix import MAX_SKUS
from catalog.tests.factories import picture, product_make, sku_make
from core import clock, limits
from tests.office import complaints, fill, shown, staff_client, url

pytestmark = pytest.mark.django_db


def options(product, **values):
    for position, (name, words) in enumerate(values.items()):
        ProductOption.objects.create(
            store_id=product.store_id,
            product=product,
            name=name,
            values=list(words),
            position=position,
        )


def generate(product):
    return skus_generate(product_id=product.pk, by_id=None, now=clock.now())


def movements(sku, kind):
    rows = sku.movements.filter(kind=kind).order_by("id")
    return list(rows.values_list("on_hand_change", "reason"))


def test_a_product_with_as_many_skus_as_there_may_be_is_saved():
    product = product_make()
    options(product, 甲=[f"甲{n}" for n in range(20)], 乙=[f"乙{n}" for n in range(10)])
    generate(product)
    product.skus.filter(options=[]).update(removed_at=clock.now())
    assert product.skus.filter(removed_at=None).count() == MAX_SKUS == 200
    page = url(Product, "change", product.pk)
    answer = fill(staff_client(product.store), page, **{"skus-199-price_fen": "3.33"})
    assert answer.status_code == 302, complaints(answer)
    assert product.skus.filter(price_fen=333).count() == 1


# Goods come in, and are counted


def test_goods_that_came_in_are_added_and_said_to_have_come():
    sku = sku_make(on_hand=5)
    client, page = staff_client(sku.store), f"/office/catalog/sku/{sku.pk}/restock/"
    assert "现有库存 5 件" in client.get(page).content.decode()
    for wrong in ("0", "-1", "many", ""):
        assert client.post(page, {"quantity": wrong}).status_code == 200
    assert client.post(page, {"quantity": "7", "reason": "老刘送来"}).status_code == 302
    sku.refresh_from_db()
    assert sku.on_hand == 12
    assert movements(sku, "restock") == [(5, "初始库存"), (7, "老刘送来")]
    assert sku.movements.get(reason="老刘送来").by_id is not None


def test_card_keys_do_not_come_in_by_a_number():
    product = product_make(on_hand=0, fulfilment="card_keys")
    sku, client = product.skus.get(), staff_client(product.store)
    answer = client.post(f"/office/catalog/sku/{sku.pk}/restock/", {"quantity": "7"})
    assert "请导入或作废卡密" in answer.content.decode()
    answer = fill(client, url(Sku, "change", sku.pk), stock="7")
    assert "请导入或作废卡密" in complaints(answer)
    added = {"skus-1-name": "年卡", "skus-1-price_fen": "9", "skus-1-stock": "7"}
    counts = {"skus-TOTAL_FORMS": "2", "skus-1-position": "0"}
    answer = fill(client, url(Product, "change", product.pk), **added, **counts)
    assert "请导入或作废卡密" in complaints(answer)
    assert Sku.objects.get() == sku


def test_nobody_restocks_a_neighbours_goods():
    sku = sku_make(on_hand=5)
    client = staff_client(product_make().store)
    page = f"/office/catalog/sku/{sku.pk}/restock/"
    assert client.get(page).status_code in {302, 403, 404}
    client.post(page, {"quantity": "7"})
    sku.refresh_from_db()
    assert sku.on_hand == 5


def test_a_count_is_written_down_with_its_reason():
    sku = sku_make(on_hand=5)
    client, page = staff_client(sku.store), url(Sku, "change", sku.pk)
    fill(client, page, stock="4", stock_reason="碰破一罐")
    fill(client, page, stock="3")
    assert movements(sku, "correct") == [(-1, "碰破一罐"), (-1, "盘点")]


def leaves(sku):
    stock_reserve(lines={sku.pk: 1}, reference="ord_1", now=clock.now())
    stock_ship(lines={sku.pk: 1}, reference="ord_1", now=clock.now())


def test_a_parcel_that_left_since_is_an_error_beside_what_was_typed():
    sku = sku_make(on_hand=5)
    client, page = staff_client(sku.store), url(Sku, "change", sku.pk)
    typed = shown(client, page) | {"stock": "9", "price_fen": "7.70"}
    leaves(sku)
    answer = client.post(page, typed)
    assert "刚刚变成了 4" in complaints(answer)
    assert answer.context["adminform"].form["price_fen"].value() == "7.70"
    sku.refresh_from_db()
    assert (sku.on_hand, sku.price_fen) == (4, 880)


# What a matrix leaves behind


@pytest.fixture
def shirt():
    product = product_make(price_fen=9900)
    product.skus.update(name="红")
    options(product, 颜色="红黑")
    generate(product)
    return product


def act(product, action):
    page = staff_client(product.store).post(
        url(Product, "changelist"),
        {"action": action, "_selected_action": [product.pk]},
        follow=True,
    )
    return page.content.decode()


def live(product):
    rows = product.skus.filter(removed_at=None)
    return sorted(rows.values_list("name", flat=True))


def test_a_renamed_value_leaves_its_sku_on_sale_and_the_office_says_so(shirt):
    ProductOption.objects.update(values=["红", "白"])
    said = act(shirt, "generate")
    assert "有 1 个规格不在现在的组合里，仍在出售：黑。" in said
    assert live(shirt) == ["白", "红", "黑"]
    assert "停用了 1 个规格" in act(shirt, "prune")
    assert live(shirt) == ["白", "红"]


def test_a_new_option_leaves_every_old_sku(shirt):
    options(shirt, 尺寸="ML")
    assert "有 2 个规格不在现在的组合里，仍在出售：红、黑。" in act(shirt, "generate")
    act(shirt, "prune")
    assert live(shirt) == ["红 L", "红 M", "黑 L", "黑 M"]


def test_nothing_is_left_behind_nothing_is_said(shirt):
    assert "不在现在的组合里" not in act(shirt, "generate")
    assert "停用了 0 个规格" in act(shirt, "prune")
    plain = product_make()
    act(plain, "prune")
    assert live(plain) == ["500g"]


def test_what_is_on_sale_keeps_a_sku(shirt):
    ProductOption.objects.update(values=["蓝"])
    assert "至少要有一个规格" in act(shirt, "prune")
    assert live(shirt) == ["红", "黑"]


def test_a_sku_that_is_ticked_off_on_its_products_page_is_taken_off_sale():
    product = product_make()
    gone = sku_make(product, name="1kg")
    page = url(Product, "change", product.pk)
    answer = fill(staff_client(product.store), page, **{"skus-1-DELETE": "on"})
    assert answer.status_code == 302, complaints(answer)
    gone.refresh_from_db()
    assert gone.removed_at is not None
    assert (live(product), gone.movements.count()) == (["500g"], 1)


def test_the_last_sku_of_what_is_on_sale_is_not_deleted_on_its_page():
    product = product_make()
    page = url(Product, "change", product.pk)
    answer = fill(staff_client(product.store), page, **{"skus-0-DELETE": "on", "title": "新名"})
    assert "至少要有一个规格" in complaints(answer)
    assert live(product) == ["500g"]


# Uploads


@pytest.mark.parametrize("field", ["photos-0-image", "photo"])
def test_too_many_pictures_are_refused_before_anything_is_decoded(monkeypatch, field):
    sku = sku_make()
    monkeypatch.setattr(limits, "UPLOADS", 0)
    monkeypatch.setattr("core.forms.photo_decode", lambda _: pytest.fail("it was decoded"))
    typed = {field: SimpleUploadedFile("a.jpg", picture().read(), "image/jpeg")}
    page = url(Sku, "change", sku.pk)
    if field != "photo":
        page = url(Product, "change", sku.product_id)
        typed |= {"photos-TOTAL_FORMS": "1", "photos-0-position": "0"}
    assert "上传太频繁" in complaints(fill(staff_client(sku.store), page, **typed))
    sku.refresh_from_db()
    assert (sku.photo.name, sku.product.photos.count()) == ("", 0)


def test_a_page_opened_before_publishing_does_not_take_it_back():
    product = product_make(published=False)
    client, page = staff_client(product.store), url(Product, "change", product.pk)
    typed = shown(client, page) | {"title": "新名"}
    act(product, "publish")
    assert client.post(page, typed).status_code == 302
    product.refresh_from_db()
    assert (product.state, product.title) == ("on_sale", "新名")
