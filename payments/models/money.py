"""Merchant accounts, payment attempts, refunds and the ledger."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField
from core.ids import PublicIdField
from core.models import Deadline, due_indexes
from payments.models.explained import Explained
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
    # Why the last payer could not pay; empty since somebody could.
    trouble = models.TextField(_("收款问题"), blank=True, default="", editable=False)
    trouble_at = models.DateTimeField(_("最近一次"), null=True, blank=True, editable=False)
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


# Nothing is left of how the payer came to the cashier.
WAY_FORGOTTEN = Q(payer_ip="", prepay_id="", code_url="", h5_url="")


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
            *due_indexes("payments_payment"),
            # The rows of the last day or so, for whoever forgets them.
            models.Index(fields=["id"], name="payments_payment_way", condition=~WAY_FORGOTTEN),
        ]

    def __str__(self) -> str:
        return self.out_trade_no


class Refund(Deadline, Explained):
    """Money going back. Its number is stored before the first call and reused on every retry. One that
    WeChat Pay will never make is explained by a person, who paid it by another way."""

    class Reason(models.TextChoices):
        GROUP_FAILED = "group_failed", _("拼团未成团")
        LATE = "late", _("超时后到账")
        DUPLICATE = "duplicate", _("重复支付")
        CANCELLED = "cancelled", _("订单取消")
        LINE_CANCELLED = "line_cancelled", _("取消部分商品")
        GROUP_TIER = "group_tier", _("阶梯团差价")
        AGREED = "agreed", _("协商退款")

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
    # When its turn is: at once, when its siblings' minute is over, or when staff want it again.
    turn_at = models.DateTimeField(_("可提交时间"), null=True, blank=True)
    # Since when it has been tried: what is tried for too long needs a person.
    first_asked_at = models.DateTimeField(_("首次提交时间"), null=True, blank=True)
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
            # What was paid by another way is never asked for again.
            models.CheckConstraint(
                condition=Q(explained_at=None) | ~Q(state="requested"),
                name="payments_refund_paid_once",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-id"]),
            *due_indexes("payments_refund"),
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
