"""Another address, a reminder, more time, a note: each as often as it may be, and no more."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Address
from accounts.queries import address_for_order
from accounts.tests.factories import address_make
from core import clock
from core.crypto import blind_index
from freight.tests.factories import GUANGDONG, TIBET, XINJIANG, freight_make
from orders.deadlines import order_due
from orders.destinations import street_index
from orders.models import Order, OrderChange
from orders.services import (
    AddressRefused,
    OrderItem,
    WishRefused,
    order_address_change,
    order_line_cancel,
    order_note_add,
    order_receive_extend,
    order_ship,
    order_urge,
)
from orders.tests.factories import (
    order_make,
    paid_make,
    person,
    shipped_make,
    sku_on_sale,
    store_open,
)
from orders.tests.test_bulk import printed
from stores.models import StoreStaff
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client):
    alice = person("Alice")
    client.force_login(alice.user)
    return alice


def elsewhere(who):
    return address_make(who.user, recipient="李四", phone="13911112222", street="解放路 99 号")


def move(order, who, address):
    return order_address_change(
        order_id=order.pk,
        address=address_for_order(who.id, address.public_id),
        by_id=who.id,
        now=clock.now(),
    )


@pytest.mark.parametrize("held", [False, True])
def test_an_order_that_waits_goes_elsewhere(alice, held):
    order = paid_make(sku_on_sale(), who=alice, held=held)
    payable = order.payable_fen
    assert move(order, alice, address := elsewhere(alice)) is True
    assert move(order, alice, address) is False
    order.refresh_from_db()
    assert (order.recipient, order.phone, order.street) == ("李四", "13911112222", "解放路 99 号")
    assert order.phone_index == blind_index("13911112222", purpose="order.phone")
    assert order.payable_fen == payable
    change = OrderChange.objects.get()
    assert "13911112222" not in change.detail
    assert "解放路" not in change.detail
    assert change.by_id == alice.id


@pytest.mark.parametrize("make", [order_make, shipped_make])
def test_it_stays_where_it_is_before_paying_and_after_sending(alice, make):
    order = make(sku_on_sale(), who=alice)
    with pytest.raises(AddressRefused):
        move(order, alice, elsewhere(alice))


def test_a_first_parcel_settles_the_address(alice):
    order = paid_make(sku_on_sale(), who=alice, quantity=2)
    order_ship(
        order_id=order.pk,
        carrier="sf",
        tracking_no="SF12345678",
        by_id=None,
        now=clock.now(),
        quantities={order.lines.get().pk: 1},
    )
    with pytest.raises(AddressRefused, match="包裹"):
        move(order, alice, elsewhere(alice))


def test_the_buyer_chooses_among_the_own_addresses(client, alice):
    order, address = paid_make(sku_on_sale(), who=alice), elsewhere(alice)
    path = f"/orders/{order.public_id}/address/"
    assert address.public_id in client.get(path).content.decode()
    foreign = elsewhere(person())
    answer = client.post(path, {"address": foreign.public_id})
    assert (answer.status_code, "找不到这个收货地址" in answer.content.decode()) == (422, True)
    page = client.post(path, {"address": address.public_id}, follow=True).content.decode()
    assert "收货信息已修改" in page
    order.refresh_from_db()
    assert order.street == "解放路 99 号"


@pytest.mark.parametrize("page", ["address", "urge", "extend"])
def test_a_strangers_order_is_not_there(client, alice, page):
    order = paid_make()
    path = f"/orders/{order.public_id}/{page}/"
    assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
    assert not OrderChange.objects.exists()


@pytest.fixture
def by_freight():
    """Something that costs 6 yuan to send near by, 20 to 新疆, and is not sent to 西藏."""
    sku = sku_on_sale()
    sku.product.freight_template = freight_make(sku.store)
    sku.product.save()
    return sku


def there(who, province, region):
    there = replace(who.address, region=region, province_code=province, street="人民路 1 号")
    return lambda order: order_address_change(
        order_id=order.pk, address=there, by_id=who.id, now=clock.now()
    )


@pytest.mark.parametrize(
    ("province", "region", "words"),
    [
        (TIBET, "西藏自治区 拉萨市 城关区", "不配送到西藏自治区.*换一个收货地址"),
        (XINJIANG, "新疆维吾尔自治区 乌鲁木齐市 天山区", "要多 [0-9.]+ 元.*重新下单"),
    ],
)
def test_it_does_not_go_where_it_is_not_sent_or_costs_more(
    client, alice, by_freight, province, region, words
):
    order = paid_make(by_freight, who=alice)
    before = order.street
    with pytest.raises(AddressRefused, match=words):
        there(alice, province, region)(order)
    address = address_make(alice.user)
    Address.objects.filter(pk=address.pk).update(province_code=province, region=region)
    path = f"/orders/{order.public_id}/address/"
    page = client.post(path, {"address": address.public_id}, follow=True).content.decode()
    assert re.search(words, page)
    order.refresh_from_db()
    assert (order.street, OrderChange.objects.count()) == (before, 0)


def test_it_goes_to_another_province_for_the_same_money(alice, by_freight):
    order = paid_make(by_freight, who=alice)
    assert there(alice, GUANGDONG, "广东省 深圳市 南山区")(order) is True
    order.refresh_from_db()
    assert order.region == "广东省 深圳市 南山区"


def test_a_line_that_was_cancelled_makes_no_place_dearer(alice, by_freight):
    other = sku_on_sale(by_freight.store)
    template = by_freight.product.freight_template
    template.free_over_count = 2
    template.save()
    other.product.freight_template = template
    other.product.save()
    items = [OrderItem(by_freight.pk, 1), OrderItem(other.pk, 1)]
    order = paid_make(by_freight, who=alice, items=items)
    assert order.freight_fen == 0
    line = order.lines.get(sku=other)
    order_line_cancel(order_id=order.pk, line_id=line.pk, reason="", by_id=None, now=clock.now())
    assert there(alice, GUANGDONG, "广东省 深圳市 南山区")(order) is True


def test_the_merchant_corrects_a_street(client):
    order = paid_make()
    region = order.region
    client.force_login(staff_make(order.store, role=StoreStaff.Role.CLERK).user)
    path = f"/office/orders/order/{order.pk}/address/"
    form = {"recipient": "王五", "phone": "139", "street": "人民路 1 号"}
    page = client.post(path, form).content.decode()
    assert "11 位手机号" in page
    assert "人民路 1 号" in page
    page = client.post(path, {**form, "phone": "13911112222"}, follow=True).content.decode()
    assert "买家可以看到" in page
    order.refresh_from_db()
    assert (order.recipient, order.street, order.region) == ("王五", "人民路 1 号", region)


def test_the_merchant_corrects_city_and_district_within_the_province(client, by_freight):
    order = paid_make(by_freight)
    client.force_login(staff_make(order.store, role=StoreStaff.Role.CLERK).user)
    path = f"/office/orders/order/{order.pk}/address/"
    page = client.get(path).content.decode()
    assert re.search(r'value="141102"\s+selected', page)
    assert "北京市" not in page
    form = {"recipient": order.recipient, "phone": order.phone, "street": order.street}
    foreign = client.post(path, {**form, "place": "110105"}).content.decode()
    assert "请重新选择" in foreign
    client.post(path, {**form, "place": "140105"})
    order.refresh_from_db()
    assert order.region == "山西省 太原市 小店区"
    assert OrderChange.objects.get().detail.endswith("山西省 太原市 小店区")
    assert order.street_index == street_index(
        replace(person().address, region=order.region, street=order.street)
    )


@pytest.mark.parametrize(
    ("region", "place", "there"),
    [
        ("北京市 朝阳区", "110101", "北京市 东城区"),
        ("广东省 东莞市", "441900", "广东省 东莞市"),
        ("山西省 吕梁地区 离石市", "", "山西省 吕梁地区 离石市"),  # as it was called once
        ("香港特别行政区", "", "香港特别行政区"),
    ],
)
def test_places_without_a_city_or_a_district_and_such_as_are_not_listed(
    client, region, place, there
):
    order = paid_make()
    Order.objects.filter(pk=order.pk).update(region=region)
    client.force_login(staff_make(order.store).user)
    path = f"/office/orders/order/{order.pk}/address/"
    assert re.search(rf"selected[^>]*>\s*{region}\s*<", client.get(path).content.decode())
    form = {"recipient": "王五", "phone": "13911112222", "street": "人民路 1 号", "place": place}
    assert client.post(path, form).status_code == 302
    order.refresh_from_db()
    assert (order.region, order.recipient) == (there, "王五")


def test_the_merchant_sees_that_it_goes_elsewhere_on_every_page_and_paper(client, alice):
    order = paid_make(sku_on_sale(), who=alice)
    other = paid_make(order.lines.get().sku)
    client.force_login(staff_make(order.store).user)
    change = f"/office/orders/order/{order.pk}/change/"
    assert "收货信息改过" not in client.get(change).content.decode()
    move(order, alice, elsewhere(alice))
    at = timezone.localtime(OrderChange.objects.get().at)
    words = f"收货信息改过 {at:%Y-%m-%d %H:%M}"
    assert words in client.get(change).content.decode()
    assert client.get("/office/orders/order/").content.decode().count(words) == 1
    chosen = {"_selected_action": [order.pk, other.pk]}
    for action in ("picking", "labels"):
        answer = client.post("/office/orders/order/", {"action": action, **chosen})
        text = printed(answer.content).replace(" ", "")
        assert text.count(words.replace(" ", "")) == 1


def test_urging_once_a_day(alice):
    order, now = paid_make(sku_on_sale(), who=alice), clock.now()
    order_urge(order_id=order.pk, by_id=alice.id, now=now)
    with pytest.raises(WishRefused, match="今天已经催过"):
        order_urge(order_id=order.pk, by_id=alice.id, now=now)
    order_urge(order_id=order.pk, by_id=alice.id, now=now + timedelta(days=1))
    order.refresh_from_db()
    assert order.urged_at == now + timedelta(days=1)
    assert OrderChange.objects.count() == 2


@pytest.mark.parametrize(
    "make", [order_make, shipped_make, lambda s, **k: paid_make(s, held=True, **k)]
)
def test_only_what_is_to_be_sent_is_urged(alice, make):
    order = make(sku_on_sale(), who=alice)
    with pytest.raises(WishRefused):
        order_urge(order_id=order.pk, by_id=alice.id, now=clock.now())


def test_the_merchant_sees_the_reminder(client, alice):
    order = paid_make(sku_on_sale(), who=alice)
    path = f"/orders/{order.public_id}/urge/"
    assert client.get(path).status_code == 200
    assert not OrderChange.objects.exists()
    assert "已提醒商家" in client.post(path, follow=True).content.decode()
    assert "今天已经催过" in client.post(path, follow=True).content.decode()
    client.force_login(staff_make(order.store).user)
    page = client.get(f"/office/orders/order/{order.pk}/change/").content.decode()
    assert "买家催发货" in page


def test_more_time_once_and_the_clock_keeps_to_it():
    order = shipped_make(sku_on_sale(store_open(auto_receive_days=7)))
    first = order.receive_before
    until = order_receive_extend(order_id=order.pk, by_id=order.buyer_id, now=clock.now())
    assert until == first + timedelta(days=7)
    with pytest.raises(WishRefused, match="延长过一次"):
        order_receive_extend(order_id=order.pk, by_id=order.buyer_id, now=clock.now())
    assert order_due(order.pk, now=first) == until
    order.refresh_from_db()
    assert (order.state, order.due_at) == ("shipped", until)
    order_due(order.pk, now=until)
    order.refresh_from_db()
    assert order.state == "completed"


@pytest.mark.parametrize("make", [order_make, paid_make])
def test_nothing_to_extend_before_it_is_sent(make):
    order = make()
    with pytest.raises(WishRefused):
        order_receive_extend(order_id=order.pk, by_id=order.buyer_id, now=clock.now())


def test_the_buyer_extends_on_the_page(client, alice):
    order = shipped_make(sku_on_sale(), who=alice)
    assert "延长收货" in client.get(f"/orders/{order.public_id}/").content.decode()
    page = client.post(f"/orders/{order.public_id}/extend/", follow=True).content.decode()
    assert "都可以确认收货" in page
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "你延长了收货时间" in page
    assert f"/orders/{order.public_id}/extend/" not in page


def test_the_stores_notes_are_the_stores(client, alice):
    order = paid_make(sku_on_sale(), who=alice)
    client.force_login(staff_make(order.store).user)
    path = f"/office/orders/order/{order.pk}/note/"
    page = client.post(path, {"note": "老客户，多放一袋"}, follow=True).content.decode()
    assert page.count("老客户，多放一袋") == 1
    page = client.post(path, {"note": "老客户，多放一袋"}, follow=True).content.decode()
    assert "没有重复保存" in page
    assert order_note_add(order_id=order.pk, text="  ", by_id=None, now=clock.now()) is False
    assert OrderChange.objects.count() == 1
    client.force_login(alice.user)
    assert "多放一袋" not in client.get(f"/orders/{order.public_id}/").content.decode()


def test_a_buyers_page_costs_the_same_for_one_parcel_as_for_three(
    client, alice, django_assert_max_num_queries
):
    store = store_open()
    skus = [sku_on_sale(store) for _ in range(3)]
    order = paid_make(skus[0], who=alice, items=[OrderItem(sku.pk, 2) for sku in skus])
    for number, line in enumerate(order.lines.order_by("pk")):
        order_ship(
            order_id=order.pk,
            carrier="sf",
            tracking_no=f"SF1234567{number}",
            by_id=None,
            now=clock.now(),
            quantities={line.pk: 1},
        )
        with django_assert_max_num_queries(10):
            client.get(f"/orders/{order.public_id}/")
