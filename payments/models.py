"""Money: merchant accounts, payment attempts, refunds, the ledger, and incidents.

A payment belongs to an order by `order_ref` (the order's public id): payments do not know orders.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField
from core.ids import PublicIdField
from core.models import Deadline, due_index
from payments.states import LIVE_PAYMENT, PaymentState, RefundState


class MerchantAccount(models.Model):
    """A store's own merchant number at WeChat Pay. Merchants' money is never pooled.

    With `sp_mchid` a provider (服务商) asks for it: `mchid` is the sub-merchant that gets the money, and
    the app and all keys are the provider's.
    """

    public_id = PublicIdField(prefix="mac")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="merchant_accounts", verbose_name=_("店铺")
    )
    mchid = models.CharField(_("商户号"), max_length=32, unique=True)
    sp_mchid = models.CharField(
        _("服务商商户号"),
        max_length=32,
        blank=True,
        help_text=_("由服务商代收时填写；AppID 和密钥都用服务商的"),
    )
    appid = models.CharField("AppID", max_length=32)
    apiv3_key = EncryptedTextField(_("APIv3密钥"))
    private_key = EncryptedTextField(_("商户私钥"))
    serial_no = models.CharField(_("商户证书序列号"), max_length=64)
    public_key = models.TextField(_("微信支付公钥"))
    public_key_id = models.CharField(_("微信支付公钥ID"), max_length=64)
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(_("创建时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("商户号")
        verbose_name_plural = _("商户号")
        constraints = [
            models.UniqueConstraint(
                fields=["store"], condition=Q(is_active=True), name="payments_one_active_account"
            ),
            models.CheckConstraint(
                condition=~Q(sp_mchid=F("mchid")), name="payments_provider_is_another"
            ),
        ]

    def __str__(self) -> str:
        return self.mchid


class Channel(models.TextChoices):
    """How the payer pays."""

    UNSET = "", _("未选择")
    JSAPI = "jsapi", _("微信内支付")
    NATIVE = "native", _("扫码支付")
    H5 = "h5", _("手机浏览器支付")


class Payment(Deadline):
    """One attempt to pay one order, under a number of its own. An order has one live attempt."""

    public_id = PublicIdField(prefix="pay")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    account = models.ForeignKey(
        MerchantAccount, models.PROTECT, related_name="payments", verbose_name=_("商户号")
    )
    order_ref = models.CharField(_("订单"), max_length=32)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("付款人")
    )
    out_trade_no = models.CharField(_("商户订单号"), max_length=32)
    description = models.CharField(_("商品描述"), max_length=127)
    amount_fen = models.PositiveBigIntegerField(_("金额（分）"))
    refunded_fen = models.PositiveBigIntegerField(_("已申请退款（分）"), default=0)
    channel = models.CharField(
        _("支付方式"), max_length=8, choices=Channel.choices, blank=True, default=""
    )
    payer_openid = models.CharField("OpenID", max_length=128, blank=True)
    # Of a phone's browser: WeChat Pay lets nobody else open the page that it was told of.
    payer_ip = models.CharField(_("付款人地址"), max_length=45, blank=True)
    state = models.CharField(
        _("状态"), max_length=16, choices=PaymentState.choices, default=PaymentState.OPEN
    )
    prepay_id = models.CharField(max_length=64, blank=True)
    code_url = models.CharField(max_length=200, blank=True)
    h5_url = models.CharField(max_length=500, blank=True)
    # Set before the provider hears of the number: without it there is nothing to ask or to close.
    asked_at = models.DateTimeField(_("首次提交时间"), null=True, blank=True)
    prepared_at = models.DateTimeField(_("下单时间"), null=True, blank=True)
    closing_at = models.DateTimeField(_("开始关闭时间"), null=True, blank=True)
    # Closing makes room for an attempt by this channel; empty when the order itself is closing.
    switch_to = models.CharField(
        _("改用支付方式"), max_length=8, choices=Channel.choices, blank=True, default=""
    )
    expires_at = models.DateTimeField(_("付款截止"))
    transaction_id = models.CharField(_("微信支付单号"), max_length=64, blank=True)
    paid_at = models.DateTimeField(_("支付时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    opened_at = models.DateTimeField(_("创建时间"))

    class Meta:
        verbose_name = _("支付单")
        verbose_name_plural = _("支付单")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "out_trade_no"], name="payments_out_trade_no_once"
            ),
            models.UniqueConstraint(
                fields=["order_ref"],
                condition=Q(state__in=LIVE_PAYMENT),
                name="payments_one_live_attempt",
            ),
            models.UniqueConstraint(
                fields=["account", "transaction_id"],
                condition=~Q(transaction_id=""),
                name="payments_transaction_once",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=1), name="payments_amount_min"),
            models.CheckConstraint(
                condition=Q(refunded_fen__lte=F("amount_fen")), name="payments_refund_within_paid"
            ),
            models.CheckConstraint(
                condition=Q(refunded_fen=0) | Q(state=PaymentState.SUCCEEDED),
                name="payments_refund_paid_only",
            ),
        ]
        indexes = [
            models.Index(fields=["order_ref"]),
            models.Index(fields=["store", "-id"]),
            due_index("payments_payment_due"),
        ]

    def __str__(self) -> str:
        return self.out_trade_no


class Refund(Deadline):
    """Money going back. Its number is stored before the first call and reused on every retry."""

    class Reason(models.TextChoices):
        GROUP_FAILED = "group_failed", _("拼团未成团")
        LATE = "late", _("超时后到账")
        DUPLICATE = "duplicate", _("重复支付")
        CANCELLED = "cancelled", _("订单取消")
        LINE_CANCELLED = "line_cancelled", _("取消部分商品")
        GROUP_TIER = "group_tier", _("阶梯团差价")

    public_id = PublicIdField(prefix="rfd")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="refunds", verbose_name=_("支付单")
    )
    order_ref = models.CharField(_("订单"), max_length=32, db_index=True)
    out_refund_no = models.CharField(_("商户退款单号"), max_length=64, unique=True)
    reason = models.CharField(_("原因"), max_length=16, choices=Reason.choices)
    # Which part of the order, where one reason may come more than once; empty for all of it.
    part = models.CharField(_("部分"), max_length=32, blank=True, default="")
    amount_fen = models.PositiveBigIntegerField(_("金额（分）"))
    state = models.CharField(
        _("状态"), max_length=16, choices=RefundState.choices, default=RefundState.REQUESTED
    )
    provider_refund_id = models.CharField(_("微信退款单号"), max_length=64, blank=True)
    provider_status = models.CharField(_("微信退款状态"), max_length=16, blank=True)
    error = models.TextField(_("最后的错误"), blank=True)
    requested_at = models.DateTimeField(_("申请时间"))
    # Set before each call to the provider; two refunds of one payment keep a minute apart by it.
    asked_at = models.DateTimeField(_("最近提交时间"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    succeeded_at = models.DateTimeField(_("到账时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("退款单")
        verbose_name_plural = _("退款单")
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "reason", "part"], name="payments_refund_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=1), name="payments_refund_min"),
        ]
        indexes = [
            models.Index(fields=["store", "-id"]),
            due_index("payments_refund_due"),
        ]

    def __str__(self) -> str:
        return self.out_refund_no


class LedgerEntry(models.Model):
    """Money that really moved, in (+) or out (−). Append-only: a trigger refuses changes."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("收款")
        REFUND = "refund", _("退款")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    account = models.ForeignKey(
        MerchantAccount, models.PROTECT, related_name="+", verbose_name=_("商户号")
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="ledger", verbose_name=_("支付单")
    )
    refund = models.OneToOneField(
        Refund,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger",
        verbose_name=_("退款单"),
    )
    order_ref = models.CharField(_("订单"), max_length=32, db_index=True)
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    amount_fen = models.BigIntegerField(_("金额（分）"))
    entered_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("资金流水")
        verbose_name_plural = _("资金流水")
        constraints = [
            models.UniqueConstraint(
                fields=["payment"], condition=Q(kind="payment"), name="payments_ledger_in_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="payment", amount_fen__gt=0, refund=None)
                | Q(kind="refund", amount_fen__lt=0, refund__isnull=False),
                name="payments_ledger_sign",
            ),
        ]
        indexes = [models.Index(fields=["store", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount_fen}"


class PaymentIncident(models.Model):
    """A validly signed message that does not fit. Never settled by itself: a person looks."""

    class Kind(models.TextChoices):
        UNKNOWN = "unknown", _("找不到支付单")
        AMOUNT = "amount", _("金额不符")
        CURRENCY = "currency", _("币种不符")
        MERCHANT = "merchant", _("商户号不符")
        APPID = "appid", _("AppID不符")
        REFUND = "refund", _("退款不符")
        TRANSACTION = "transaction", _("微信单号不符")

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
    explained_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("处理人"),
    )
    explanation = models.TextField(_("处理说明"), blank=True)

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


class TradeBill(models.Model):
    """WeChat Pay's own account of one day of one merchant number, as it was fetched."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    account = models.ForeignKey(
        MerchantAccount, models.PROTECT, related_name="bills", verbose_name=_("商户号")
    )
    day = models.DateField(_("账单日"))
    checksum = models.CharField(_("校验值"), max_length=40, blank=True)
    lines = models.PositiveIntegerField(_("笔数"), default=0)
    fetched_at = models.DateTimeField(_("取回时间"))
    matched_at = models.DateTimeField(_("核对时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("交易账单")
        verbose_name_plural = _("交易账单")
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="payments_bill_once_a_day")
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

    class Meta:
        verbose_name = _("账单明细")
        verbose_name_plural = _("账单明细")
        constraints = [
            models.UniqueConstraint(fields=["bill", "number"], name="payments_bill_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.out_refund_no or self.out_trade_no}"


class BillDifference(models.Model):
    """Where a bill and our books disagree. Nothing is corrected by itself: a person explains it."""

    class Kind(models.TextChoices):
        NOT_HERE = "not_here", _("账单有，这里没有")
        NOT_THERE = "not_there", _("这里有，账单没有")
        AMOUNT = "amount", _("金额不符")
        NUMBER = "number", _("微信单号不符")

    class Side(models.TextChoices):
        PAYMENT = "payment", _("收款")
        REFUND = "refund", _("退款")

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
    explained_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("处理人"),
    )
    explanation = models.TextField(_("处理说明"), blank=True)

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
