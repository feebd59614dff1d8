"""The one calculator: what it says adds up, always, and what it refuses it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import MAX_FEN
from orders.pricing import (
    MAX_QUANTITY,
    AmountRefused,
    PriceChanged,
    PricedItem,
    QuantityRefused,
    quote,
)

prices = st.integers(1, 5_000_000)
items = st.lists(
    st.builds(
        PricedItem,
        sku_id=st.integers(1, 10_000),
        quantity=st.integers(1, MAX_QUANTITY),
        list_price_fen=prices,
        unit_price_fen=prices,
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda item: item.sku_id,
)
freight = st.integers(0, 100_000)


def item(sku_id=1, quantity=1, unit_price_fen=880):
    return PricedItem(sku_id, quantity, 880, unit_price_fen)


@given(items, freight)
def test_payable_is_goods_less_discount_plus_freight_and_lines_add_up(wanted, freight_fen):
    try:
        cost = quote(wanted, freight_fen=freight_fen)
    except AmountRefused:
        assert sum(i.quantity * i.unit_price_fen for i in wanted) + freight_fen > MAX_FEN
        return
    assert cost.goods_fen == sum(line.amount_fen for line in cost.lines)
    assert cost.payable_fen == cost.goods_fen - cost.discount_fen + cost.freight_fen
    assert 1 <= cost.payable_fen <= MAX_FEN
    assert all(line.amount_fen == line.unit_price_fen * line.quantity for line in cost.lines)
    assert [(line.sku_id, line.quantity) for line in cost.lines] == [
        (i.sku_id, i.quantity) for i in wanted
    ]


@given(items, freight)
def test_the_order_of_the_lines_costs_nothing(wanted, freight_fen):
    def cost(of):
        try:
            return quote(of, freight_fen=freight_fen).payable_fen
        except AmountRefused:
            return None

    assert cost(wanted) == cost(wanted[::-1])


@given(items, freight)
def test_the_list_price_is_shown_and_never_charged(wanted, freight_fen):
    dearer = [
        PricedItem(i.sku_id, i.quantity, i.list_price_fen + 100, i.unit_price_fen) for i in wanted
    ]
    try:
        assert (
            quote(wanted, freight_fen=freight_fen).payable_fen
            == quote(dearer, freight_fen=freight_fen).payable_fen
        )
    except AmountRefused:
        pass


@given(st.integers().filter(lambda n: not 1 <= n <= MAX_QUANTITY))
def test_a_quantity_out_of_range_is_refused(quantity):
    with pytest.raises(QuantityRefused, match="1 到 999"):
        quote([item(quantity=quantity)], freight_fen=0)


@given(st.integers(max_value=0))
def test_nothing_is_given_away(unit_price_fen):
    with pytest.raises(ValueError, match="at least 1 fen"):
        quote([item(unit_price_fen=unit_price_fen)], freight_fen=0)


def test_freight_is_taken_once_for_all_lines():
    cost = quote([item(1, 2), item(2, 3)], freight_fen=600)
    assert (cost.goods_fen, cost.freight_fen, cost.payable_fen) == (4400, 600, 5000)


def test_the_largest_amount_passes_and_one_fen_more_does_not():
    largest = item(unit_price_fen=MAX_FEN)
    assert quote([largest], freight_fen=0).payable_fen == MAX_FEN
    with pytest.raises(AmountRefused):
        quote([largest], freight_fen=1)


@pytest.mark.parametrize(
    ("wanted", "freight_fen"), [([], 0), ([item(), item()], 0), ([item()], -1)]
)
def test_what_no_caller_may_pass_is_an_error(wanted, freight_fen):
    with pytest.raises(ValueError, match="an order has|freight"):
        quote(wanted, freight_fen=freight_fen)


def test_a_changed_price_says_both():
    error = PriceChanged(5900, 6000)
    assert "59.00" in str(error)
    assert "60.00" in str(error)
