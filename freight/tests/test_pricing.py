"""What sending costs, as arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freight.pricing import Area, By, Load, NotServed, Tariff, Tier

HERE, THERE, NOWHERE = "440000", "650000", "540000"
NEAR, FAR = Tier(1, 600, 1, 200), Tier(1000, 2000, 500, 1000)


def tariff(by=By.PIECE, near=NEAR, **fields):
    areas = (Area(frozenset({THERE}), FAR), Area(frozenset({NOWHERE}), None))
    return Tariff(by, near, areas, **fields)


def load(quantity=1, *, weight_g=0, volume_cm3=0, amount_fen=0):
    return Load(quantity, weight_g, volume_cm3, amount_fen)


@pytest.mark.parametrize(
    ("units", "fee_fen"),
    [(0, 0), (1, 2000), (1000, 2000), (1001, 3000), (1500, 3000), (1501, 4000)],
)
def test_a_begun_step_is_a_step(units, fee_fen):
    assert FAR.fee_fen(units) == fee_fen


@given(
    st.sampled_from([NEAR, FAR, Tier(1, 100, 1, 900), Tier(1000, 0, 300, 500)]),
    st.integers(1, 5000),
    st.integers(1, 9),
)
def test_the_most_that_a_piece_adds_is_never_less_than_its_share(tier, units, pieces):
    assert tier.fee_fen(units * pieces) <= tier.most_fen(units) * pieces
    assert tier.most_fen(units) >= tier.fee_fen(units)


def test_the_most_is_where_sending_costs_most():
    assert tariff().most_fen(load()) == FAR.first_fen
    assert tariff(By.WEIGHT).most_fen(load(weight_g=1200)) == 600 + 1199 * 200
    assert tariff(near=None, free_over_fen=1).most_fen(load(amount_fen=100)) == FAR.first_fen


def test_nothing_weighs_less_than_nothing():
    with pytest.raises(ValueError, match="less than nothing"):
        FAR.fee_fen(-1)


@pytest.mark.parametrize(
    ("by", "loads", "fee_fen"),
    [
        (By.PIECE, [load(3)], 1000),
        (By.PIECE, [load(1), load(2)], 1000),
        (By.WEIGHT, [load(2, weight_g=2)], 600 + 3 * 200),
        (By.VOLUME, [load(2, volume_cm3=2)], 600 + 3 * 200),
        (By.WEIGHT, [load(3)], 1000),  # nobody weighed it
    ],
)
def test_it_counts_what_the_tariff_counts(by, loads, fee_fen):
    assert tariff(by).fee_fen(HERE, loads) == fee_fen


def test_an_area_has_its_own_tier():
    assert tariff(By.WEIGHT).fee_fen(THERE, [load(1, weight_g=1500)]) == 3000


def test_nothing_is_sent_where_nothing_is_sent():
    assert not tariff().serves(NOWHERE)
    with pytest.raises(NotServed):
        tariff(free_over_fen=1).fee_fen(NOWHERE, [load(amount_fen=100)])
    only_here = Tariff(By.PIECE, None, (Area(frozenset({HERE}), NEAR),))
    assert only_here.serves(HERE)
    assert not only_here.serves(THERE)


@pytest.mark.parametrize(
    ("rule", "loads", "free"),
    [
        ({"free_over_fen": 9900}, [load(amount_fen=9899)], False),
        ({"free_over_fen": 9900}, [load(amount_fen=5000), load(amount_fen=4900)], True),
        ({"free_over_count": 3}, [load(2)], False),
        ({"free_over_count": 3}, [load(2), load(1)], True),
        ({"free_over_fen": 9900, "free_over_count": 3}, [load(3)], True),
    ],
)
def test_free_above(rule, loads, free):
    assert (tariff(**rule).fee_fen(HERE, loads) == 0) is free


tiers = st.builds(
    Tier, st.integers(1, 5000), st.integers(0, 10**6), st.integers(1, 5000), st.integers(0, 10**6)
)
loads = st.lists(
    st.builds(Load, st.integers(1, 99), st.integers(0, 9999), st.integers(0, 9999), st.just(0)),
    min_size=1,
    max_size=5,
)


@given(st.sampled_from(By), tiers, loads, st.randoms())
def test_the_order_of_goods_does_not_matter(by, tier, some, dice):
    found = tariff(by, tier).fee_fen(HERE, some)
    dice.shuffle(some)
    assert tariff(by, tier).fee_fen(HERE, some) == found >= tier.first_fen


@given(st.sampled_from(By), tiers, loads, loads)
def test_more_never_costs_less_and_together_never_costs_more(by, tier, some, more):
    fee = lambda goods: tariff(by, tier).fee_fen(HERE, goods)  # noqa: E731
    both = fee(some + more)
    assert both >= max(fee(some), fee(more))
    # Where the first units are worth it, two parcels never cost less than one.
    if tier.first_fen >= -(-tier.first // tier.step) * tier.step_fen:
        assert both <= fee(some) + fee(more)
