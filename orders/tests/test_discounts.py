"""Discounts come off to the fen, in their order, and leave something to pay."""

from dataclasses import dataclass

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from orders import adjusters
from orders.models import Order, OrderLine
from orders.pricing import KINDS, PricedItem, quote
from orders.services import OrderItem, OrderRefused, order_buy
from orders.tests.factories import order_placed
from tests import cast


@dataclass(frozen=True)
class Off:
    """A discount of a fixed amount, or of a share in hundredths."""

    kind: str
    reference: str
    fixed_fen: int = 0
    percent: int = 0
    minimum_fen: int = 0
    sku_ids: frozenset[int] | None = None
    label: str = "优惠"

    def off_fen(self, eligible_fen: int) -> int:
        if eligible_fen < self.minimum_fen:
            return 0
        return self.fixed_fen + eligible_fen * self.percent // 100


items = st.lists(
    st.builds(
        PricedItem,
        sku_id=st.integers(1, 9),
        quantity=st.integers(1, 20),
        list_price_fen=st.just(1000),
        unit_price_fen=st.integers(1, 50_000),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda item: item.sku_id,
)
discounts = st.lists(
    st.builds(
        Off,
        kind=st.sampled_from(KINDS),
        reference=st.uuids().map(str),
        fixed_fen=st.integers(0, 100_000),
        percent=st.integers(0, 100),
        minimum_fen=st.integers(0, 50_000),
        sku_ids=st.none() | st.frozensets(st.integers(1, 9)),
    ),
    max_size=6,
)


@given(items, discounts, st.integers(0, 2000))
def test_every_fen_of_a_discount_is_on_a_line_and_has_a_reason(wanted, offered, freight_fen):
    cost = quote(wanted, freight_fen=freight_fen, discounts=offered)
    assert cost.discount_fen == sum(one.amount_fen for one in cost.adjustments)
    assert cost.discount_fen == sum(line.discount_fen for line in cost.lines)
    assert cost.payable_fen == cost.goods_fen - cost.discount_fen + cost.freight_fen >= 1
    assert all(0 <= line.discount_fen <= line.amount_fen for line in cost.lines)
    for one in cost.adjustments:
        assert one.amount_fen == sum(one.by_line) > 0
        scope = next(d.sku_ids for d in offered if d.reference == one.reference)
        outside = [
            part
            for part, line in zip(one.by_line, cost.lines, strict=True)
            if scope is not None and line.sku_id not in scope
        ]
        assert not any(outside)


@given(items, discounts, st.randoms())
def test_the_order_in_which_discounts_are_offered_changes_nothing(wanted, offered, random):
    shuffled = list(offered)
    random.shuffle(shuffled)
    assert quote(wanted, freight_fen=0, discounts=offered) == quote(
        wanted, freight_fen=0, discounts=shuffled
    )


@dataclass(frozen=True)
class FreeFrom:
    """A fee that falls away from so much worth of goods on, after discounts."""

    fee_fen: int
    free_over_fen: int

    def fen(self, lines):
        worth = sum(line.amount_fen - line.discount_fen for line in lines)
        return 0 if worth >= self.free_over_fen else self.fee_fen


@given(
    items,
    discounts,
    st.builds(FreeFrom, fee_fen=st.integers(0, 2000), free_over_fen=st.integers(0, 100_000)),
    st.randoms(),
)
def test_the_order_in_which_goods_are_added_changes_nothing(wanted, offered, freight, random):
    shuffled = list(wanted)
    random.shuffle(shuffled)
    one, other = (quote(goods, freight=freight, discounts=offered) for goods in (wanted, shuffled))
    assert other.payable_fen == one.payable_fen
    assert {line.sku_id: line for line in other.lines} == {line.sku_id: line for line in one.lines}
    assert [line.sku_id for line in other.lines] == [item.sku_id for item in shuffled]
    assert _by_sku(other) == _by_sku(one)


def _by_sku(cost):
    return [
        (
            one.reference,
            {line.sku_id: part for line, part in zip(cost.lines, one.by_line, strict=True)},
        )
        for one in cost.adjustments
    ]


def test_an_odd_fen_decides_no_minimum_by_position():
    """One fen off two equal goods: the coupon for one of them wants that very fen."""
    first, second = PricedItem(1, 1, 1000, 1000), PricedItem(2, 1, 1000, 1000)
    offered = [
        Off("reduction", "r", fixed_fen=1),
        Off("coupon", "c", fixed_fen=500, minimum_fen=1000, sku_ids=frozenset({2})),
    ]
    for goods in ([first, second], [second, first]):
        assert quote(goods, discounts=offered).payable_fen == 1499


@given(items, discounts)
def test_a_discount_applies_to_what_the_ones_before_it_left(wanted, offered):
    cost = quote(wanted, freight_fen=0, discounts=offered)
    ranks = [KINDS.index(one.kind) for one in cost.adjustments]
    assert ranks == sorted(ranks)
    left = cost.goods_fen
    for one in cost.adjustments:
        assert one.amount_fen <= left
        left -= one.amount_fen


def test_the_odd_fen_go_to_the_largest_remainders():
    wanted = [PricedItem(n, 1, 100, 100) for n in (1, 2, 3)]
    cost = quote(wanted, freight_fen=0, discounts=[Off("coupon", "c", fixed_fen=100)])
    assert [line.discount_fen for line in cost.lines] == [34, 33, 33]


def test_an_unknown_kind_is_a_mistake():
    with pytest.raises(ValueError):
        quote([PricedItem(1, 1, 1, 1)], freight_fen=0, discounts=[Off("magic", "x")])


class Coupon:
    """An adjuster that takes five yuan off, as long as it lasts."""

    kind = "coupon"

    def __init__(self, left=1):
        self.left, self.claimed = left, []

    def discounts(self, asked, *, now):
        return [Off("coupon", asked.wishes["coupon"], 500)] if "coupon" in asked.wishes else []

    def claim(self, asked, adjustment, *, order_id, now):
        if not self.left:
            raise OrderRefused("这张券已经用过了。")
        self.left -= 1
        self.claimed.append((adjustment.reference, adjustment.amount_fen, order_id))


@pytest.fixture
def coupon(monkeypatch):
    found = Coupon()
    monkeypatch.setattr(adjusters, "_adjusters", {"coupon": found})
    return found


def place(sku, who, **changes):
    return order_placed(
        **{
            "buyer_id": who.id,
            "store_id": sku.store_id,
            "items": [OrderItem(sku.pk, 2)],
            "address": who.address,
            "note": "",
            "expected_payable_fen": None,
            "now": clock.now(),
            "wishes": {"coupon": "cpn_1"},
            **changes,
        }
    )


@pytest.mark.django_db
def test_an_order_keeps_its_reasons_and_claims_what_it_used(coupon):
    sku = cast.sku_on_sale()
    order = place(sku, cast.person())
    assert order.discount_fen == 500
    assert order.payable_fen == order.goods_fen - 500 + order.freight_fen
    reason = order.adjustments.get()
    assert (reason.kind, reason.reference, reason.amount_fen) == ("coupon", "cpn_1", 500)
    assert order.lines.get().discount_fen == 500
    assert coupon.claimed == [("cpn_1", 500, order.pk)]


@pytest.mark.django_db
def test_what_cannot_be_claimed_leaves_no_order(coupon):
    sku = cast.sku_on_sale()
    coupon.left = 0
    with pytest.raises(OrderRefused, match="已经用过"):
        place(sku, cast.person())
    assert not Order.objects.exists()
    sku.refresh_from_db()
    assert sku.reserved == 0


@pytest.mark.django_db
def test_an_order_sent_twice_claims_once(coupon):
    sku, who = cast.sku_on_sale(), cast.person()
    coupon.left = 5
    form = {
        "form_key": "k" * 26,
        "buyer_id": who.id,
        "store_id": sku.store_id,
        "items": [OrderItem(sku.pk, 1)],
        "address": who.address,
        "note": "",
        "expected_payable_fen": None,
        "now": clock.now(),
        "wishes": {"coupon": "cpn_1"},
    }
    assert order_buy(**form) == order_buy(**form)
    assert len(coupon.claimed) == 1


@pytest.mark.django_db
def test_a_groups_price_takes_no_discount(coupon):
    campaign, sku = cast.campaign_make()
    cast.lead(campaign, sku, cast.person())
    assert Order.objects.get().discount_fen == 0
    assert coupon.claimed == []


@pytest.mark.django_db
def test_a_line_never_costs_less_than_nothing(coupon):
    order = place(cast.sku_on_sale(), cast.person())
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.filter(order=order).update(discount_fen=10**9)


@pytest.mark.django_db
def test_the_audit_names_a_discount_without_its_reason(coupon):
    order = place(cast.sku_on_sale(), cast.person())
    assert cast.broken("orders.discounts_add_up") == []
    order.adjustments.update(amount_fen=499)
    assert [row.split(": ")[1] for row in cast.broken("orders.discounts_add_up")] == [
        f"order {order.public_id}"
    ]
