"""What an order is of: its lines, why they cost less, and what a buyer agreed to for them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class OrderLine(models.Model):
    """A SKU as it was when it was bought."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="lines", verbose_name=_("订单"), db_index=False
    )
    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="+", verbose_name=_("规格"))
    title = models.CharField(_("商品"), max_length=60)
    sku_name = models.CharField(_("规格名"), max_length=40)
    photo = models.CharField(_("图片"), max_length=200, blank=True)
    list_price_fen = models.PositiveBigIntegerField(_("单独购买价（分）"))
    unit_price_fen = models.PositiveBigIntegerField(_("成交单价（分）"))
    quantity = models.PositiveIntegerField(_("数量"))
    amount_fen = models.PositiveBigIntegerField(_("小计（分）"))
    discount_fen = models.PositiveBigIntegerField(_("优惠（分）"), default=0)
    # Its share of the merchant's change of price; see `orders/amounts.py`.
    adjust_fen = models.BigIntegerField(_("改价分摊（分）"), default=0)
    # What came back of it afterwards while it stayed bought; see `orders/services/give_back.py` and
    # `orders/services/refund_line.py`.
    rebate_fen = models.PositiveBigIntegerField(_("事后退回（分）"), default=0)
    shipped_quantity = models.PositiveIntegerField(_("已发数量"), default=0)
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True)
    # What was promised of it when it was bought, whatever its SKU says later.
    return_rule = models.CharField(_("退货规则"), max_length=16, default="seven_days")
    return_reason = models.CharField(_("不支持的法定理由"), max_length=16, blank=True, default="")
    exempt_consent = models.ForeignKey(
        "orders.ExemptionConsent",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("不退货确认"),
    )

    class Meta:
        verbose_name = _("订单行")
        verbose_name_plural = _("订单行")
        indexes = [models.Index(fields=["order"], name="orders_line_order")]
        constraints = [
            models.CheckConstraint(
                condition=Q(discount_fen__lte=F("amount_fen")), name="orders_line_discount_within"
            ),
            models.CheckConstraint(
                condition=Q(
                    rebate_fen__lte=F("amount_fen")
                    - F("discount_fen")
                    + Greatest(F("adjust_fen"), 0)
                ),
                name="orders_line_rebate_max",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen=F("unit_price_fen") * F("quantity")),
                name="orders_line_adds_up",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orders_line_quantity_min"),
            # What was cancelled of a line is a row of its own; see `orders/services/cancel_line.py`.
            models.UniqueConstraint(
                fields=["order", "sku"],
                condition=Q(cancelled_at=None),
                name="orders_line_sku_lives_once",
            ),
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=F("quantity")),
                name="orders_line_never_overshipped",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(shipped_quantity=0),
                name="orders_line_cancelled_or_shipped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.sku_name} × {self.quantity}"

    @property
    def left(self) -> int:
        """How many are still to be sent."""
        return 0 if self.cancelled_at else self.quantity - self.shipped_quantity


class ExemptionConsent(models.Model):
    """A buyer agreed, for one purchase, that a SKU is not taken back without a reason. Append-only.

    《网络购买商品七日无理由退货暂行办法》第七、八条: it holds only if the buyer confirmed it for this
    purchase, in a step of its own.
    """

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="+")
    wording = models.CharField(_("确认内容"), max_length=200)
    given_at = models.DateTimeField(_("确认时间"))

    class Meta:
        verbose_name = _("不退货确认")
        verbose_name_plural = _("不退货确认")
        indexes = [models.Index(fields=["user", "sku", "-given_at"])]

    def __str__(self) -> str:
        return self.wording


class OrderAdjustment(models.Model):
    """One reason why an order cost less, and how much: shown to shopper and merchant alike."""

    class Kind(models.TextChoices):
        """In the order in which they apply."""

        MEMBER = "member", _("会员价")
        REDUCTION = "reduction", _("满减")
        COUPON = "coupon", _("优惠券")
        POINTS = "points", _("积分")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="adjustments", verbose_name=_("订单"), db_index=False
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    reference = models.CharField(_("关联编号"), max_length=32)
    label = models.CharField(_("名称"), max_length=60)
    amount_fen = models.PositiveBigIntegerField(_("优惠（分）"))

    class Meta:
        verbose_name = _("优惠明细")
        verbose_name_plural = _("优惠明细")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind", "reference"], name="orders_adjustment_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=1), name="orders_adjustment_min"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.label}"
