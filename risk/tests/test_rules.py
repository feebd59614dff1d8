"""The rules by themselves: when each fires, and what the sum comes to."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.rules import BY_NAME, RULES, Context, Policy, Verdict, assess

PLAIN = Context(
    account_age_s=86400,
    orders_1h=1,
    orders_24h=1,
    unpaid_24h=0,
    amount_fen=5900,
    phone_buyers_7d=0,
    device_orders_1h=1,
    device_buyers_24h=0,
)
EDGES = [
    ("new_account", "account_age_s", 599, 600),
    ("many_in_an_hour", "orders_1h", 20, 19),
    ("many_in_a_day", "orders_24h", 60, 59),
    ("unpaid_again_and_again", "unpaid_24h", 8, 7),
    ("large_amount", "amount_fen", 500_000, 499_999),
    ("shared_phone", "phone_buyers_7d", 4, 3),
    ("shared_address", "address_buyers_7d", 8, 7),
    ("busy_device", "device_orders_1h", 10, 9),
    ("shared_device", "device_buyers_24h", 3, 2),
    ("reported", "reported", 1, 0),
]


def test_an_ordinary_order_is_nothing():
    assert assess(PLAIN, Policy()).fired == ()
    assert {edge[0] for edge in EDGES} == set(BY_NAME)


@pytest.mark.parametrize(("rule", "field", "fires", "rests"), EDGES)
def test_each_rule_at_its_edge(rule, field, fires, rests):
    found = assess(replace(PLAIN, **{field: fires}), Policy())
    assert [(one.rule, one.saw) for one in found.fired] == [(rule, fires)]
    assert assess(replace(PLAIN, **{field: rests}), Policy()).fired == ()


@pytest.mark.parametrize(
    ("score", "verdict"),
    [(39, "allow"), (40, "code"), (59, "code"), (60, "hold"), (99, "hold"), (100, "refuse")],
)
def test_the_sum_decides(score, verdict):
    assert assess(replace(PLAIN, reported=score), Policy()).verdict == verdict


def test_a_store_tunes_each_rule():
    told = replace(PLAIN, orders_1h=20)
    assert assess(told, Policy(weights={"many_in_an_hour": 100})).verdict == Verdict.REFUSE
    assert assess(told, Policy(weights={"many_in_an_hour": 0})).fired == ()
    assert assess(told, Policy(is_on=False)) == assess(PLAIN, Policy())
    assert assess(told, Policy(code_from=25)).verdict == Verdict.CODE


@given(st.sampled_from(RULES), st.integers(0, 200))
def test_more_is_never_milder(rule, more):
    order = list(Verdict)
    before = assess(replace(PLAIN, reported=more), Policy())
    after = assess(replace(PLAIN, reported=more + 1), Policy())
    assert order.index(after.verdict) >= order.index(before.verdict)
    assert after.score == before.score + 1
