"""Why a paid order may not ship yet, and the judgement it waits for."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Deadline, due_indexes
from orders.models.order import Order


class OrderHold(models.Model):
    """A reason why a paid order may not ship yet. Only its owner closes it."""

    class Kind(models.TextChoices):
        GROUP = "group", _("待成团")
        RISK = "risk", _("待审核")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="holds", verbose_name=_("订单"), db_index=False
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    reference = models.CharField(_("关联编号"), max_length=32)
    opened_at = models.DateTimeField(_("开始时间"))
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("订单保留")
        verbose_name_plural = _("订单保留")
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="orders_hold_once_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"


class RiskReview(Deadline):
    """An order that waits for a person's judgement; `due_at` is when it goes on without one."""

    class Outcome(models.TextChoices):
        WAITING = "", _("待审核")
        RELEASED = "released", _("已放行")
        REFUSED = "refused", _("已拒绝")
        TIMED_OUT = "timed_out", _("到时放行")
        ENDED = "ended", _("订单已结束")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    order = models.OneToOneField(
        Order, models.PROTECT, related_name="risk_review", verbose_name=_("订单")
    )
    score = models.PositiveSmallIntegerField(_("总分"))
    why = models.CharField(_("原因"), max_length=300)
    outcome = models.CharField(
        _("结果"), max_length=16, choices=Outcome.choices, blank=True, default=""
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("经手人"),
    )
    note = models.CharField(_("说明"), max_length=120, blank=True)
    opened_at = models.DateTimeField(_("开始时间"))
    decided_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("订单审核")
        verbose_name_plural = _("订单审核")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None)
                | ~Q(outcome="") & Q(decided_at__isnull=False),
                name="orders_review_decided",
            )
        ]
        indexes = [
            models.Index(fields=["store", "outcome", "-id"]),
            *due_indexes("orders_review"),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.score}"
