"""A number is looked for as its column has it, and where it can be."""

import pytest
from django.db.models import Q

from core.numbers import Number, foreign, ref, whole


@pytest.mark.parametrize(
    ("number", "typed", "rows"),
    [
        (ref("ord"), "ord_7k", Q(public_id="ord_7k")),
        (ref("ord", "order__public_id"), "ORD_7K", Q(order__public_id="ord_7k")),
        (ref("grp", "offer_ref", kind="group"), "grp_1", Q(offer_ref="grp_1", kind="group")),
        (ref("ord"), "grp_1", None),
        (ref("ord"), "红枣", None),
        (ref("ord"), "ord_1 ord_2", None),
        (whole("fact_id"), "12", Q(fact_id=12)),
        (whole("fact_id"), "12a", None),
        (whole("fact_id"), "１２", None),
        (whole("fact_id"), "9" * 19, None),
        (foreign("reference"), "AbC", Q(reference__in=["AbC", "abc"])),
        (foreign("reference"), "abc", Q(reference__in=["abc"])),
        (foreign("reference"), "two words", None),
        (Number("[0-9]+", "n", {"kind__in": lambda: ["a"]}), "7", Q(n="7", kind__in=["a"])),
    ],
)
def test_what_is_typed_is_what_the_column_has(number, typed, rows):
    assert number.rows(typed) == rows
