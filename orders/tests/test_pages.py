"""The shopper's pages: every refusal has a sentence and loses nothing, and one sees only one's own."""

import pytest

from catalog.models import Sku
from catalog.services import product_withdraw, sku_price_change, stock_correct
from core import clock
from core.crypto import mask_phone
from core.idempotency import form_key_new
from orders.models import Order
from orders.tests.factories import (
    FREIGHT_FEN,
    LIST_FEN,
    order_make,
    paid_make,
    person,
    shipped_make,
    sku_on_sale,
)
from payments.models import Payment
from stores.models import Store

pytestmark = pytest.mark.django_db

TOTAL = LIST_FEN + FREIGHT_FEN
NOTE = "周末再送，谢谢 🙏"


@pytest.fixture
def alice(client):
    alice = person("Alice")
    client.force_login(alice.user)
    return alice


@pytest.fixture
def sku():
    return sku_on_sale(on_hand=10)


def form(sku, who, **changes):
    return {
        "sku": sku.public_id,
        "quantity": "1",
        "address": who.user.addresses.get().public_id,
        "note": NOTE,
        "shown_fen": str(TOTAL),
        "form_key": form_key_new(),
        **changes,
    }


def refused(answer, words):
    """The page came back, says why, kept the note, and nothing was written."""
    page = answer.content.decode()
    assert 400 <= answer.status_code < 500
    assert words in page
    assert NOTE in page
    assert (Order.objects.count(), Payment.objects.count()) == (0, 0)
    assert sum(Sku.objects.values_list("reserved", flat=True)) == 0


def test_the_page_shows_what_will_be_charged(client, alice, sku):
    page = client.get(f"/checkout/?sku={sku.public_id}&quantity=2").content.decode()
    assert "¥118.00" in page
    assert f'name="shown_fen" value="{2 * LIST_FEN + FREIGHT_FEN}"' in page
    assert alice.address.street[:6] in page


def test_buying_leads_to_the_cashier(client, alice, sku):
    answer = client.post("/checkout/", form(sku, alice))
    order = Order.objects.get()
    assert answer.headers["Location"] == f"/orders/{order.public_id}/pay/"
    assert (order.buyer_id, order.payable_fen, order.note) == (alice.id, TOTAL, NOTE)
    assert client.get(answer.headers["Location"]).status_code == 200


def test_the_same_form_twice_is_one_order(client, alice, sku):
    data = form(sku, alice)
    first, second = (client.post("/checkout/", data).headers["Location"] for _ in range(2))
    assert first == second
    assert Order.objects.count() == 1


def test_a_changed_price_is_shown_and_asked_about(client, alice, sku):
    sku_price_change(sku_id=sku.pk, price_fen=LIST_FEN + 100, by_id=None, now=clock.now())
    data = form(sku, alice)
    answer = client.post("/checkout/", data)
    refused(answer, "已从 ¥65.00 变为 ¥66.00")
    page = answer.content.decode()
    assert f'name="shown_fen" value="{TOTAL + 100}"' in page
    assert data["form_key"] in page
    client.post("/checkout/", {**data, "shown_fen": str(TOTAL + 100)})
    assert Order.objects.get().payable_fen == TOTAL + 100


def test_a_price_from_the_client_is_never_charged(client, alice, sku):
    refused(client.post("/checkout/", form(sku, alice, shown_fen="1")), "变为 ¥65.00")


def test_more_than_there_is_is_refused(client, alice, sku):
    data = form(sku, alice, quantity="11", shown_fen=str(11 * LIST_FEN + FREIGHT_FEN))
    refused(client.post("/checkout/", data), "只剩 10 件")


def sold_out(sku):
    stock_correct(sku_id=sku.pk, on_hand=0, reason="盘点", by_id=None, now=clock.now())


def withdrawn(sku):
    product_withdraw(product_id=sku.product_id, now=clock.now())


def resting(sku):
    Store.objects.update(is_open=False)


@pytest.mark.parametrize(
    ("happens", "words"), [(sold_out, "售罄"), (withdrawn, "已下架"), (resting, "正在休息")]
)
def test_what_happened_meanwhile_is_said(client, alice, sku, happens, words):
    data = form(sku, alice)
    happens(sku)
    refused(client.post("/checkout/", data), words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": "0"}, "至少购买 1 件"),
        ({"quantity": "-3"}, "至少购买 1 件"),
        ({"quantity": "1000"}, "每单最多 999 件"),
        ({"quantity": "二"}, "整数"),
        ({"quantity": "9" * 5000}, "整数"),
        ({"quantity": ""}, "请填写数量"),
        ({"address": ""}, "请选择收货地址"),
        ({"address": "adr_nobodys"}, "找不到这个收货地址"),
        ({"shown_fen": ""}, "核对后再提交"),
        ({"shown_fen": "9" * 40}, "核对后再提交"),
        ({"form_key": ""}, "核对后再提交"),
        ({"form_key": "'; DROP TABLE orders_order; --"}, "核对后再提交"),
    ],
)
def test_bad_input_gets_a_sentence(client, alice, sku, changes, words):
    refused(client.post("/checkout/", form(sku, alice, **changes)), words)


def test_somebody_elses_address_is_nobodys(client, alice, sku):
    stranger = person("Charlie").user.addresses.get()
    stranger.street = "崇文街 1 号"
    stranger.save()
    answer = client.post("/checkout/", form(sku, alice, address=stranger.public_id))
    refused(answer, "找不到这个收货地址")
    assert stranger.street not in answer.content.decode()


@pytest.mark.parametrize(
    "note", ["👨‍👩‍👧‍👦" * 20, "שלום" * 30, "\u200b\u202e枣", "<script>alert(1)</script>", "换\n行"]
)
def test_any_note_is_kept_and_never_run(client, alice, sku, note):
    assert client.post("/checkout/", form(sku, alice, note=note)).status_code == 302
    order = Order.objects.get()
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("note", ["长" * 10_000, "a\x00b"])
def test_a_note_that_cannot_be_kept_is_refused(client, alice, sku, note):
    answer = client.post("/checkout/", form(sku, alice, note=note))
    assert answer.status_code == 422
    assert "留言" in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize("asked", ["", "sku_nobodys", "枣", "x" * 300, "%00"])
def test_goods_nobody_sells_are_a_friendly_404(client, alice, asked):
    assert client.get(f"/checkout/?sku={asked}").status_code == 404


def test_a_stranger_signs_in_first_and_comes_back(client, sku):
    who = person()
    answer = client.get(f"/checkout/?sku={sku.public_id}&quantity=2")
    assert answer.headers["Location"].startswith("/sign-in/?next=/checkout/")
    answer = client.post("/checkout/", form(sku, who))
    assert answer.headers["Location"].startswith("/sign-in/?next=")
    assert not Order.objects.exists()
    client.force_login(who.user)


PAGES = ["", "close/", "receive/", "pay/", "pay/prepare/", "pay/status/", "pay/qr.svg", "result/"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("make", [order_make, paid_make, shipped_make])
def test_knowing_an_orders_number_opens_nothing(client, alice, page, make):
    order = make()
    state = order.state
    path = f"/orders/{order.public_id}/{page}"
    assert client.get(path).status_code == 404
    assert client.post(path, {"channel": "native"}).status_code in {404, 405}
    order.refresh_from_db()
    assert (order.state, order.close_requested_at) == (state, None)
    assert order.public_id not in client.get("/orders/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_to_sign_in(client, page):
    answer = client.get(f"/orders/{order_make().public_id}/{page}")
    assert answer.headers["Location"].startswith("/sign-in/")


def mine(client, make):
    order = make()
    client.force_login(order.buyer)
    return order


def test_the_buyer_gives_an_unpaid_order_up(client):
    order = mine(client, order_make)
    path = f"/orders/{order.public_id}/close/"
    assert client.get(path).status_code == 200
    order.refresh_from_db()
    assert order.state == "awaiting_payment"
    assert client.post(path).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("closed", "你取消了付款")
    assert client.post(path).status_code == 302


def test_the_buyer_confirms_a_parcel(client):
    order = mine(client, shipped_make)
    path = f"/orders/{order.public_id}/receive/"
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 302
    order.refresh_from_db()
    assert order.state == "completed"
    assert client.post(path).status_code == 302


@pytest.mark.parametrize("make", [order_make, paid_make, shipped_make])
def test_a_reload_or_a_link_changes_nothing(client, make):
    order = mine(client, make)
    state = order.state
    for page in PAGES:
        client.get(f"/orders/{order.public_id}/{page}")
    order.refresh_from_db()
    assert (order.state, order.close_requested_at) == (state, None)


@pytest.mark.parametrize("query", ["", "?state=awaiting", "?state=nothing", "?page=0", "?page=枣"])
def test_the_list_opens_in_few_queries(client, query, django_assert_max_num_queries):
    who, sku = person(), sku_on_sale()
    for _ in range(12):
        order_make(sku, buyer_id=who.id)
    client.force_login(who.user)
    with django_assert_max_num_queries(8):
        page = client.get(f"/orders/{query}")
    assert page.status_code == 200
    assert page.content.decode().count("ord_") > 9


def test_ones_data_is_masked_on_screen(client):
    order = mine(client, shipped_make)
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert mask_phone(order.phone) in page
    assert order.phone not in page
    assert order.street not in page
    assert order.shipments.get().tracking_no in page
