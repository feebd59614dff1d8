"""What people changed about an order after it was placed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.money import yuan
from orders.models.order import Order


class OrderReprice(models.Model):
    """The one change of price of an unpaid order: asked for, and applied when WeChat has closed
    the old attempt. Never applied when the buyer paid the old price first."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    # One row per order, ever: the price changes once.
    order = models.OneToOneField(
        Order, models.CASCADE, related_name="reprice", verbose_name=_("订单")
    )
    before_fen = models.PositiveBigIntegerField(_("原应付（分）"))
    after_fen = models.PositiveBigIntegerField(_("新应付（分）"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    asked_at = models.DateTimeField(_("改价时间"))
    applied_at = models.DateTimeField(_("生效时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("改价")
        verbose_name_plural = _("改价")
        constraints = [
            models.CheckConstraint(condition=Q(after_fen__gte=1), name="orders_reprice_min")
        ]

    def __str__(self) -> str:
        return f"{yuan(self.before_fen)} → {yuan(self.after_fen)}"


class OrderChange(models.Model):
    """Something a person did to an order beside its states. Written once, shown on its timeline.

    `detail` never holds a full address, phone or name.
    """

    class Kind(models.TextChoices):
        ADDRESS = "address", _("修改收货信息")
        LINE_CANCELLED = "line_cancelled", _("取消部分商品")
        LINE_REFUNDED = "line_refunded", _("协商退款")
        URGED = "urged", _("买家催发货")
        EXTENDED = "extended", _("买家延长收货")
        NOTE = "note", _("商家备注")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(Order, models.CASCADE, related_name="changes", verbose_name=_("订单"))
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    detail = models.CharField(_("内容"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    # China's calendar day, where something may be done once a day.
    day = models.DateField(null=True, blank=True, editable=False)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("订单变动")
        verbose_name_plural = _("订单变动")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "day"], condition=Q(kind="urged"), name="orders_urged_once_a_day"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(kind="extended"), name="orders_extended_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.detail}"
