"""What a merchant reads before a campaign is published: the same three lines, whatever its kind."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.money import yuan


@dataclass(frozen=True)
class Piece:
    """One SKU of a campaign. In fen: the least and the most that a piece sells for, what it costs the
    shop (None while unknown), and the most that sending it costs its buyer. `quota` is how many of it
    may be sold, `available` how many there are."""

    name: str
    least_fen: int
    most_fen: int
    cost_fen: int | None
    freight_fen: int
    quota: int
    available: int

    @property
    def margin_fen(self) -> int | None:
        """What a piece earns at the least; None while its cost is unknown."""
        return None if self.cost_fen is None else self.least_fen - self.cost_fen

    @property
    def missing(self) -> int:
        """Pieces that the quota promises and the shelf does not have."""
        return max(self.quota - self.available, 0)


@dataclass(frozen=True)
class Outlook:
    """What a campaign may earn, needs, and may have to give back. With `shares_quota` its pieces have
    one quota between them, otherwise each has its own."""

    pieces: tuple[Piece, ...]
    shares_quota: bool = False

    @property
    def known(self) -> tuple[Piece, ...]:
        """The pieces whose cost is known."""
        return tuple(one for one in self.pieces if one.cost_fen is not None)

    @property
    def lowest_fen(self) -> int:
        """The least that any piece sells for. There is at least one piece."""
        return min(one.least_fen for one in self.pieces)

    @property
    def margin_fen(self) -> int | None:
        """What the piece that earns least earns; None while any cost is unknown."""
        if len(self.known) < len(self.pieces):
            return None
        return min((one.least_fen - (one.cost_fen or 0) for one in self.known), default=None)

    @property
    def quota(self) -> int:
        if self.shares_quota:
            return max((one.quota for one in self.pieces), default=0)
        return sum(one.quota for one in self.pieces)

    @property
    def available(self) -> int:
        return sum(one.available for one in self.pieces)

    @property
    def missing(self) -> int:
        """Pieces that the quota promises and the shelf does not have."""
        if self.shares_quota:
            return max(self.quota - self.available, 0)
        return sum(one.missing for one in self.pieces)

    @property
    def margins_each_fen(self) -> tuple[int, int] | None:
        """The least and the most that a piece of known cost earns; None where there is none."""
        if not self.known:
            return None
        least = min(one.least_fen - (one.cost_fen or 0) for one in self.known)
        return least, max(one.most_fen - (one.cost_fen or 0) for one in self.known)

    @property
    def margins_in_all_fen(self) -> tuple[int, int] | None:
        """The least and the most that the pieces of known cost earn when every one is sold."""
        if not self.known:
            return None
        return (
            self._in_all(min, ((one, one.least_fen - (one.cost_fen or 0)) for one in self.known)),
            self._in_all(max, ((one, one.most_fen - (one.cost_fen or 0)) for one in self.known)),
        )

    @property
    def sales_fen(self) -> tuple[int, int]:
        """The least and the most that buyers pay for all of it, without freight."""
        return (
            self._in_all(min, ((one, one.least_fen) for one in self.pieces)),
            self._in_all(max, ((one, one.most_fen) for one in self.pieces)),
        )

    @property
    def exposed_fen(self) -> int:
        """The most that goes back if every piece is sold and every order is cancelled: each in an
        order of its own, at the highest price, sent where sending costs most."""
        return self._in_all(max, ((one, one.most_fen + one.freight_fen) for one in self.pieces))

    def _in_all(
        self, pick: Callable[[Iterable[int]], int], each: Iterable[tuple[Piece, int]]
    ) -> int:
        found = list(each)
        if not found:
            return 0
        if self.shares_quota:
            return pick(fen for _one, fen in found) * self.quota
        return sum(fen * one.quota for one, fen in found)


def outlook_show(
    found: Outlook, *, refunds: Sequence[str], notes: Sequence[str] = ()
) -> SafeString:
    """The three lines for a page of the office. `refunds` say when how much goes back, `notes` what
    this kind of campaign has to say besides."""
    lines = (
        (_("预计毛利"), _margin(found)),
        (_("备货"), _stock(found)),
        (_("退款敞口"), "".join(refunds)),
    )
    return render_to_string("admin/guard/outlook.html", {"lines": lines, "notes": notes})


def uncounted(*, reward: str = "", takes_coupons: bool = False) -> list[str]:
    """What comes off the expected margin and is not in it, as notes. `reward` is the most that a
    sharer gets for an order, in words; "" where nobody gets anything."""
    notes = []
    if reward:
        said = _("毛利没有扣除分享员的奖励；分享员带来的订单，最多再扣%(reward)s。")
        notes.append(said % {"reward": reward})
    if takes_coupons:
        notes.append(_("毛利没有扣除优惠券；这个活动可以叠加优惠券。"))
    return notes


def _margin(found: Outlook) -> str:
    each, in_all = found.margins_each_fen, found.margins_in_all_fen
    if each is None or in_all is None:
        return _("没有填成本价，毛利算不出来；全部售出的货款 %(sales)s 元（不含运费）。") % {
            "sales": _between(found.sales_fen)
        }
    said = _("每件 %(each)s 元，全部售出 %(all)s 元（不含运费）。") % {
        "each": _between(each),
        "all": _between(in_all),
    }
    unknown = len(found.pieces) - len(found.known)
    if not unknown:
        return said
    return said + _("有 %(count)d 个规格没有填成本价，没有算进去。") % {"count": unknown}


def _stock(found: Outlook) -> str:
    said = _("名额 %(quota)d 件，可售库存 %(stock)d 件，") % {
        "quota": found.quota,
        "stock": found.available,
    }
    if not found.missing:
        return said + _("够。")
    return said + _("还需备货 %(missing)d 件。") % {"missing": found.missing}


def _between(fen: tuple[int, int]) -> str:
    least, most = fen
    return yuan(least) if least == most else f"{yuan(least)}～{yuan(most)}"
