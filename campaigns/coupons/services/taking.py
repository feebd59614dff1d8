"""A coupon comes to a person: taken, redeemed by a code, or given by the merchant."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.coupons.locks import budget_take, holder_take
from campaigns.coupons.models import Coupon, CouponTemplate
from campaigns.coupons.services.refusals import (
    BudgetGone,
    CannotGive,
    LimitReached,
    NotNow,
    NotOffered,
    TakeRefused,
)
from campaigns.coupons.states import TemplateState
from core.idempotency import form_claim
from core.ids import public_id as new_public_id
from orders.queries import buyer_of_store


def coupon_take(
    *, template_ref: str, store_id: int, user_id: int, form_key: str, now: datetime
) -> str:
    """Take a coupon that the store offers to everyone; its public id.

    The second sender of a form key gets the first one's coupon. Raises TakeRefused.
    """
    template = CouponTemplate.objects.filter(
        public_id=template_ref, store_id=store_id, how=CouponTemplate.How.OPEN
    ).first()
    if template is None or template.state == TemplateState.DRAFT:
        raise NotOffered
    return take_once(
        template, user_id=user_id, form_key=form_key, source=Coupon.Source.TAKEN, now=now
    )


def coupon_redeem(*, code: str, user_id: int, form_key: str, now: datetime) -> str:
    """Take the coupon of a code that the person entered; its public id. Raises TakeRefused."""
    template = CouponTemplate.objects.filter(
        code=code_normalise(code), how=CouponTemplate.How.CODE
    ).first()
    if template is None or template.state == TemplateState.DRAFT:
        raise NotOffered
    return take_once(
        template, user_id=user_id, form_key=form_key, source=Coupon.Source.CODE, now=now
    )


def coupon_give(
    *, template_id: int, store_id: int, to: str, by_id: int | None, form_key: str, now: datetime
) -> str:
    """Give one to a customer of the store, named by own phone or by an order; its public id.

    Only who bought here can be named: a merchant learns of nobody else. Raises TakeRefused.
    """
    template = CouponTemplate.objects.filter(pk=template_id, store_id=store_id).first()
    if template is None:
        raise NotOffered
    if template.state != TemplateState.PUBLISHED:
        raise NotNow(_("请先发布这张券，再发给买家。"))
    user_id = buyer_of_store(store_id, to.strip())
    if user_id is None:
        raise TakeRefused(_("没有找到：请填写买家在本店的订单号，或在本店买过的买家自己的手机号。"))
    owner = f"user:{by_id}" if by_id else f"store:{store_id}"
    try:
        return take_once(
            template,
            user_id=user_id,
            form_key=form_key,
            source=Coupon.Source.GIVEN,
            given_by_id=by_id,
            owner=owner,
            now=now,
        )
    except LimitReached as error:
        many = {"limit": template.limit_per_person}
        raise CannotGive(_("每人限领 %(limit)d 张，这位买家已经领满了。") % many) from error
    except BudgetGone as error:
        raise CannotGive(_("这张券已经发完了，可以再建一张。")) from error


def code_normalise(text: str) -> str:
    """A code as it is stored, however it was typed: case, spaces and look-alikes do not matter."""
    kept = "".join(one for one in text.lower() if one.isascii() and one.isalnum())
    return kept.translate(str.maketrans("oil", "011"))[:32]


def take_once(
    template: CouponTemplate,
    *,
    user_id: int,
    form_key: str,
    source: Coupon.Source,
    now: datetime,
    given_by_id: int | None = None,
    owner: str = "",
) -> str:
    """One coupon for a person; the same one for the same form key. Raises TakeRefused."""
    ref = new_public_id("cpn")
    with transaction.atomic():
        first = form_claim(
            owner=owner or f"user:{user_id}",
            key=form_key,
            purpose="coupon",
            result={"coupon": ref},
            now=now,
        )
        if first is not None:
            return str(first["coupon"])
        # The person first, the template last: it is one row for everybody.
        if not holder_take(template=template, user_id=user_id):
            raise LimitReached(template.limit_per_person)
        if not budget_take(template_id=template.pk, now=now):
            raise _refusal(template.pk, now=now)
        usable_from, expires_at = template.validity(now=now)
        Coupon.objects.create(
            public_id=ref,
            store_id=template.store_id,
            template=template,
            user_id=user_id,
            source=source,
            given_by_id=given_by_id,
            taken_at=now,
            usable_from=usable_from,
            expires_at=expires_at,
        )
    return ref


def _refusal(template_id: int, *, now: datetime) -> TakeRefused:
    template = CouponTemplate.objects.get(pk=template_id)
    if template.state != TemplateState.PUBLISHED or template.take_until <= now:
        return NotNow(_("领取时间已过，这张券不再发放。"))
    if template.take_from > now:
        return NotNow(_("还没到领取时间，请稍后再来。"))
    return BudgetGone()
