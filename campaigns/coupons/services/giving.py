"""Coupons that a store gives by itself: to newcomers, and for an order that was received."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db.models import QuerySet

from campaigns.coupons.models import Coupon, CouponTemplate
from campaigns.coupons.services.refusals import TakeRefused
from campaigns.coupons.services.taking import take_once
from campaigns.coupons.states import TemplateState
from orders.queries import has_paid_at, order_kept


def coupon_give_newcomer(*, store_id: int, user_id: int, now: datetime) -> list[str]:
    """Give a newcomer, who never paid at the store, what it has for newcomers: one of each, once.

    Their public ids: none for anybody else, and none of what is over or has run out.
    """
    templates = list(
        _given_by_itself(store_id, CouponTemplate.How.NEWCOMER).exclude(holders__user_id=user_id)
    )
    if not templates or has_paid_at(user_id, store_id):
        return []
    source = Coupon.Source.NEWCOMER
    return _give_each(templates, user_id=user_id, source=source, why="newcomer", now=now)


def coupon_give_repeat(*, order_id: int, now: datetime) -> list[str]:
    """Give the buyer of an order that was received what its store has for the next one: one of each
    for an order. Their public ids; none for an order that was given up."""
    order = order_kept(order_id)
    if order is None or order.received_at is None or not order.is_kept:
        return []
    templates = list(_given_by_itself(order.store_id, CouponTemplate.How.REPEAT))
    source = Coupon.Source.REPEAT
    return _give_each(
        templates, user_id=order.buyer_id, source=source, why=order.public_id, now=now
    )


def _given_by_itself(store_id: int, how: CouponTemplate.How) -> QuerySet[CouponTemplate]:
    rows = CouponTemplate.objects.filter(store_id=store_id, how=how)
    return rows.filter(state=TemplateState.PUBLISHED).order_by("pk")


def _give_each(
    templates: Iterable[CouponTemplate],
    *,
    user_id: int,
    source: Coupon.Source,
    why: str,
    now: datetime,
) -> list[str]:
    """One of each, once for this reason; without those that are over, run out or had before."""
    given = []
    for template in templates:
        # The same reason twice is the same form twice: the second finds the first one's coupon.
        key = f"{why}:{template.pk}"
        with suppress(TakeRefused):
            given.append(take_once(template, user_id=user_id, form_key=key, source=source, now=now))
    return given
