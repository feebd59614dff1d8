"""Sharers (分享员), their showcases, and the ledger of what their shares earned."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from core.models import Deadline, due_indexes
from core.money import MAX_FEN, yuan
from sharers.states import RewardState, SharerState

# A reward is a share of what a line cost, in hundredths of a percent: 500 are 5 %.
MAX_RATE_BP = 5000
# 《消费者权益保护法》第二十五条: what was bought by post may be returned within seven days.
RETURN_DAYS = 7

_RATE = [MaxValueValidator(MAX_RATE_BP)]


class SharerPlan(models.Model):
    """What a store offers its sharers. A store without one has none."""

    store = models.OneToOneField(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    is_open = models.BooleanField(
        _("招募分享员"), default=False, help_text=_("只管要不要新人；已有的分享员照常得奖励")
    )
    pays_rewards = models.BooleanField(
        _("给新订单奖励"),
        default=True,
        help_text=_("不勾选时，从此下的单不再有奖励，分享员会在自己的页面看到；已有的照常结算"),
    )
    takes_everybody = models.BooleanField(
        _("自动通过申请"), default=False, help_text=_("不勾选时，由你逐个审核")
    )
    rate_bp = models.PositiveSmallIntegerField(
        _("奖励比例（万分之）"), default=500, validators=_RATE
    )
    frozen_days = models.PositiveSmallIntegerField(
        _("收货后冻结天数"),
        default=RETURN_DAYS,
        validators=[MinValueValidator(RETURN_DAYS), MaxValueValidator(90)],
        help_text=_("不少于七天：买家能退货时，奖励不能结算"),
    )
    terms = models.TextField(_("约定"), blank=True, max_length=1000)

    class Meta:
        verbose_name = _("分享员计划")
        verbose_name_plural = _("分享员计划")
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_bp__lte=MAX_RATE_BP), name="sharers_plan_rate_max"
            ),
            models.CheckConstraint(
                condition=Q(frozen_days__gte=RETURN_DAYS), name="sharers_plan_frozen_min"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} · {self.store.name}"


class SkuRate(models.Model):
    """A SKU that earns otherwise than the plan says: a share, or so many fen a piece."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    sku = models.OneToOneField(
        "catalog.Sku", models.CASCADE, related_name="+", verbose_name=_("规格")
    )
    rate_bp = models.PositiveSmallIntegerField(
        _("奖励比例（万分之）"), null=True, blank=True, validators=_RATE
    )
    fixed_fen = models.PositiveBigIntegerField(
        _("每件奖励（分）"), null=True, blank=True, validators=[MaxValueValidator(MAX_FEN)]
    )

    class Meta:
        verbose_name = _("规格奖励")
        verbose_name_plural = _("规格奖励")
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_bp=None, fixed_fen__isnull=False)
                | Q(rate_bp__lte=MAX_RATE_BP, fixed_fen=None),
                name="sharers_rate_is_one_of_two",
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} · {self.sku}"


class Sharer(models.Model):
    """Somebody who recommends one store's goods.

    `frozen_fen` is what waits for the time of returns to end, `available_fen` what may be paid out;
    a refund after a payout takes it below zero.
    """

    public_id = PublicIdField(prefix="shr")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="sharers", verbose_name=_("店铺")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("分享员")
    )
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=SharerState.choices,
        default=SharerState.APPLIED,
        editable=False,
    )
    name = models.CharField(_("橱窗名"), max_length=20)
    intro = models.CharField(_("一句话介绍"), max_length=60, blank=True)
    frozen_fen = models.BigIntegerField(_("冻结（分）"), default=0, editable=False)
    available_fen = models.BigIntegerField(_("可结算（分）"), default=0, editable=False)
    applied_at = models.DateTimeField(_("申请时间"))
    approved_at = models.DateTimeField(_("通过时间"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("停止时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("分享员")
        verbose_name_plural = _("分享员")
        constraints = [
            models.UniqueConstraint(fields=["store", "person"], name="sharers_once_per_store"),
            models.CheckConstraint(condition=Q(frozen_fen__gte=0), name="sharers_frozen_min"),
        ]
        indexes = [models.Index(fields=["person"])]

    def __str__(self) -> str:
        return self.name


class ShowcaseItem(models.Model):
    """A product that a sharer recommends (商品橱窗)."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    sharer = models.ForeignKey(Sharer, models.CASCADE, related_name="items")
    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="+")
    note = models.CharField(_("推荐语"), max_length=60, blank=True)
    added_at = models.DateTimeField(_("加入时间"))

    class Meta:
        verbose_name = _("橱窗商品")
        verbose_name_plural = _("橱窗商品")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["sharer", "product"], name="sharers_item_once")
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} · {self.product}"


class Reward(Deadline):
    """What one order line earns. `amount_fen` is what its entries add up to; the terms are those of
    the moment the order was found to be the sharer's. `earned_at` is None until it is worth
    something, `due_at` is when it is released, once the order is received."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    sharer = models.ForeignKey(
        Sharer, models.PROTECT, related_name="rewards", verbose_name=_("分享员")
    )
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="+", verbose_name=_("订单")
    )
    line = models.OneToOneField("orders.OrderLine", models.PROTECT, related_name="+")
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=RewardState.choices,
        default=RewardState.FROZEN,
        editable=False,
    )
    rate_bp = models.PositiveSmallIntegerField(_("奖励比例（万分之）"), null=True)
    fixed_fen = models.PositiveBigIntegerField(_("每件奖励（分）"), null=True)
    frozen_days = models.PositiveSmallIntegerField(_("收货后冻结天数"))
    amount_fen = models.PositiveBigIntegerField(_("奖励（分）"), default=0)
    earned_at = models.DateTimeField(_("产生时间"), null=True, blank=True)
    released_at = models.DateTimeField(_("解冻时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("奖励")
        verbose_name_plural = _("奖励")
        indexes = [
            models.Index(fields=["sharer", "-id"]),
            models.Index(fields=["store", "-id"]),
            models.Index(fields=["order"]),
            *due_indexes("sharers_reward"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {yuan(self.amount_fen)}"


class RewardEntry(models.Model):
    """The sharers' ledger, append-only: earned, taken back, paid out, and a payout that was booked
    by mistake put right."""

    class Kind(models.TextChoices):
        EARN = "earn", _("成交")
        CLAW_BACK = "claw_back", _("退款扣回")
        PAYOUT = "payout", _("已结算")
        REVERSAL = "reversal", _("结算更正")

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    sharer = models.ForeignKey(
        Sharer, models.PROTECT, related_name="entries", verbose_name=_("分享员")
    )
    reward = models.ForeignKey(
        Reward, models.PROTECT, null=True, blank=True, related_name="entries"
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", editable=False
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    amount_fen = models.BigIntegerField(_("金额（分）"))
    note = models.CharField(_("说明"), max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("经手人"),
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("分享员账目")
        verbose_name_plural = _("分享员账目")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="earn", amount_fen__gt=0, reward__isnull=False, reverses=None)
                | Q(kind="claw_back", amount_fen__lt=0, reward__isnull=False, reverses=None)
                | Q(kind="payout", amount_fen__lt=0, reward=None, reverses=None)
                | Q(kind="reversal", amount_fen__gt=0, reward=None, reverses__isnull=False),
                name="sharers_entry_has_its_sign",
            )
        ]
        indexes = [
            models.Index(fields=["sharer", "at"]),
            models.Index(fields=["store", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {yuan(self.amount_fen)}"
