"""Money back for goods that were sent: no more than they cost, once for each form, and kept in the books."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import clock
from core.invariants import audit
from core.models import Fact
from orders.invoices import over_fens
from orders.models import OrderChange, OrderLine
from orders.money import money_story
from orders.services import (
    OrderItem,
    RefundRefused,
    order_cancel,
    order_give_back,
    order_line_cancel,
    order_line_refund,
    order_price_ask,
    order_receive,
)
from orders.tests.factories import (
    FREIGHT_FEN,
    LIST_FEN,
    deliver,
    order_make,
    paid_make,
    pay,
    person,
    priced,
    refunds,
    ship,
    shipped_make,
    sku_on_sale,
    store_open,
)
from orders.tests.invoices import issued_for
from payments.models import Payment
from payments.schedule import MAX_PARTIALS, REFUNDABLE_FOR
from payments.services import RefundReason
from stores.models import StoreStaff
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db

NAMES = [
    *("orders.rebates", "orders.money_in", "orders.lines_cancelled", "orders.shipped"),
    *("payments.refunded", "stock.movements_add_up"),
]


def back(order, line=None, **changes):
    line = line or order.lines.get()
    return order_line_refund(
        **{
            "order_id": order.pk,
            "line_id": line.pk,
            "amount_fen": 500,
            "seen_fen": 0,
            "reason": "压坏了几颗",
            "by_id": None,
            "now": clock.now(),
            **changes,
        }
    )


def broken():
    later = clock.now() + timedelta(minutes=10)
    return [str(one) for one in audit(now=later, names=NAMES)]


def page_of(order):
    return f"/office/orders/order/{order.pk}/refund-line/"


@pytest.mark.parametrize("is_received", [False, True])
def test_a_part_goes_back_and_the_order_goes_on(is_received):
    order = shipped_make()
    if is_received:
        order_receive(order_id=order.pk, now=clock.now())
    order.refresh_from_db()
    before = order.state, order.lines.get().sku.on_hand
    assert back(order) is True
    order.refresh_from_db()
    assert (order.state, order.lines.get().sku.on_hand) == before
    assert refunds() == [("agreed", 500)]
    assert order.lines.get().rebate_fen == 500
    assert OrderChange.objects.get(kind="line_refunded").detail.endswith("退回 5.00 元：压坏了几颗")
    assert Fact.objects.filter(name="order.line_refunded").count() == 1
    assert broken() == []


def test_bit_by_bit_all_of_it_goes_back_and_then_nothing_more():
    order = shipped_make()
    assert back(order, amount_fen=900) is True
    assert back(order, amount_fen=LIST_FEN - 900, seen_fen=900) is True
    with pytest.raises(RefundRefused, match=r"最多还能退 0\.00 元"):
        back(order, amount_fen=1, seen_fen=LIST_FEN)
    assert refunds() == [("agreed", 900), ("agreed", LIST_FEN - 900)]
    assert Payment.objects.get().refunded_fen == LIST_FEN  # its freight stays
    assert broken() == []


def test_goods_without_freight_may_go_back_to_the_last_fen():
    order, costs = priced(1001, 1, 1)
    ship(order)
    for line, fen in zip(order.lines.order_by("pk"), costs, strict=True):
        assert back(order, line, amount_fen=fen) is True
    assert Payment.objects.get(pk=order.payment_id).refunded_fen == order.payable_fen
    assert broken() == []
    assert money_story(order).troubles == ()


def test_the_same_form_again_gives_nothing_back():
    order = shipped_make()
    assert [back(order) for _ in range(3)] == [True, False, False]
    assert refunds() == [("agreed", 500)]


def test_a_form_that_is_older_than_another_refund_gives_nothing_back():
    order = shipped_make()
    back(order)
    back(order, amount_fen=100, seen_fen=500)
    assert back(order, amount_fen=100, seen_fen=500) is False
    # The same page, another sum: that is no second sending.
    with pytest.raises(RefundRefused, match=r"已经退过 6\.00 元，请核对后再退"):
        back(order, amount_fen=101, seen_fen=500)
    with pytest.raises(RefundRefused, match=r"已经退过 6\.00 元，请核对后再退"):
        back(order, seen_fen=300)
    assert refunds() == [("agreed", 500), ("agreed", 100)]


@pytest.mark.parametrize("amount_fen", [0, -1, LIST_FEN + 1])
def test_no_more_than_it_cost(amount_fen):
    order = shipped_make()
    with pytest.raises(RefundRefused, match=r"最多还能退 59\.00 元"):
        back(order, amount_fen=amount_fen)
    assert refunds() == []


def test_what_a_merchant_took_off_is_not_paid_back():
    order = order_make()
    order_price_ask(order_id=order.pk, payable_fen=FREIGHT_FEN + 1000, by_id=None, now=clock.now())
    pay(order.public_id)
    deliver()
    ship(order)
    with pytest.raises(RefundRefused, match=r"最多还能退 10\.00 元"):
        back(order, amount_fen=1001)
    assert back(order, amount_fen=1000) is True
    assert broken() == []


def test_what_a_merchant_raised_the_price_by_may_go_back_too():
    order = order_make()
    raised_fen = FREIGHT_FEN + LIST_FEN + 4100
    order_price_ask(order_id=order.pk, payable_fen=raised_fen, by_id=None, now=clock.now())
    pay(order.public_id)
    deliver()
    ship(order)
    with pytest.raises(RefundRefused, match=r"最多还能退 100\.00 元"):
        back(order, amount_fen=LIST_FEN + 4101)
    assert back(order, amount_fen=LIST_FEN + 4100) is True
    assert broken() == []
    with pytest.raises(IntegrityError), transaction.atomic():
        order.lines.update(rebate_fen=LIST_FEN + 4101)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (order_make, "只有发出去的商品"),
        (lambda: paid_make(held=True), "只有发出去的商品"),
        (paid_make, "还没有全部交给买家"),
    ],
)
def test_what_was_not_sent_is_cancelled_and_not_paid_back(make, words):
    order = make()
    with pytest.raises(RefundRefused, match=words):
        back(order)
    assert refunds() == []


def test_a_line_that_was_sent_in_part_is_sent_or_cancelled_first():
    store = store_open()
    skus = [sku_on_sale(store), sku_on_sale(store)]
    order = paid_make(skus[0], items=[OrderItem(sku.pk, 3) for sku in skus])
    one, two = order.lines.order_by("pk")
    ship(order, {one.pk: 2})
    with pytest.raises(RefundRefused, match="还没有全部交给买家"):
        back(order, one)
    cancelled = {"order_id": order.pk, "reason": "断货", "by_id": None, "now": clock.now()}
    order_line_cancel(line_id=one.pk, **cancelled)
    assert back(order, one, amount_fen=2 * LIST_FEN) is True  # the other one still waits
    order_line_cancel(line_id=two.pk, **cancelled)
    order.refresh_from_db()
    assert order.state == "shipped"
    assert Payment.objects.get().refunded_fen == 6 * LIST_FEN
    assert broken() == []


def test_what_wechat_pay_would_not_take_is_said_before():
    order = shipped_make()
    with pytest.raises(RefundRefused, match="超过一年"):
        back(order, now=order.paid_at + REFUNDABLE_FOR + timedelta(seconds=1))
    for number in range(MAX_PARTIALS):
        assert back(order, amount_fen=1, seen_fen=number) is True
    with pytest.raises(RefundRefused, match="退款 50 次"):
        back(order, amount_fen=1, seen_fen=MAX_PARTIALS)
    assert len(refunds()) == MAX_PARTIALS


def test_a_line_of_another_order_gets_nothing():
    order, other = shipped_make(), shipped_make()
    with pytest.raises(RefundRefused, match="只有发出去的商品"):
        back(order, other.lines.get())
    assert refunds() == []


def test_killed_half_way_nothing_has_happened(monkeypatch):
    order = shipped_make()

    def kill(*_facts, **_when):
        raise KeyboardInterrupt

    monkeypatch.setattr("orders.services.refund_line.facts_record", kill)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        back(order)
    assert (refunds(), order.lines.get().rebate_fen) == ([], 0)
    assert Payment.objects.get().refunded_fen == 0


def test_a_ladders_difference_still_comes_and_no_more_than_is_left():
    """The store gave back most of it while the difference was on its way."""
    order = shipped_make()
    back(order, amount_fen=LIST_FEN - 300)
    asked = {"order_id": order.pk, "reason": RefundReason.GROUP_TIER, "now": clock.now()}
    assert [order_give_back(each_fen=500, **asked) for _ in range(2)] == [True, False]
    assert refunds() == [("agreed", LIST_FEN - 300), ("group_tier", 300)]
    assert order.lines.get().rebate_fen == LIST_FEN
    assert broken() == []


def test_after_a_ladders_difference_the_rest_may_go_back():
    order = shipped_make()
    asked = {"order_id": order.pk, "reason": RefundReason.GROUP_TIER, "now": clock.now()}
    order_give_back(each_fen=500, **asked)
    with pytest.raises(RefundRefused, match=r"已经退过 5\.00 元"):
        back(order)
    assert back(order, seen_fen=500, amount_fen=LIST_FEN - 500) is True
    assert broken() == []


@pytest.mark.parametrize("off_fen", [-1, 1])
def test_the_audit_names_what_came_back_and_was_not_asked_for(off_fen):
    order = shipped_make()
    back(order)
    OrderLine.objects.update(rebate_fen=500 + off_fen)
    assert [one for one in broken() if "orders.rebates" in one and order.public_id in one]


# --- the office ---
def test_the_office_gives_money_back_and_the_buyer_reads_why(client):
    who = person()
    order = shipped_make(who=who)
    line = order.lines.get()
    client.force_login(staff_make(order.store, role=StoreStaff.Role.CLERK).user)
    page = client.get(page_of(order)).content.decode()
    assert f'value="{line.pk}:0"' in page and "最多退 59.00 元" in page
    form = {"line": f"{line.pk}:0", "amount_fen": "5.00", "reason": "压坏了几颗"}
    assert (
        "5.00 元将原路退给买家" in client.post(page_of(order), form, follow=True).content.decode()
    )
    assert "没有再退一次" in client.post(page_of(order), form, follow=True).content.decode()
    assert refunds() == [("agreed", 500)]
    page = client.get(page_of(order)).content.decode()
    assert "已退 5.00 元，最多还能退 54.00 元" in page
    money = client.get(f"/office/orders/order/{order.pk}/money/").content.decode()
    assert "每一分都对得上" in money
    row = re.search(r"<tr><th[^>]*>临县红枣.*?</tr>", money[money.index('id="lines"') :], re.DOTALL)
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", row[0])
    assert cells == ["59.00", "−0.00", "0.00", "−5.00", "54.00"]
    client.force_login(who.user)
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "商家同意退款" in page and "压坏了几颗" in page and "协商退款" in page


def test_what_is_refused_stays_typed(client):
    order = shipped_make()
    line = order.lines.get()
    client.force_login(staff_make(order.store).user)
    form = {"line": f"{line.pk}:0", "amount_fen": "59.01", "reason": "我的理由"}
    page = client.post(page_of(order), form).content.decode()
    assert "最多还能退 59.00 元" in page
    assert "我的理由" in page and "59.01" in page
    assert refunds() == []


@pytest.mark.parametrize("shown", ["x", "7", "7:", ":7", "7:-1", "7:1:1", f"{'9' * 30}:1"])
def test_what_no_page_offers_is_no_line(client, shown):
    order = shipped_make()
    client.force_login(staff_make(order.store).user)
    form = {"line": shown, "amount_fen": "1", "reason": "x"}
    assert "请重新选择" in client.post(page_of(order), form).content.decode()
    assert refunds() == []


def in_part(all_of_one=False):
    """Two lines of which one waits; of the other a piece was sent, or all, which was paid back."""
    store = store_open()
    skus = [sku_on_sale(store), sku_on_sale(store)]
    order = paid_make(skus[0], items=[OrderItem(sku.pk, 2) for sku in skus])
    one = order.lines.order_by("pk")[0]
    ship(order, {one.pk: 2 if all_of_one else 1})
    if all_of_one:
        back(order, one, amount_fen=2 * LIST_FEN)
    return order


def given_up():
    order = paid_make()
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    return order


def paid_back():
    order = shipped_make()
    back(order, amount_fen=LIST_FEN)
    return order


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (order_make, "没有收到过钱"),
        (given_up, "已经取消，它的钱会全部原路退回"),
        (paid_make, "还没有发出商品：要退款请用“取消并退款”"),
        (lambda: paid_make(held=True), "尚未成团"),
        (in_part, "有商品只发出了一部分"),
        (lambda: in_part(all_of_one=True), "还没发出的请用“取消部分商品”"),
        (paid_back, "没有还能退的"),
    ],
)
def test_where_there_is_nothing_to_give_back_it_says_what_to_do(client, make, words):
    order = make()
    client.force_login(staff_make(order.store).user)
    page = client.get(page_of(order)).content.decode()
    assert words in page and "最多" not in page
    assert "确认退款" not in page and "返回订单" in page


def test_what_was_sent_is_not_offered_to_be_cancelled(client):
    order = shipped_make()
    client.force_login(staff_make(order.store).user)
    page = client.get(f"/office/orders/order/{order.pk}/cancel-line/").content.decode()
    assert "请用“协商退款”" in page and "整单取消" not in page
    assert "确认取消" not in page
    # A form that is older than the parcel keeps what was typed.
    form = {"line": f"{order.lines.get().pk}:1:{LIST_FEN}", "reason": "我的理由"}
    page = client.post(f"/office/orders/order/{order.pk}/cancel-line/", form).content.decode()
    assert "已经发货，不能取消" in page and "我的理由" in page


def test_whoever_gives_back_is_warned_of_an_invoice_that_is_out(client):
    order, invoice = issued_for(person())
    ship(order)
    client.force_login(staff_make(order.store).user)
    assert "已经开过 65.00 元的发票" in client.get(page_of(order)).content.decode()
    back(order)
    assert over_fens([invoice]) == {invoice.pk: 500}
