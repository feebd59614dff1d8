"""Fen are whole, text is exact, and shares always add up."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.money import parse_yuan, split, yuan


@given(st.integers(min_value=0, max_value=99_999_999_999))
def test_what_yuan_writes_parse_yuan_reads_back(fen):
    assert parse_yuan(yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [("12", 1200), ("12.5", 1250), ("0.01", 1), (" ¥12.50 ", 1250), ("￥3", 300), ("8元", 800)],
)
def test_people_type_yuan_in_several_ways(text, fen):
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text", ["", "-1", "1,000", "1.234", "1e3", "٣", "１２", "NaN", "1.", ".5", "12.5.1", "1" * 10]
)
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(ValidationError, match="12.50"):
        parse_yuan(text)


@given(
    st.integers(min_value=-10_000_000, max_value=10_000_000),
    st.lists(st.integers(min_value=0, max_value=1_000_000), min_size=1, max_size=30),
)
def test_shares_add_up_and_differ_from_the_exact_share_by_less_than_a_fen(total, weights):
    if sum(weights) == 0:
        weights[0] = 1
    shares = split(total, weights)
    assert sum(shares) == total
    whole = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * whole - total * weight) < whole
        assert share * total >= 0


def test_splitting_by_nothing_is_an_error_unless_there_is_nothing_to_split():
    assert split(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="nothing to split by"):
        split(1, [0, 0])
    with pytest.raises(ValueError, match="negative"):
        split(1, [2, -1])
