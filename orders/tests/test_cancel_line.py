"""Cancelling one line: its money and its stock, once; freight goes with the last."""

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Sku
from core import clock
from core.invariants import audit
from core.models import Fact
from orders.amounts import line_paid_fen, line_split
from orders.models import OrderLine
from orders.services import (
    CancelRefused,
    OrderItem,
    order_cancel,
    order_line_cancel,
    order_price_ask,
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
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db
NAMES = [
    "orders.lines_cancelled",
    "orders.stock_reserved",
    "orders.shipped",
    "payments.refunded",
    "stock.movements_add_up",
]


def make(*quantities, **changes):
    store = store_open()
    skus = [sku_on_sale(store) for _ in quantities]
    items = [OrderItem(sku.pk, n) for sku, n in zip(skus, quantities, strict=True)]
    return paid_make(skus[0], items=items, **changes)


def cancel(order, line, **changes):
    return order_line_cancel(
        **{
            "order_id": order.pk,
            "line_id": line.pk,
            "reason": "霜冻",
            "by_id": None,
            "now": clock.now(),
            **changes,
        }
    )


def cancel_page(order):
    return f"/office/orders/order/{order.pk}/cancel-line/"


def sent(client, order, shown):
    """What the office says to a form on which this was chosen."""
    answer = client.post(cancel_page(order), {"line": shown, "reason": "霜冻"}, follow=True)
    return answer.content.decode()


def stock():
    return list(Sku.objects.order_by("pk").values_list("on_hand", "reserved"))


def broken():
    return [str(one) for one in audit(now=clock.now(), names=NAMES)]


def test_a_line_goes_back_and_the_rest_is_sent():
    order = make(1, 2)
    one, two = order.lines.order_by("pk")
    assert cancel(order, two) is True
    order.refresh_from_db()
    assert order.state == "to_ship"
    assert refunds() == [("line_cancelled", 2 * LIST_FEN)]
    assert stock() == [(100, 1), (100, 0)]
    assert broken() == []
    ship(order)
    order.refresh_from_db()
    assert (order.state, stock()) == ("shipped", [(99, 0), (100, 0)])
    assert list(order.shipments.get().lines.values_list("line_id", flat=True)) == [one.pk]
    assert Fact.objects.filter(name="order.line_cancelled").count() == 1
    assert broken() == []


def test_cancelling_twice_refunds_once():
    order = make(1, 2)
    line = order.lines.order_by("pk")[1]
    assert [cancel(order, line) for _ in range(3)] == [True, False, False]
    assert (len(refunds()), stock()[1]) == (1, (100, 0))


def test_each_line_is_a_refund_of_its_own_and_freight_goes_with_the_last():
    order = make(1, 2, 3)
    for line in order.lines.order_by("pk"):
        assert cancel(order, line) is True
    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("cancelled", "霜冻")
    assert refunds() == [
        ("line_cancelled", LIST_FEN),
        ("line_cancelled", 2 * LIST_FEN),
        ("cancelled", 3 * LIST_FEN + FREIGHT_FEN),
    ]
    assert sum(fen for _reason, fen in refunds()) == order.payable_fen
    assert stock() == [(100, 0)] * 3
    assert broken() == []


def test_a_changed_price_goes_back_as_it_was_paid():
    store = store_open()
    skus = [sku_on_sale(store), sku_on_sale(store)]
    order = order_make(skus[0], items=[OrderItem(sku.pk, 1) for sku in skus])
    order_price_ask(order_id=order.pk, payable_fen=FREIGHT_FEN + 1001, by_id=None, now=clock.now())
    pay(order.public_id)
    deliver()
    cancel(order, order.lines.order_by("pk")[0])
    assert refunds() == [("line_cancelled", 500)]
    assert broken() == []


def test_a_line_that_cost_nothing_asks_for_nothing():
    store = store_open()
    skus = [sku_on_sale(store), sku_on_sale(store)]
    order = order_make(skus[0], items=[OrderItem(sku.pk, 1) for sku in skus])
    order_price_ask(order_id=order.pk, payable_fen=100, by_id=None, now=clock.now())
    pay(order.public_id)
    deliver()
    assert cancel(order, order.lines.order_by("pk")[0]) is True
    assert refunds() == []
    assert broken() == []


def money_broken():
    later = clock.now() + timedelta(minutes=2)
    return [str(one) for one in audit(now=later, names=["orders.money_in", *NAMES])]


def test_the_line_with_the_last_fen_takes_the_whole_order_with_it():
    order, costs = priced(1, 1, 1)
    assert sorted(costs) == [0, 1]
    costly = order.lines.order_by("pk")[costs.index(1)]
    assert cancel(order, costly) is True
    order.refresh_from_db()
    assert (order.state, refunds()) == ("cancelled", [("cancelled", 1)])
    assert stock() == [(100, 0)] * 2
    assert money_broken() == []


def test_a_line_that_cost_nothing_goes_alone_and_the_rest_after_it():
    order, costs = priced(1, 1, 1)
    free = order.lines.order_by("pk")[costs.index(0)]
    assert cancel(order, free) is True
    order.refresh_from_db()
    assert (order.state, refunds()) == ("to_ship", [])
    assert order_cancel(order_id=order.pk, reason="霜冻", now=clock.now()) is True
    assert refunds() == [("cancelled", 1)]
    assert stock() == [(100, 0)] * 2
    assert money_broken() == []


def test_what_was_sent_for_nothing_stays_when_the_rest_goes_back():
    order, costs = priced(1, 1, 1)
    free, costly = (order.lines.order_by("pk")[costs.index(n)] for n in (0, 1))
    ship(order, quantities={free.pk: 1})
    assert cancel(order, costly) is True
    order.refresh_from_db()
    assert (order.state, refunds()) == ("shipped", [("line_cancelled", 1)])
    assert money_broken() == []


def test_an_order_whose_money_went_with_its_lines_is_cancelled_all_the_same():
    order, costs = priced(1, 1, 1)
    costly = order.lines.order_by("pk")[costs.index(1)]
    # As it was left before such a line took the order with it.
    with unjudged():
        cancel(order, costly)
    order.refresh_from_db()
    assert (order.state, money_broken()) == ("to_ship", [])
    assert order_cancel(order_id=order.pk, reason="霜冻", now=clock.now()) is True
    assert (refunds(), stock()) == ([("line_cancelled", 1)], [(100, 0)] * 2)
    assert money_broken() == []


def unjudged():
    return mock.patch("orders.services.cancel_line.line_is_last", lambda *_what: False)


def test_the_last_line_that_is_not_sent_ships_the_order():
    order = make(1, 2)
    one, two = order.lines.order_by("pk")
    ship(order, quantities={one.pk: 1})
    assert cancel(order, two) is True
    order.refresh_from_db()
    assert (order.state, refunds()) == ("shipped", [("line_cancelled", 2 * LIST_FEN)])
    assert order.due_at == order.receive_before is not None
    assert stock() == [(99, 0), (100, 0)]
    assert broken() == []


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: paid_make(held=True), "拼团"),
        (order_make, "还没有付款"),
        (shipped_make, "已经发货"),
    ],
)
def test_what_cannot_be_cancelled_says_why(build, words):
    order = build()
    before = stock()
    with pytest.raises(CancelRefused, match=words):
        cancel(order, order.lines.get())
    assert (refunds(), stock()) == ([], before)


def test_the_rest_of_a_line_goes_back_and_what_was_sent_stays():
    order = make(3, 1)
    line, other = order.lines.order_by("pk")
    ship(order, quantities={line.pk: 1})
    assert cancel(order, line) is True
    order.refresh_from_db()
    line.refresh_from_db()
    rest = order.lines.exclude(cancelled_at=None).get()
    assert (line.quantity, line.shipped_quantity, line.left) == (1, 1, 0)
    assert (rest.sku_id, rest.quantity, rest.shipped_quantity) == (line.sku_id, 2, 0)
    assert (order.state, refunds()) == ("to_ship", [("line_cancelled", 2 * LIST_FEN)])
    assert stock() == [(99, 0), (100, 1)]
    assert money_broken() == []
    assert cancel(order, line) is False
    assert len(refunds()) == 1
    ship(order, number="SF00000002")
    order.refresh_from_db()
    assert (order.state, stock()) == ("shipped", [(99, 0), (99, 0)])
    assert list(order.shipments.last().lines.values_list("line_id", flat=True)) == [other.pk]
    assert money_broken() == []


def test_the_rest_of_the_last_line_ships_the_order_and_keeps_the_freight():
    order = make(3)
    line = order.lines.get()
    ship(order, quantities={line.pk: 2})
    assert [cancel(order, line) for _ in range(2)] == [True, False]
    order.refresh_from_db()
    assert (order.state, refunds()) == ("shipped", [("line_cancelled", LIST_FEN)])
    assert order.due_at == order.receive_before is not None
    assert stock() == [(98, 0)]
    assert money_broken() == []


def test_a_fen_that_cannot_be_divided_stays_with_what_was_sent():
    order, costs = priced(1, 2)
    line = order.lines.get()
    ship(order, quantities={line.pk: 1})
    assert (costs, cancel(order, line)) == ([1], True)
    order.refresh_from_db()
    assert (order.state, refunds()) == ("shipped", [])
    assert money_broken() == []


def test_a_killed_cancelling_leaves_the_line_whole():
    order = make(3)
    line = order.lines.get()
    ship(order, quantities={line.pk: 1})
    gone = mock.patch(
        "orders.services.cancel_line.stock_release_part", side_effect=KeyboardInterrupt
    )
    with gone, pytest.raises(KeyboardInterrupt):
        cancel(order, line)
    assert (order.lines.get().quantity, refunds(), stock()) == (3, [], [(99, 2)])
    assert cancel(order, line) is True
    assert money_broken() == []


def test_the_same_goods_stand_in_an_order_once_unless_they_were_cancelled():
    order = make(3)
    line = order.lines.get()
    line.pk = None
    with pytest.raises(IntegrityError, match="orders_line_sku_lives_once"), transaction.atomic():
        line.save(force_insert=True)


@given(st.data(), st.integers(2, 50), st.integers(0, 3000))
def test_a_line_is_divided_to_the_fen(data, quantity, unit_fen):
    amount_fen = quantity * unit_fen
    discount_fen = data.draw(st.integers(0, amount_fen))
    rebate_fen = data.draw(st.integers(0, amount_fen - discount_fen))
    adjust_fen = data.draw(st.integers(discount_fen + rebate_fen - amount_fen, 10_000))
    pieces = data.draw(st.integers(1, quantity - 1))
    line = OrderLine(
        quantity=quantity,
        unit_price_fen=unit_fen,
        amount_fen=amount_fen,
        discount_fen=discount_fen,
        rebate_fen=rebate_fen,
        adjust_fen=adjust_fen,
    )
    paid_fen = line_paid_fen(line)
    part = line_split(line, pieces)
    assert (line.quantity, part.quantity) == (quantity - pieces, pieces)
    assert line.discount_fen + part.discount_fen == discount_fen
    assert line.rebate_fen + part.rebate_fen == rebate_fen
    assert line.adjust_fen + part.adjust_fen == adjust_fen
    assert line_paid_fen(line) + line_paid_fen(part) == paid_fen
    assert line_paid_fen(part) == paid_fen * pieces // quantity
    assert adjust_fen or part.adjust_fen == 0
    for one in (line, part):
        assert one.amount_fen == one.unit_price_fen * one.quantity
        assert 0 <= one.discount_fen <= one.amount_fen
        assert 0 <= one.rebate_fen <= one.amount_fen - one.discount_fen
        assert line_paid_fen(one) >= 0


@pytest.mark.parametrize("pieces", [0, 3, -1, 4])
def test_all_or_nothing_of_a_line_is_no_part(pieces):
    with pytest.raises(ValueError, match="no part"):
        line_split(OrderLine(quantity=3, unit_price_fen=1, amount_fen=3), pieces)


def test_another_number_than_was_seen_is_refused_and_changes_nothing():
    order = make(3, 1)
    line = order.lines.order_by("pk")[0]
    ship(order, quantities={line.pk: 2})
    before = stock()
    with pytest.raises(CancelRefused, match="件数变了，现在还剩 1 件没发"):
        cancel(order, line, seen=(3, 3 * LIST_FEN))
    assert (refunds(), stock()) == ([], before)
    assert [cancel(order, line, seen=(1, LIST_FEN)) for _ in range(2)] == [True, False]
    assert refunds() == [("line_cancelled", LIST_FEN)]
    assert money_broken() == []


def test_another_sum_than_was_seen_is_refused_and_changes_nothing(client):
    """A colleague cancels the other line: with this one the whole order goes now, and its freight."""
    order = make(1, 2)
    one, two = order.lines.order_by("pk")
    client.force_login(staff_make(order.store).user)
    shown = f"{two.pk}:2:{2 * LIST_FEN}"
    assert f'value="{shown}"' in client.get(cancel_page(order)).content.decode()
    cancel(order, one)
    page = sent(client, order, shown)
    assert "要退的钱变了，现在是 124.00 元，请核对后再取消" in page
    assert refunds() == [("line_cancelled", LIST_FEN)]
    assert "原路退回" in sent(client, order, f"{two.pk}:2:{2 * LIST_FEN + FREIGHT_FEN}")
    assert refunds()[1:] == [("cancelled", 2 * LIST_FEN + FREIGHT_FEN)]


def test_of_a_line_that_cost_nothing_nothing_is_said_to_go_back(client):
    order, costs = priced(1, 1, 1)
    free = order.lines.order_by("pk")[costs.index(0)]
    client.force_login(staff_make(order.store).user)
    page = sent(client, order, f"{free.pk}:1:0")
    assert "没有钱要退" in page and "原路退回" not in page


def test_a_line_of_another_order_is_not_found():
    order, other = make(1, 1), make(1, 1)
    with pytest.raises(CancelRefused, match="没有这件商品"):
        cancel(order, other.lines.first())


def test_the_audit_names_a_line_without_its_refund_and_a_refund_without_its_line():
    order = make(1, 2)
    line = order.lines.order_by("pk")[1]
    cancel(order, line)
    OrderLine.objects.filter(pk=line.pk).update(adjust_fen=-1)
    assert [one for one in broken() if "lines_cancelled" in one and order.public_id in one]
    OrderLine.objects.filter(pk=line.pk).update(cancelled_at=None)
    assert [one for one in broken() if "lines_cancelled" in one and order.public_id in one]


def test_the_office_cancels_a_line_and_the_buyer_reads_why(client):
    who = person()
    order = make(1, 2, who=who)
    line = order.lines.order_by("pk")[1]
    client.force_login(staff_make(order.store).user)
    assert "退 118.00 元" in client.get(cancel_page(order)).content.decode()
    alone = paid_make(sku_on_sale(order.store))
    page = client.get(cancel_page(alone)).content.decode()
    assert "整单取消，退 65.00 元" in page  # with its freight
    assert "原路退回" in sent(client, order, f"{line.pk}:2:{2 * LIST_FEN}")
    page = client.get(f"/office/orders/order/{order.pk}/ship/").content.decode()
    assert page.count("</s> 已取消") == 1  # nobody packs it any more
    client.force_login(who.user)
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "部分商品已取消" in page
    assert "霜冻" in page
    assert "取消部分商品" in page
    steps = re.findall(r'steps__step"><span>([^<]+)', page)
    assert steps[-2:] == ["付款成功", "提交订单"]  # of one moment, the later first


def test_the_office_cancels_what_was_not_sent_and_the_buyer_reads_of_both(client):
    who = person()
    order = make(3, who=who)
    line = order.lines.get()
    ship(order, quantities={line.pk: 1})
    client.force_login(staff_make(order.store).user)
    page = client.get(cancel_page(order)).content.decode()
    assert re.search(r"× 2（没发出的），退 118\.00 元", page)
    assert OrderLine.objects.get().quantity == 3  # a look changes nothing
    assert "原路退回" in sent(client, order, f"{line.pk}:2:{2 * LIST_FEN}")
    client.force_login(who.user)
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert re.findall(r'order-line__quantity">([^<]+)', page) == ["× 1", "× 2"]
    assert page.count(">已取消<") == 1
    assert "部分商品已取消" in page


def test_a_form_that_is_older_than_a_parcel_cancels_nothing(client):
    order = make(1, 3)
    line = order.lines.order_by("pk")[1]
    client.force_login(staff_make(order.store).user)
    offered = re.compile(rf'<option value="({line.pk}:\d:\d+)"( selected)?>[^<]+ × (\d+[^<]+)')
    page = client.get(cancel_page(order)).content.decode()
    assert offered.findall(page) == [(f"{line.pk}:3:{3 * LIST_FEN}", "", "3，退 177.00 元")]
    ship(order, quantities={line.pk: 2})
    page = sent(client, order, f"{line.pk}:3:{3 * LIST_FEN}")
    assert "件数变了，现在还剩 1 件没发，请核对后再取消" in page
    assert (refunds(), stock()) == ([], [(100, 1), (98, 1)])
    # The same line stays chosen, as it is by now.
    assert offered.findall(page) == [
        (f"{line.pk}:1:{LIST_FEN}", " selected", "1（没发出的），退 59.00 元")
    ]
    assert "原路退回" in sent(client, order, f"{line.pk}:1:{LIST_FEN}")
    assert refunds() == [("line_cancelled", LIST_FEN)]


@pytest.mark.parametrize("shipped", [0, 1])
def test_the_same_form_twice_cancels_once_and_says_so(client, shipped):
    order = make(1, 3)
    line = order.lines.order_by("pk")[1]
    if shipped:
        ship(order, quantities={line.pk: shipped})
    client.force_login(staff_make(order.store).user)
    first, second = (
        sent(client, order, f"{line.pk}:{3 - shipped}:{(3 - shipped) * LIST_FEN}") for _ in range(2)
    )
    assert "原路退回" in first
    assert "这件商品之前已经取消，没有改动" in second
    assert refunds() == [("line_cancelled", (3 - shipped) * LIST_FEN)]


@pytest.mark.parametrize(
    "shown", ["x", "7", "7:1", ":7:1", "7:1:", "7:-1:1", "7:1:1:1", f"{'9' * 30}:1:1"]
)
def test_what_no_page_offers_is_no_line(client, shown):
    order = make(1, 1)
    client.force_login(staff_make(order.store).user)
    assert "请重新选择" in sent(client, order, shown)
    assert (refunds(), stock()) == ([], [(100, 1)] * 2)
