"""How strange an order is: small rules over what is known, each with a score. Pure.

A rule says whether it fires and what it saw; the scores of those that fire add up, and a store's
thresholds turn the sum into a verdict. Nothing here reads a database.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


class Verdict(models.TextChoices):
    """What is done about it, from the mildest on."""

    ALLOW = "allow", _("放行")
    CODE = "code", _("验证手机")
    HOLD = "hold", _("人工审核")
    REFUSE = "refuse", _("拒绝")


@dataclass(frozen=True)
class Context:
    """What is known of an order that is about to be placed.

    `account_age_s` in seconds; orders are the buyer's, at all stores; `phone_buyers_7d` are the
    different people who sent something to the same phone, `address_buyers_7d` those who sent to the
    same street; `device_*` are of the same browser, 0 when it is unknown; `reported` is what upper
    apps reported of the buyer.
    """

    account_age_s: float
    orders_1h: int
    orders_24h: int
    unpaid_24h: int
    amount_fen: int
    phone_buyers_7d: int
    device_orders_1h: int
    device_buyers_24h: int
    address_buyers_7d: int = 0
    reported: int = 0


@dataclass(frozen=True)
class Policy:
    """A store's thresholds; `weights` replaces a rule's score, 0 switches it off."""

    is_on: bool = True
    code_from: int = 40
    hold_from: int = 60
    refuse_from: int = 100
    hold_hours: int = 24
    big_fen: int = 500_000
    weights: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Fired:
    """A rule that fired, what it counts, and what it saw."""

    rule: str
    score: int
    saw: int


@dataclass(frozen=True)
class Assessed:
    """The sum, and what it comes to."""

    verdict: Verdict
    score: int
    fired: tuple[Fired, ...]


@dataclass(frozen=True)
class Rule:
    """`look` returns what it saw when it fires, and None when it does not."""

    name: str
    title: str | Promise
    score: int
    look: Callable[[Context, Policy], int | None]


def _at_least(value: int, least: int) -> int | None:
    return value if value >= least else None


RULES: tuple[Rule, ...] = (
    Rule(
        "new_account",
        _("注册不到十分钟"),
        10,
        lambda told, _policy: (
            int(told.account_age_s) if told.account_age_s < 10 * MINUTE_S else None
        ),
    ),
    Rule(
        "many_in_an_hour", _("一小时内多次下单"), 25, lambda told, _p: _at_least(told.orders_1h, 20)
    ),
    Rule("many_in_a_day", _("一天内多次下单"), 20, lambda told, _p: _at_least(told.orders_24h, 60)),
    Rule(
        "unpaid_again_and_again",
        _("一天内多次下单不付款"),
        25,
        lambda told, _p: _at_least(told.unpaid_24h, 8),
    ),
    Rule(
        "large_amount",
        _("金额特别大"),
        30,
        lambda told, policy: _at_least(told.amount_fen, policy.big_fen),
    ),
    Rule(
        "shared_phone",
        _("多个账号寄往同一个手机号"),
        40,
        lambda told, _p: _at_least(told.phone_buyers_7d, 4),
    ),
    # Higher than for a phone: a dormitory or an office is one street line, too.
    Rule(
        "shared_address",
        _("多个账号寄往同一个地址"),
        20,
        lambda told, _p: _at_least(told.address_buyers_7d, 8),
    ),
    Rule(
        "busy_device",
        _("同一设备一小时内多次下单"),
        25,
        lambda told, _p: _at_least(told.device_orders_1h, 10),
    ),
    Rule(
        "shared_device",
        _("同一设备一天内换了多个账号"),
        40,
        lambda told, _p: _at_least(told.device_buyers_24h, 3),
    ),
    Rule("reported", _("平台收到过对此人的反映"), 0, lambda told, _p: _at_least(told.reported, 1)),
)
BY_NAME = {rule.name: rule for rule in RULES}


def assess(told: Context, policy: Policy) -> Assessed:
    """The verdict on an order. A report counts what it was reported with."""
    fired = []
    for rule in RULES if policy.is_on else ():
        saw = rule.look(told, policy)
        if saw is None:
            continue
        usual = told.reported if rule.name == "reported" else rule.score
        score = policy.weights.get(rule.name, usual)
        if score > 0:
            fired.append(Fired(rule.name, score, saw))
    total = sum(one.score for one in fired)
    return Assessed(_verdict(total, policy), total, tuple(fired))


def _verdict(score: int, policy: Policy) -> Verdict:
    if score >= policy.refuse_from:
        return Verdict.REFUSE
    if score >= policy.hold_from:
        return Verdict.HOLD
    return Verdict.CODE if score >= policy.code_from else Verdict.ALLOW
