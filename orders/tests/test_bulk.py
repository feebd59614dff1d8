"""Shipping by spreadsheet: shown first, done on confirmation, and nothing the second time."""

import base64
import io
import re
import zipfile
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from catalog.models import Product
from core import clock
from orders.destinations import fetched_at
from orders.models import Order, OrderLine, Shipment
from orders.papers import picking_list
from orders.services import OrderItem, bulk_plan, order_address_change
from orders.sheets import (
    HEAD,
    MAX_ROWS,
    SheetRefused,
    SheetRow,
    carrier_code,
    harmless,
    sheet_read,
    to_ship_sheet,
)
from orders.tests.factories import (
    order_make,
    paid_make,
    person,
    shipped_make,
    sku_on_sale,
    store_open,
)
from stores.queries import pickup_places
from stores.tests.factories import pickup_make, staff_make

pytestmark = pytest.mark.django_db
PATH = "/office/orders/order/bulk-ship/"


def sheet(*rows, head=("订单号", "快递公司", "运单号")):
    book = Workbook()
    book.active.append(head)
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(client, data):
    answer = client.post(PATH, {"sheet": SimpleUploadedFile("发货.xlsx", data)}, follow=True)
    return answer.content.decode()


def signed(page):
    found = re.search(r'name="rows" value="([^"]+)"', page)
    return found.group(1) if found else None


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(text):
    order = paid_make(note=text)
    book = load_workbook(io.BytesIO(to_ship_sheet([order])))
    for row in book.active.iter_rows(min_row=2):
        for cell in row:
            assert cell.data_type != "f"
            assert not str(cell.value or "").startswith(("=", "+", "-", "@", "\t"))
    assert harmless("枣 =1") == "枣 =1"


def test_the_sheet_comes_back_as_it_was_filled_in():
    order = paid_make(quantity=2)
    book = load_workbook(io.BytesIO(to_ship_sheet([order])))
    row = book.active[2]
    assert [cell.value for cell in book.active[1]] == list(HEAD)
    assert row[6].value == 2
    row[8].value, row[9].value = "顺丰速运", "sf1234567890"
    out = io.BytesIO()
    book.save(out)
    assert sheet_read(out.getvalue()) == [SheetRow(2, order.public_id, "顺丰速运", "sf1234567890")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "打不开"),
        (b"PK\x03\x04 broken", "打不开"),
        (b"x" * (2 * 1024 * 1024 + 1), "2 MB"),
        (sheet(head=("订单号", "运单号")), "快递公司"),
        (sheet(*[("ord_x", "sf", "SF1234")] * (MAX_ROWS + 1)), "500"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data, words):
    with pytest.raises(SheetRefused, match=words):
        sheet_read(data)


def test_a_file_that_unpacks_without_end_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (21 * 1024 * 1024))
    with pytest.raises(SheetRefused, match="太大"):
        sheet_read(out.getvalue())


@pytest.mark.parametrize("text", ["sf", "SF", "顺丰速运", "顺丰", " 顺丰 "])
def test_a_carrier_by_any_of_its_names(text):
    assert carrier_code(text) == "sf"


def test_what_would_happen_row_by_row(django_assert_num_queries):
    store = store_open()
    good = paid_make(sku_on_sale(store))
    sent, unpaid = shipped_make(sku_on_sale(store)), order_make(sku_on_sale(store))
    foreign = paid_make()
    rows = [
        SheetRow(2, good.public_id, "顺丰", "SF11111111"),
        SheetRow(3, good.public_id, "顺丰", "SF22222222"),
        SheetRow(4, foreign.public_id, "顺丰", "SF33333333"),
        SheetRow(5, sent.public_id, "sf", sent.shipments.get().tracking_no),
        SheetRow(6, unpaid.public_id, "中通", "ZTO123456"),
        SheetRow(7, "ord_none", "中通", "ZTO123456"),
    ]
    with django_assert_num_queries(3):
        plan = bulk_plan(store_id=store.pk, rows=rows, now=clock.now())
    troubles = [one.trouble for one in plan]
    words = ["", "两次", "没有这个订单", "已经登记", "还没有付款", "没有这个订单"]
    assert all(word in said for word, said in zip(words, troubles, strict=True))
    assert troubles[0] == ""
    assert Shipment.objects.count() == 1


def troubles_of(store, *rows):
    plan = bulk_plan(
        store_id=store.pk,
        rows=[SheetRow(n, order.public_id, *label) for n, (order, *label) in enumerate(rows, 2)],
        now=clock.now(),
    )
    return [one.trouble for one in plan]


def test_a_number_filled_down_the_sheet_ships_one_order(client):
    store = store_open()
    orders = [paid_make(sku_on_sale(store)) for _ in range(4)]
    client.force_login(staff_make(store).user)
    rows = [(one.public_id, "顺丰", "SF11111111") for one in orders[:3]]
    page = upload(client, sheet(*rows, (orders[3].public_id, "中通", "sf11111111")))
    assert "2 行可以发货" in page  # another carrier's number is another number
    assert page.count("第 2 行填了同一个运单号") == 2
    client.post(PATH, {"rows": signed(page)})
    assert set(Shipment.objects.values_list("order", "carrier")) == {
        (orders[0].pk, "sf"),
        (orders[3].pk, "zto"),
    }


def test_a_number_of_a_row_that_ships_nothing_is_not_for_the_next():
    order = paid_make()
    unpaid = order_make(order.lines.get().sku)
    said = troubles_of(order.store, (unpaid, "sf", "SF11111111"), (order, "sf", " sf11111111"))
    assert "第 2 行" in said[1]


def test_two_orders_of_one_person_at_one_place_go_in_one_parcel(client):
    who, store = person(), store_open()
    one, two, third = (paid_make(sku_on_sale(store), who=who) for _ in range(3))
    typed = replace(who.address, street=f" {who.address.street}。")
    order_address_change(order_id=two.pk, address=typed, by_id=None, now=clock.now())
    rows = [(one, "sf", "SF11111111"), (two, "sf", "SF11111111")]
    assert troubles_of(store, *rows) == ["", ""]
    client.force_login(staff_make(store).user)
    page = upload(client, sheet(*[(order.public_id, *label) for order, *label in rows]))
    client.post(PATH, {"rows": signed(page)})
    assert Shipment.objects.filter(tracking_no="SF11111111").count() == 2
    assert troubles_of(store, (third, "sf", "SF11111111")) == [""]
    elsewhere = replace(who.address, phone="13900001111")
    order_address_change(order_id=third.pk, address=elsewhere, by_id=None, now=clock.now())
    assert one.public_id in troubles_of(store, (third, "sf", "SF11111111"))[0]


def test_a_number_of_another_order_is_told_before_and_of_another_store_is_not():
    sent = shipped_make()
    order, foreign = paid_make(sku_on_sale(sent.store)), paid_make()
    label = ("sf", sent.shipments.get().tracking_no)
    assert sent.public_id in troubles_of(sent.store, (order, *label))[0]
    assert troubles_of(foreign.store, (foreign, *label)) == [""]
    # Carriers give a number out again.
    Shipment.objects.update(shipped_at=clock.now() - timedelta(days=181))
    assert troubles_of(sent.store, (order, *label)) == [""]


@pytest.mark.parametrize(
    ("carrier", "number", "words"),
    [
        ("鸽子", "SF123456", "不认识"),
        ("顺丰", "枣", "4 到 40 位"),
        ("顺丰", "", "4 到 40 位"),
        ("", "", "跳过"),
        ("顺丰", "#7312345678901234", "文本"),
    ],
)
def test_a_row_that_cannot_be_says_why(carrier, number, words):
    order = paid_make()
    rows = [SheetRow(2, order.public_id, carrier, number)]
    assert words in bulk_plan(store_id=order.store_id, rows=rows, now=clock.now())[0].trouble


def test_a_number_that_lost_its_end_is_noticed():
    rows = sheet_read(sheet(("ord_a", "sf", 73123456789012345678), ("ord_b", "sf", 7312345)))
    assert [row.tracking_no.startswith("#") for row in rows] == [True, False]


def test_shown_first_then_done_then_nothing(client):
    store = store_open()
    one, two = paid_make(sku_on_sale(store)), paid_make(sku_on_sale(store))
    client.force_login(staff_make(store).user)
    page = upload(
        client,
        sheet((one.public_id, "顺丰", "SF11111111"), (two.public_id, "鸽子", "SF22222222")),
    )
    assert "1 行可以发货" in page
    assert "不认识" in page
    assert not Shipment.objects.exists()
    rows = signed(page)
    page = client.post(PATH, {"rows": rows}, follow=True).content.decode()
    assert "已发货 1 个订单" in page
    page = client.post(PATH, {"rows": rows}, follow=True).content.decode()
    assert "已发货 0 个订单" in page
    assert "已经登记过" in page
    assert Shipment.objects.count() == 1
    states = dict(Order.objects.values_list("public_id", "state"))
    assert (states[one.public_id], states[two.public_id]) == ("shipped", "to_ship")


def test_rows_of_another_store_or_by_another_hand_are_refused(client):
    order = paid_make()
    client.force_login(staff_make(order.store).user)
    rows = signed(upload(client, sheet((order.public_id, "顺丰", "SF11111111"))))
    client.force_login(staff_make(store_open("陶坊")).user)
    for told in (rows, "forged"):
        page = client.post(PATH, {"rows": told}, follow=True).content.decode()
        assert "重新上传" in page
    assert not Shipment.objects.exists()


def test_a_long_order_is_picked_to_the_last_line():
    store = store_open()
    skus = [sku_on_sale(store) for _ in range(70)]
    Product.objects.filter(store=store).update(title="枣" * 40)
    items = [OrderItem(sku.pk, 1) for sku in skus]
    order = paid_make(skus[0], items=items, note="谢" * 200)
    for number, line in enumerate(order.lines.order_by("pk")):
        OrderLine.objects.filter(pk=line.pk).update(sku_name=f"Z{number:02d}Z")
    text = printed(picking_list([Order.objects.prefetch_related("lines").get()]))
    names = [f"Z{number:02d}Z" for number in range(70)]
    assert [name for name in names if text.count(name) != 2] == []  # in the sum and in the order
    assert text.count("谢") == 200


def printed(pdf):
    """The text on a PDF's pages, as reportlab writes Chinese: UTF-16 in packed streams."""
    told = []
    for packed in re.findall(rb"stream\s(.*?)endstream", pdf, re.DOTALL):
        page = zlib.decompress(base64.a85decode(packed.strip().removesuffix(b"~>")))
        for text in re.findall(rb"\((.*?)(?<!\\)\) Tj", page, re.DOTALL):
            plain = re.sub(
                rb"\\([0-7]{3}|.)",
                lambda one: bytes([int(one[1], 8)]) if len(one[1]) == 3 else one[1],
                text,
                flags=re.DOTALL,
            )
            told.append(plain.decode("utf-16-be", "replace"))
    return "".join(told)


def test_what_is_too_much_for_one_time_is_said(client, monkeypatch):
    store = store_open()
    orders = [paid_make(sku_on_sale(store)) for _ in range(3)]
    unpaid = order_make(sku_on_sale(store))
    client.force_login(staff_make(store).user)
    monkeypatch.setattr("orders.admin.batches.MAX_ORDERS", 2)
    monkeypatch.setattr("orders.admin.batches.MAX_ROWS", 2)
    chosen = {"_selected_action": [one.pk for one in (*orders, unpaid)]}
    for action in ("picking", "labels"):
        answer = client.post("/office/orders/order/", {"action": action, **chosen})
        text = printed(answer.content)
        assert "还有1个没有包括" in text.replace(" ", "")
        assert "有1个不是在等这一步" in text.replace(" ", "")
        assert [one.public_id in text for one in orders] == [True, True, False]
    answer = client.get("/office/orders/order/sheet/", follow=True)
    book = load_workbook(io.BytesIO(answer.content))
    assert book.active.max_row == 3
    assert "还有 1 个没有包括" in book["说明"]["A1"].value
    assert len(sheet_read(answer.content)) == 2


def test_what_is_fetched_is_picked_and_needs_no_label(client):
    point = pickup_make(store_open())
    place = pickup_places({point.store_id})[point.store_id][0]
    where = fetched_at(place, recipient="王小枣", phone="13811112222")
    order = paid_make(sku_on_sale(point.store), address=where)
    client.force_login(staff_make(point.store).user)
    chosen = {"_selected_action": [order.pk]}
    answer = client.post("/office/orders/order/", {"action": "picking", **chosen})
    assert order.public_id in printed(answer.content)
    page = client.post("/office/orders/order/", {"action": "labels", **chosen}, follow=True)
    assert "自提的订单不用面单" in page.content.decode()


def test_the_download_holds_what_is_to_be_sent_by_this_store(client):
    order, _other = paid_make(), paid_make()
    order_make(order.lines.get().sku)
    client.force_login(staff_make(order.store).user)
    answer = client.get("/office/orders/order/sheet/", follow=True)
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [order.public_id]
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["picking", "labels"])
def test_papers_are_printed(client, name):
    order = paid_make(note="<b>周末</b> & 谢谢")
    unpaid = order_make(order.lines.get().sku)
    client.force_login(staff_make(order.store).user)
    chosen = {"action": name, "_selected_action": [order.pk, unpaid.pk]}
    answer = client.post("/office/orders/order/", chosen)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    chosen["_selected_action"] = [unpaid.pk]
    page = client.post("/office/orders/order/", chosen, follow=True).content.decode()
    assert ("没有待发货的" if name == "labels" else "没有等待发货或取货的") in page
