"""A coupon's life: a template published, coupons taken from it, spent by an order, given back."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns.coupons.locks import (
    budget_take,
    coupon_of_order_lock,
    coupon_use,
    holder_take,
    template_lock,
)
from campaigns.coupons.models import Coupon, CouponTemplate
from campaigns.coupons.states import COUPON, TEMPLATE, TemplateState
from core.idempotency import form_claim
from core.ids import public_id as new_public_id
from core.ids import random_token
from orders.queries import buyer_of_store, has_paid_at, order_brief_by_ref, order_kept
from orders.services import OrderRefused
from payments.queries import order_money

CODE_LENGTH = 12  # 60 bits: nobody finds one by trying


class TemplateRefused(Exception):
    """The template cannot be published; the message says what to change, for the merchant."""


class TakeRefused(Exception):
    """No coupon; the message says why, for whoever wanted it. Nothing is written."""


class NotOffered(TakeRefused):
    """There is no such coupon to take here, or no such code."""

    def __init__(self) -> None:
        super().__init__(_("没有这张优惠券，或者不能这样领取。"))


class LimitReached(TakeRefused):
    """The person has as many as one may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(_("每人限领 %(limit)d 张，你已经领过了。") % {"limit": limit})


class BudgetGone(TakeRefused):
    """Every coupon is taken."""

    def __init__(self) -> None:
        super().__init__(_("这张券已经领完了，看看其他优惠吧。"))


class CannotGive(TakeRefused):
    """The merchant cannot give it to this person; the message says why, for the merchant."""


class NotNow(TakeRefused):
    """Not yet, or not any more."""


class CouponRefused(OrderRefused):
    """The chosen coupon cannot be spent on this order; the message says why, for the shopper."""


class CouponGone(CouponRefused):
    """It was usable a moment ago: used by another order, or expired."""

    def __init__(self) -> None:
        super().__init__(
            _("你选的优惠券刚刚已被使用或过期，本单还没有提交。请看新的金额，确认后再提交。")
        )


def template_publish(*, template_id: int, now: datetime) -> bool:
    """Let it be taken; False when it was published before. Its terms never change from now on.

    Raises TemplateRefused.
    """
    with transaction.atomic():
        template = template_lock(template_id)
        if template.state == TemplateState.PUBLISHED:
            return False
        if template.state != TemplateState.DRAFT:
            raise TemplateRefused(_("这张券已经停止发放，请新建一张。"))
        _check(template, now=now)
        code = random_token(CODE_LENGTH) if template.how == CouponTemplate.How.CODE else None
        return TEMPLATE.move_row(
            template,
            "publish",
            now=now,
            changes={"published_at": now, "due_at": template.take_until, "code": code},
        )


def template_end(*, template_id: int, now: datetime) -> bool:
    """Give out no more; what people have stays usable."""
    with transaction.atomic():
        template = template_lock(template_id)
        return TEMPLATE.move_row(
            template, "end", now=now, changes={"ended_at": now, "due_at": None}
        )


def template_end_due(*, template_id: int, now: datetime) -> datetime | None:
    """The time to take it is over; when to look again, None when it is ended."""
    until = CouponTemplate.objects.values_list("take_until", flat=True).get(pk=template_id)
    if now < until:
        return until
    template_end(template_id=template_id, now=now)
    return None


def template_editable(*, template_id: int) -> bool:
    """Whether it is still a draft; locked until the caller's transaction ends."""
    return template_lock(template_id).state == TemplateState.DRAFT


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
    return _take_once(
        template, user_id=user_id, form_key=form_key, source=Coupon.Source.TAKEN, now=now
    )


def coupon_redeem(*, code: str, user_id: int, form_key: str, now: datetime) -> str:
    """Take the coupon of a code that the person entered; its public id. Raises TakeRefused."""
    template = CouponTemplate.objects.filter(
        code=code_normalise(code), how=CouponTemplate.How.CODE
    ).first()
    if template is None or template.state == TemplateState.DRAFT:
        raise NotOffered
    return _take_once(
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
        return _take_once(
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


def coupon_claim(
    *, ref: str, user_id: int, store_id: int, order_id: int, discount_fen: int, now: datetime
) -> None:
    """Spend it on an order that is being placed, inside that transaction. Raises CouponGone."""
    if not coupon_use(
        ref=ref,
        user_id=user_id,
        store_id=store_id,
        order_id=order_id,
        discount_fen=discount_fen,
        now=now,
    ):
        raise CouponGone


def coupon_return(*, order_id: int, now: datetime) -> bool:
    """Give back what an order that came to nothing had spent; False when there is nothing (more).

    Its validity does not grow: one that expired meanwhile stays expired.
    """
    with transaction.atomic():
        coupon = coupon_of_order_lock(order_id)
        if coupon is None:
            return False
        changes = {"order_id": None, "used_at": None, "discount_fen": 0}
        return COUPON.move_row(coupon, "return", now=now, changes=changes)


def coupon_return_if_refunded(*, order_ref: str, now: datetime) -> bool:
    """Give the coupon back when all of the order's money is; False when some is kept."""
    money = order_money(order_ref)
    order = order_brief_by_ref(order_ref)
    if order is None or order.is_awaiting or money.paid_fen == 0 or money.kept_fen > 0:
        return False
    return coupon_return(order_id=order.id, now=now)


def code_normalise(text: str) -> str:
    """A code as it is stored, however it was typed: case, spaces and look-alikes do not matter."""
    kept = "".join(one for one in text.lower() if one.isascii() and one.isalnum())
    return kept.translate(str.maketrans("oil", "011"))[:32]


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
            given.append(
                _take_once(template, user_id=user_id, form_key=key, source=source, now=now)
            )
    return given


def _take_once(
    template: CouponTemplate,
    *,
    user_id: int,
    form_key: str,
    source: Coupon.Source,
    now: datetime,
    given_by_id: int | None = None,
    owner: str = "",
) -> str:
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


def _check(template: CouponTemplate, *, now: datetime) -> None:
    if template.take_until <= now:
        raise TemplateRefused(_("领取截止时间已过，请改到以后。"))
    if template.usable_until is not None and template.usable_until < template.take_until:
        raise TemplateRefused(_("可用截止早于领取截止：最后领到的人会用不了。"))
    if template.off_fen and 0 < template.minimum_fen <= template.off_fen:
        raise TemplateRefused(_("减的金额须少于“满多少可用”；无门槛券请把门槛填 0。"))
    if template.how == CouponTemplate.How.NEWCOMER and template.limit_per_person != 1:
        raise TemplateRefused(_("新客只送一次：每人限领请填 1。"))
    if template.limit_per_person > template.total:
        raise TemplateRefused(_("每人限领不能多于总张数。"))
    for target in (template.category, template.product):
        if target is not None and target.store_id != template.store_id:
            raise TemplateRefused(_("请选择本店的分类或商品。"))
