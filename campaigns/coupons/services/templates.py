"""A template's life: published once its terms make sense, ended by its clock or its merchant."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.coupons.locks import template_lock
from campaigns.coupons.models import CouponTemplate
from campaigns.coupons.services.refusals import TemplateRefused
from campaigns.coupons.states import TEMPLATE, TemplateState
from core.ids import random_token

CODE_LENGTH = 12  # 60 bits: nobody finds one by trying


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
