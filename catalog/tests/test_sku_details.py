"""What a merchant knows about a SKU: barcode, cost, size, own photo, threshold, return rule."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from catalog.barcodes import barcode_check, ean_digit
from catalog.models import Sku
from catalog.queries import low_stock_count, product_page, skus_for_sale
from catalog.services import stock_reserve
from catalog.tests.factories import photo_make, picture, product_make, sku_make
from core import clock
from core.public_pages import public_pages_forget
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db

COST_FEN = 123457


@pytest.mark.parametrize(
    "code", ["6901234567892", "036000291452", "96385074", "LOT-12.7_a", "12345", "1" * 14]
)
def test_a_real_barcode_is_taken(code):
    barcode_check(code)


@pytest.mark.parametrize(
    "code", ["6901234567893", "036000291453", "96385075", "枣 1", "", "1" * 33, "²" * 8]
)
def test_a_slip_of_the_pen_is_refused(code):
    with pytest.raises(ValidationError):
        barcode_check(code)


def test_no_single_wrong_digit_passes():
    code = "6901234567892"
    assert ean_digit(code[:-1]) == 2
    for place in range(13):
        for digit in set("0123456789") - {code[place]}:
            with pytest.raises(ValidationError):
                barcode_check(code[:place] + digit + code[place + 1 :])


@pytest.mark.parametrize(
    "fields", [{"return_rule": "exempt"}, {"return_reason": "perishable"}], ids=str
)
def test_no_exemption_without_the_laws_reason(fields):
    sku = sku_make()
    with pytest.raises(IntegrityError), transaction.atomic():
        Sku.objects.filter(pk=sku.pk).update(**fields)


def test_every_sku_has_a_threshold_of_its_own():
    sku, other = sku_make(on_hand=12), sku_make(on_hand=12)
    assert low_stock_count(sku.store_id) == 0
    Sku.objects.filter(pk=sku.pk).update(low_stock_below=12)
    assert low_stock_count(sku.store_id) == 0
    stock_reserve(lines={sku.pk: 1}, reference="ord_1", now=clock.now())
    assert low_stock_count() == low_stock_count(sku.store_id) == 1
    stock_reserve(lines={other.pk: 12}, reference="ord_1", now=clock.now())
    Sku.objects.filter(pk=other.pk).update(low_stock_below=0)
    assert low_stock_count() == 1


def test_a_skus_own_photo_comes_before_its_products():
    sku = sku_make()
    photo = photo_make(sku.product)
    assert skus_for_sale([sku.pk])[sku.pk].photo == str(photo.image)
    Sku.objects.filter(pk=sku.pk).update(photo="products/own.webp")
    assert skus_for_sale([sku.pk])[sku.pk].photo == "products/own.webp"
    assert product_page(sku.product.public_id).skus[0].photo == "/media/products/own-480.webp"


def details(sku, **fields):
    """What the SKU's page in the office posts."""
    return {
        "name": sku.name,
        "price_fen": "8.80",
        "initial-price_fen": "8.80",
        "stock": str(sku.on_hand),
        "initial-stock": str(sku.on_hand),
        "position": "0",
        "low_stock_below": "10",
        "return_rule": "seven_days",
        "return_reason": "",
    } | fields


@pytest.fixture
def office(client):
    def post(sku, **fields):
        client.force_login(staff_make(sku.store).user)
        path = f"/office/catalog/sku/{sku.pk}/change/"
        assert client.get(path).status_code == 200
        return client.post(path, details(sku, **fields), follow=True).content.decode()

    return post


def test_the_merchant_writes_it_all_on_one_page(office):
    sku = sku_make()
    office(
        sku,
        cost_fen="1234.57",
        barcode="6901234567892",
        weight_g="520",
        volume_cm3="900",
        photo=SimpleUploadedFile("own.jpg", picture().read(), "image/jpeg"),
        low_stock_below="3",
        return_rule="exempt",
        return_reason="made_to_order",
        price_fen="9.90",
        stock="70",
    )
    sku.refresh_from_db()
    assert (sku.cost_fen, sku.barcode, sku.weight_g, sku.volume_cm3) == (
        COST_FEN,
        "6901234567892",
        520,
        900,
    )
    assert (sku.low_stock_below, sku.return_reason) == (3, "made_to_order")
    assert str(sku.photo).endswith(".webp")
    assert (sku.price_fen, sku.on_hand) == (990, 70)
    assert sku.price_changes.count() == 2
    assert sku.movements.filter(kind="correct").count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"barcode": "6901234567893"}, "校验位不对"),
        ({"return_rule": "exempt"}, "请选择法定理由"),
        ({"return_reason": "perishable"}, "不用选理由"),
        ({"cost_fen": "abc"}, "请输入金额"),
    ],
)
def test_a_refused_page_says_why_and_writes_nothing(office, fields, words):
    sku = sku_make()
    assert words in office(sku, weight_g="77", **fields)
    sku.refresh_from_db()
    assert (sku.weight_g, sku.barcode, sku.return_reason) == (None, "", "")


def test_nobody_outside_ever_reads_a_cost(client):
    sku = sku_make()
    Sku.objects.filter(pk=sku.pk).update(cost_fen=COST_FEN, barcode="6901234567892")
    product = sku.product
    for path in (
        "/",
        f"/store/{sku.store.slug}/",
        f"/p/{product.public_id}/",
        f"/p/{product.public_id}/mine/",
    ):
        text = client.get(path).content.decode()
        assert product.title in text or "mine" in path
        for secret in (str(COST_FEN), "1234.57", "6901234567892"):
            assert secret not in text


def test_the_product_page_tells_what_can_be_sent_back(client):
    product = product_make()
    fresh = sku_make(product, name="鲜枣")
    path = f"/p/{product.public_id}/"
    assert "七天无理由退货</li>" in client.get(path).content.decode()
    Sku.objects.filter(pk=fresh.pk).update(return_rule="exempt", return_reason="perishable")
    public_pages_forget()
    text = client.get(path).content.decode()
    assert "鲜枣：鲜活易腐的商品，不支持七天无理由退货" in text
    assert "七天无理由退货</li>" not in text
    product.skus.update(return_rule="exempt", return_reason="perishable")
    public_pages_forget()
    assert "本商品：鲜活易腐的商品，不支持" in client.get(path).content.decode()
