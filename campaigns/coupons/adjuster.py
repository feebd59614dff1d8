"""What coupons take off an order: the one that was chosen, or the one that saves most."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.coupons.queries import HeldCoupon, coupon_for, coupons_for, day, yuan_short
from campaigns.coupons.services import CouponRefused, coupon_claim
from orders.adjusters import NO_WISH, Asked, Wish, WishOption
from orders.pricing import Adjustment, Discount


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
        held = _held(asked, now=now)
        best = _best(held, asked.left_fen(), now=now) if held else None
        return [best] if best else []

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
        held = _held(asked, now=now)
        if not held:
            return None
        left = asked.left_fen()
        best = _best(held, left, now=now)
        automatic = best.reference if best else NO_WISH
        chosen = asked.wishes.get(self.kind) or automatic
        # The best first, then what else is usable, then what is not, in the order of expiry.
        rank = sorted(held, key=lambda one: (bool(one.reason(left, now=now)), -one.saves_fen(left)))
        options = [_option(one, left, chosen=chosen, best=best, now=now) for one in rank]
        none = WishOption(NO_WISH, _("不用优惠券"), is_chosen=chosen == NO_WISH)
        return Wish(
            kind=self.kind,
            title=_("优惠券"),
            explained=_explained(best, left, chosen=chosen),
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


def _best(held: Sequence[HeldCoupon], left: dict[int, int], *, now: datetime) -> HeldCoupon | None:
    """The one that saves most; of equal ones the first to expire (`held` is in that order)."""
    usable = [one for one in held if not one.reason(left, now=now)]
    return max(usable, key=lambda one: one.saves_fen(left), default=None)


def _wished(ref: str, asked: Asked, *, now: datetime) -> HeldCoupon:
    coupon = coupon_for(
        ref,
        user_id=asked.buyer_id,
        store_id=asked.store_id,
        sku_ids=[item.sku_id for item in asked.items],
    )
    if coupon is None:
        raise CouponRefused(_("没有找到您选的优惠券，请重新选择后再提交。"))
    if reason := coupon.reason(asked.left_fen(), now=now):
        raise CouponRefused(
            _("您选的“%(name)s”不能用在这一单：%(reason)s。请看新的金额，确认后再提交。")
            % {"name": coupon.name, "reason": reason}
        )
    return coupon


def _option(
    one: HeldCoupon,
    left: dict[int, int],
    *,
    chosen: str,
    best: HeldCoupon | None,
    now: datetime,
) -> WishOption:
    reason = one.reason(left, now=now)
    return WishOption(
        value=one.reference,
        label=f"{one.name} {one.worth.headline}",
        detail=_("%(condition)s，%(day)s 到期")
        % {"condition": one.worth.condition, "day": day(one.expires_at)},
        off_fen=0 if reason else one.saves_fen(left),
        reason=reason,
        is_chosen=one.reference == chosen,
        is_best=best is not None and one.reference == best.reference,
    )


def _explained(best: HeldCoupon | None, left: dict[int, int], *, chosen: str) -> str:
    if best is None:
        return _("这一单没有可用的优惠券，原因写在每张券上。")
    off = yuan_short(best.saves_fen(left))
    if chosen == best.reference:
        return _("已为您选最省的一张：减 ¥%(off)s") % {"off": off}
    return _("最省的一张是“%(name)s”：减 ¥%(off)s") % {"name": best.name, "off": off}
