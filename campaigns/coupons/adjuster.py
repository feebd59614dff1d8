"""What coupons take off an order: the one that was chosen, or the one with which least is paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.coupons.queries import HeldCoupon, coupon_for, coupons_for, day, yuan_short
from campaigns.coupons.services import CouponRefused, coupon_claim
from orders.adjusters import NO_WISH, Asked, Wish, WishOption
from orders.pricing import Adjustment, Discount, Quote


@dataclass(frozen=True)
class _Beside:
    """A coupon beside an order: what it takes off, what is to be paid with it, and why it cannot be
    used, or ""."""

    coupon: HeldCoupon
    off_fen: int
    payable_fen: int
    reason: str


class CouponAdjuster:
    """Registered with `orders.adjusters`. Without a wish an order takes the best coupon."""

    kind = "coupon"

    def discounts(self, asked: Asked, *, now: datetime) -> Sequence[Discount]:
        """One coupon at most, in one query. Raises CouponRefused for a wish that can't be granted."""
        wish = asked.wishes.get(self.kind)
        if wish == NO_WISH:
            return []
        if wish:
            return [_wished(wish, asked, now=now)]
        best = _best(_beside(_held(asked, now=now), asked, now=now))
        return [best.coupon] if best else []

    def claim(self, asked: Asked, adjustment: Adjustment, *, order_id: int, now: datetime) -> None:
        """Spend it. Raises CouponGone when another order was first, or it expired meanwhile."""
        coupon_claim(
            ref=adjustment.reference,
            user_id=asked.buyer_id,
            store_id=asked.store_id,
            order_id=order_id,
            discount_fen=adjustment.amount_fen,
            now=now,
        )

    def wish(self, asked: Asked, *, now: datetime) -> Wish | None:
        """All coupons that the person has of this store, with why one can't be used; None for none."""
        held = _beside(_held(asked, now=now), asked, now=now)
        if not held:
            return None
        best = _best(held)
        automatic = best.coupon.reference if best else NO_WISH
        chosen = asked.wishes.get(self.kind) or automatic
        # The best first, then what else is usable, then what is not, in the order of expiry.
        rank = sorted(held, key=lambda one: (bool(one.reason), one.payable_fen))
        options = [_option(one, chosen=chosen, best=best) for one in rank]
        none = WishOption(NO_WISH, _("不用优惠券"), is_chosen=chosen == NO_WISH)
        return Wish(
            kind=self.kind,
            title=_("优惠券"),
            explained=_explained(best, chosen=chosen) + _given_up(asked),
            automatic=automatic,
            options=(*options, none),
        )


def _held(asked: Asked, *, now: datetime) -> list[HeldCoupon]:
    return coupons_for(
        user_id=asked.buyer_id,
        store_id=asked.store_id,
        sku_ids=[item.sku_id for item in asked.items],
        now=now,
    )


def _beside(held: Sequence[HeldCoupon], asked: Asked, *, now: datetime) -> list[_Beside]:
    if not held:
        return []
    ways = [(way, way.cost()) for way in asked.each()]
    least_fen = min(without.payable_fen for _way, without in ways)
    found = []
    for one in held:
        tried = [_with(one, way, without, least_fen=least_fen, now=now) for way, without in ways]
        usable = [made for made in tried if not made.reason]
        found.append(min(usable, key=lambda made: made.payable_fen, default=tried[0]))
    return found


def _with(
    one: HeldCoupon, asked: Asked, without: Quote, *, least_fen: int, now: datetime
) -> _Beside:
    """`without` is what the order costs so, `least_fen` what it costs without a coupon at best."""
    left = {line.sku_id: line.amount_fen - line.discount_fen for line in without.lines}
    reason = one.reason(left, now=now)
    cost = without if reason else asked.cost(one)
    off_fen = cost.discount_fen - without.discount_fen
    if not reason and not off_fen:
        reason = _("金额太小，减不了")
    elif not reason and cost.payable_fen >= without.payable_fen:
        reason = _("用了要付运费 ¥%(freight)s，应付不会变少") % {
            "freight": yuan_short(cost.freight_fen)
        }
    elif not reason and cost.payable_fen >= least_fen:
        reason = _("用了就没有满减，应付不会变少")
    return _Beside(one, off_fen, cost.payable_fen, reason)


def _best(held: Sequence[_Beside]) -> _Beside | None:
    """The one with which least is paid; of equal ones the first to expire (`held` is in that order)."""
    usable = [one for one in held if not one.reason]
    return min(usable, key=lambda one: one.payable_fen, default=None)


def _wished(ref: str, asked: Asked, *, now: datetime) -> HeldCoupon:
    coupon = coupon_for(
        ref,
        user_id=asked.buyer_id,
        store_id=asked.store_id,
        sku_ids=[item.sku_id for item in asked.items],
    )
    if coupon is None:
        raise CouponRefused(_("没有找到你选的优惠券，请重新选择后再提交。"))
    if reason := _beside([coupon], asked, now=now)[0].reason:
        raise CouponRefused(
            _("你选的“%(name)s”不能用在这一单：%(reason)s。请看新的金额，确认后再提交。")
            % {"name": coupon.name, "reason": reason}
        )
    return coupon


def _option(one: _Beside, *, chosen: str, best: _Beside | None) -> WishOption:
    coupon = one.coupon
    return WishOption(
        value=coupon.reference,
        label=f"{coupon.name} {coupon.worth.headline}",
        detail=_("%(condition)s，%(day)s 到期")
        % {"condition": coupon.worth.condition, "day": day(coupon.expires_at)},
        off_fen=0 if one.reason else one.off_fen,
        reason=one.reason,
        is_chosen=coupon.reference == chosen,
        is_best=one is best,
    )


def _given_up(asked: Asked) -> str:
    """What the order would take without a coupon, where it does not; "" where it does."""
    least = min(asked.each(), key=lambda way: way.cost().payable_fen)
    labels = [one.label for one in least.before if one not in asked.before]
    if not labels:
        return ""
    return _("。没有使用满减（%(labels)s），因为用券更省") % {"labels": "、".join(labels)}


def _explained(best: _Beside | None, *, chosen: str) -> str:
    if best is None:
        return _("这一单没有可用的优惠券，原因写在每张券上。")
    off = yuan_short(best.off_fen)
    if chosen == best.coupon.reference:
        return _("已为你选最省的一张：减 ¥%(off)s") % {"off": off}
    return _("最省的一张是“%(name)s”：减 ¥%(off)s") % {"name": best.coupon.name, "off": off}
