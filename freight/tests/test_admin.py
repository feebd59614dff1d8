"""The table of a freight template, and its preview."""

import pytest

from core import clock
from core.invariants import audit
from freight.models import FreightArea, FreightTemplate
from freight.queries import tariff_of, tariff_words
from freight.regions import UnknownProvince, provinces_read, provinces_write
from freight.tests.factories import GUANGDONG, TIBET, XINJIANG, area_make, freight_make
from stores.tests.factories import staff_make, store_make
from tests import cast

pytestmark = pytest.mark.django_db

PAGE = "/office/freight/freighttemplate/"


@pytest.fixture
def store():
    return store_make()


@pytest.fixture
def owner(client, store):
    client.force_login(staff_make(store).user)
    return client


def row(number, **fields):
    typed = {
        "provinces": "新疆",
        "serves": "on",
        "first": "1",
        "first_fen": "20",
        "step": "1",
        "step_fen": "10",
        **fields,
    }
    return {f"areas-{number}-{name}": value for name, value in typed.items() if value is not None}


def form(*rows, **fields):
    return {
        "name": "山货",
        "unit": "piece",
        "serves": "on",
        "first": "1",
        "first_fen": "6.00",
        "step": "1",
        "step_fen": "2",
        "free_over_fen": "99",
        "free_over_count": "",
        "areas-TOTAL_FORMS": str(len(rows)),
        "areas-INITIAL_FORMS": "0",
        **{name: value for one in rows for name, value in one.items()},
        **fields,
    }


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("广东", ["440000"]),
        ("广东省、新疆维吾尔自治区，西藏", ["440000", "650000", "540000"]),
        ("江浙沪", ["310000", "320000", "330000"]),
        ("广东 广东省", ["440000"]),
        ("北京市;内蒙古", ["110000", "150000"]),
    ],
)
def test_provinces_as_they_are_said(text, codes):
    assert sorted(provinces_read(text)) == sorted(codes)
    assert sorted(provinces_read(provinces_write(codes))) == sorted(codes)


def test_a_word_that_is_no_province_is_named():
    with pytest.raises(UnknownProvince, match="广州"):
        provinces_read("广东、广州")


def test_a_merchant_writes_a_template(owner, store):
    answer = owner.post(f"{PAGE}add/", form(row(0), row(1, provinces="西藏", serves=None)))
    assert answer.status_code == 302
    template = FreightTemplate.objects.get(store=store)
    tariff = tariff_of(template)
    assert (tariff.tier(XINJIANG).first_fen, tariff.tier(TIBET)) == (2000, None)
    assert (tariff.elsewhere.first_fen, tariff.free_over_fen) == (600, 9900)
    assert FreightArea.objects.filter(store=store).count() == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(0), row(1, provinces="新疆、甘肃")], "已经写在另一行"),
        ([row(0, provinces="火星")], "不是省份名"),
        ([row(0, first_fen="六块")], "请输入金额"),
        ([row(0, step="0")], "1"),
        ([row(0, provinces="、")], "areas"),
    ],
)
def test_what_cannot_be_is_said_beside_it_and_kept(owner, rows, said):
    answer = owner.post(f"{PAGE}add/", form(*rows))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert "山货" in answer.content.decode()
    assert not FreightTemplate.objects.exists()


@pytest.mark.parametrize(
    ("province", "quantity", "said"),
    [
        (GUANGDONG, 3, "寄到广东省，3 件：¥10.00"),
        (XINJIANG, 1, "寄到新疆维吾尔自治区，1 件：¥20.00"),
        (TIBET, 1, "寄到西藏自治区：不配送"),
    ],
)
def test_the_preview(owner, store, province, quantity, said):
    template = freight_make(store)
    query = {"province": province, "quantity": quantity, "each": 500, "amount_fen": ""}
    assert said in owner.get(f"{PAGE}{template.pk}/change/", query).content.decode()


def test_the_preview_of_a_neighbours_template(owner):
    template = freight_make(store_make())
    query = {"province": GUANGDONG, "quantity": 1, "each": 1}
    assert owner.get(f"{PAGE}{template.pk}/change/", query).status_code == 302


def test_one_template_for_all_goods(owner, store):
    sku, template = cast.sku_on_sale(store), freight_make(store)
    foreign = cast.sku_on_sale()
    owner.post(PAGE, {"action": "use_for_all", "_selected_action": [template.pk]})
    sku.product.refresh_from_db()
    foreign.product.refresh_from_db()
    assert sku.product.freight_template_id == template.pk
    assert foreign.product.freight_template_id is None


def test_a_template_in_use_is_not_deleted(owner, store):
    sku, template = cast.sku_on_sale(store), freight_make(store)
    sku.product.freight_template = template
    sku.product.save()
    owner.post(f"{PAGE}{template.pk}/delete/", {"post": "yes"})
    assert FreightTemplate.objects.filter(pk=template.pk).exists()


def test_what_a_page_says_of_it(store):
    template = freight_make(store, free_over_fen=9900)
    assert tariff_words(tariff_of(template)) == "运费 ¥6.00 起，满 ¥99.00 包邮，部分地区不配送"
    free = FreightTemplate.objects.create(store=store, name="包邮")
    assert tariff_words(tariff_of(free)) == "包邮"


def test_a_province_in_two_rows_is_found(store):
    template = freight_make(store)
    area_make(template, XINJIANG)
    found = audit(now=clock.now(), names=["freight.areas"])
    assert [(one.row, one.detail) for one in found] == [
        (f"freight template {template.pk}", f"2 rows for province {XINJIANG}")
    ]
