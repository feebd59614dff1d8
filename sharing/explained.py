"""Why an order counts as somebody's: one explanation, in the words that merchant and sharer both read.

Everybody is named as masked as other shoppers see them. Whoever else the buyer had come through is
not named: nobody is shown a tie between two others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.queries import Profile, profiles
from orders.queries import orders_brief
from sharing.models import Attribution, Channel
from sharing.windows import rule_days


@dataclass(frozen=True)
class Explanation:
    """`touches` are sentences, the first touch first; `verdict` is what follows from them."""

    touches: tuple[str, ...]
    verdict: str

    @property
    def sentences(self) -> tuple[str, ...]:
        return (*self.touches, self.verdict)


def explanations(order_ids: Iterable[int]) -> dict[int, Explanation]:
    """Of those of the orders that a share brought, by order, in three queries."""
    rows = list(Attribution.objects.filter(order_id__in=list(order_ids)))
    buyers = {pk: order.buyer_id for pk, order in orders_brief([r.order_id for r in rows]).items()}
    names = profiles({*buyers.values(), *(row.sharer_id for row in rows)})
    return {
        row.order_id: Explanation(
            touches=tuple(_touch(row, touch, names) for touch in row.chain),
            verdict=_("%(buyer)s 下的这一单算作 %(sharer)s 带来的：%(rule)s")
            % {
                "buyer": _name(buyers[row.order_id], names),
                "sharer": _name(row.sharer_id, names),
                "rule": rule_text(row.rule),
            },
        )
        for row in rows
    }


def rule_text(rule: str) -> str:
    """A rule in words, with the name that old orders keep."""
    days = rule_days(rule)
    if days is None:
        return _("当时的规则 %(rule)s。") % {"rule": rule}
    return _("下单前 %(days)d 天里最后打开的分享算数（规则 %(rule)s）。") % {
        "days": days,
        "rule": rule,
    }


def _touch(row: Attribution, touch: dict[str, str | int], names: dict[int, Profile]) -> str:
    theirs = touch["sharer"] == row.sharer_id
    at = datetime.fromisoformat(str(touch["last_at"]))
    labels = dict(Channel.choices)
    return _("%(at)s 打开 %(sharer)s 的分享（%(channel)s）。") % {
        "at": date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"),
        "sharer": _name(row.sharer_id, names) if theirs else _("另一位朋友"),
        "channel": labels.get(str(touch["channel"]), touch["channel"]),
    }


def _name(user_id: int, names: dict[int, Profile]) -> str:
    profile = names.get(user_id)
    return profile.name if profile and profile.name else _("一位朋友")
