"""What needs a person: signed messages that do not fit, and WeChat Pay's bills beside our books."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.explained import Explained
from payments.models.money import MerchantAccount, Payment


class PaymentIncident(Explained):
    """A validly signed message that does not fit. Never settled by itself: a person looks."""

    class Kind(models.TextChoices):
        UNKNOWN = "unknown", _("找不到支付单")
        AMOUNT = "amount", _("金额不符")
        CURRENCY = "currency", _("币种不符")
        MERCHANT = "merchant", _("商户号不符")
        APPID = "appid", _("AppID不符")
        REFUND = "refund", _("退款不符")
        TRANSACTION = "transaction", _("微信单号不符")
        UNREADABLE = "unreadable", _("内容无法识别")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    account = models.ForeignKey(
        MerchantAccount, models.PROTECT, related_name="incidents", verbose_name=_("商户号")
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    payment = models.ForeignKey(
        Payment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="incidents",
        verbose_name=_("支付单"),
    )
    reference = models.CharField(_("微信单号"), max_length=64)
    amount_fen = models.BigIntegerField(_("金额（分）"), default=0)
    detail = models.JSONField(_("内容"))
    seen_at = models.DateTimeField(_("时间"))
    seen_count = models.PositiveIntegerField(_("次数"), default=1)

    class Meta:
        verbose_name = _("支付异常")
        verbose_name_plural = _("支付异常")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "reference"], name="payments_incident_once"
            )
        ]
        indexes = [models.Index(fields=["store", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"


class TradeBill(Explained):
    """WeChat Pay's own account of one day of one merchant number: as it was fetched, or that it did
    not come."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    account = models.ForeignKey(
        MerchantAccount, models.PROTECT, related_name="bills", verbose_name=_("商户号")
    )
    day = models.DateField(_("账单日"))
    checksum = models.CharField(_("校验值"), max_length=40, blank=True)
    lines = models.PositiveIntegerField(_("笔数"), default=0)
    # Empty while it did not come; `error` says why, and it is asked for again.
    fetched_at = models.DateTimeField(_("取回时间"), null=True, blank=True)
    tried_at = models.DateTimeField(_("最近尝试时间"), null=True, blank=True)
    error = models.TextField(_("没有取回的原因"), blank=True)
    matched_at = models.DateTimeField(_("核对时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("交易账单")
        verbose_name_plural = _("交易账单")
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="payments_bill_once_a_day"),
            models.CheckConstraint(
                condition=Q(fetched_at=None) | Q(matched_at__isnull=False),
                name="payments_bill_matched_when_fetched",
            ),
        ]
        indexes = [models.Index(fields=["store", "-day"])]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"


class BillLine(models.Model):
    """A line of a bill. Money in has no refund number, money back has one."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    bill = models.ForeignKey(
        TradeBill, models.CASCADE, related_name="rows", verbose_name=_("账单"), db_index=False
    )
    number = models.PositiveIntegerField(_("行号"))
    kind = models.CharField(_("交易状态"), max_length=12)
    happened_at = models.DateTimeField(_("交易时间"))
    transaction_id = models.CharField(_("微信订单号"), max_length=64)
    out_trade_no = models.CharField(_("商户订单号"), max_length=64, db_index=True)
    out_refund_no = models.CharField(_("商户退款单号"), max_length=64, blank=True, db_index=True)
    amount_fen = models.BigIntegerField(_("订单金额（分）"))
    refund_fen = models.BigIntegerField(_("申请退款金额（分）"))
    fee_text = models.CharField(_("手续费（元）"), max_length=20, blank=True)
    provider_refund_id = models.CharField(_("微信退款单号"), max_length=64, blank=True)
    refund_status = models.CharField(_("退款状态"), max_length=16, blank=True)

    class Meta:
        verbose_name = _("账单明细")
        verbose_name_plural = _("账单明细")
        constraints = [
            models.UniqueConstraint(fields=["bill", "number"], name="payments_bill_line_once")
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="payments_bill_line_store"),
            models.Index(fields=["transaction_id"], name="payments_bill_line_wechat"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.out_refund_no or self.out_trade_no}"


class BillDifference(Explained):
    """Where a bill and our books disagree. Nothing is corrected by itself: a person explains it."""

    class Kind(models.TextChoices):
        NOT_HERE = "not_here", _("账单有，这里没有")
        NOT_THERE = "not_there", _("这里有，账单没有")
        AMOUNT = "amount", _("金额不符")
        NUMBER = "number", _("微信单号不符")
        STATE = "state", _("状态不符")
        TWICE = "twice", _("账单重复")

    class Side(models.TextChoices):
        PAYMENT = "payment", _("收款")
        REFUND = "refund", _("退款")
        # What an order keeps beside what its payments and refunds leave: no line of the bill.
        ORDER = "order", _("订单")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    bill = models.ForeignKey(
        TradeBill, models.CASCADE, related_name="differences", verbose_name=_("账单")
    )
    side = models.CharField(_("收退"), max_length=12, choices=Side.choices)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    reference = models.CharField(_("商户单号"), max_length=64)
    order_ref = models.CharField(_("订单"), max_length=32, blank=True)
    ours_fen = models.BigIntegerField(_("这里（分）"), null=True)
    theirs_fen = models.BigIntegerField(_("账单（分）"), null=True)
    found_at = models.DateTimeField(_("发现时间"))

    class Meta:
        verbose_name = _("对账差异")
        verbose_name_plural = _("对账差异")
        constraints = [
            models.UniqueConstraint(
                fields=["bill", "side", "kind", "reference"], name="payments_difference_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["store"],
                name="payments_difference_open",
                condition=Q(explained_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()} {self.get_kind_display()} {self.reference}"
