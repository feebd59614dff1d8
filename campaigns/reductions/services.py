"""A full reduction's life: published once its terms make sense, ended by its clock or its merchant."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.reductions.locks import reduction_lock
from campaigns.reductions.models import Reduction
from campaigns.reductions.states import REDUCTION, ReductionState


class ReductionRefused(Exception):
    """The campaign cannot be published; the message says what to change, for the merchant."""


def reduction_publish(*, reduction_id: int, now: datetime) -> bool:
    """Let orders take it; False when it was published before. Its terms never change from now on.

    Raises ReductionRefused.
    """
    with transaction.atomic():
        reduction = reduction_lock(reduction_id)
        if reduction.state == ReductionState.PUBLISHED:
            return False
        if reduction.state != ReductionState.DRAFT:
            raise ReductionRefused(_("活动已经结束，请新建一个活动。"))
        _check(reduction, now=now)
        return REDUCTION.move_row(
            reduction,
            "publish",
            now=now,
            changes={"published_at": now, "due_at": reduction.ends_at},
        )


def reduction_end(*, reduction_id: int, now: datetime) -> bool:
    """End it, early or in time: orders placed from now on pay the full price."""
    with transaction.atomic():
        reduction = reduction_lock(reduction_id)
        return REDUCTION.move_row(
            reduction, "end", now=now, changes={"ended_at": now, "due_at": None}
        )


def reduction_end_due(*, reduction_id: int, now: datetime) -> datetime | None:
    """Its end has come; when to look again, None when it is ended."""
    ends_at = Reduction.objects.values_list("ends_at", flat=True).get(pk=reduction_id)
    if now < ends_at:
        return ends_at
    reduction_end(reduction_id=reduction_id, now=now)
    return None


def reduction_editable(*, reduction_id: int) -> bool:
    """Whether it is still a draft; locked until the caller's transaction ends."""
    return reduction_lock(reduction_id).state == ReductionState.DRAFT


def _check(reduction: Reduction, *, now: datetime) -> None:
    steps = list(reduction.steps.order_by("threshold_fen").values_list("threshold_fen", "off_fen"))
    if not steps:
        raise ReductionRefused(_("请至少填写一档“满多少减多少”。"))
    if reduction.ends_at <= now:
        raise ReductionRefused(_("结束时间已过，请改到以后。"))
    if reduction.kind == Reduction.Kind.EVERY and len(steps) != 1:
        raise ReductionRefused(_("“每满减”只能有一档，请删去其余的。"))
    if reduction.kind == Reduction.Kind.STEPS and reduction.cap_fen is not None:
        raise ReductionRefused(_("“最多减”只用于“每满减”，请留空。"))
    if reduction.cap_fen is not None and reduction.cap_fen < steps[0][1]:
        raise ReductionRefused(_("“最多减”不能少于一次减的金额。"))
    offs = [off_fen for _threshold, off_fen in steps]
    if offs != sorted(set(offs)):
        raise ReductionRefused(_("满得越多，减得应越多，请检查各档金额。"))
    for target in (reduction.category, reduction.product):
        if target is not None and target.store_id != reduction.store_id:
            raise ReductionRefused(_("请选择本店的分类或商品。"))
