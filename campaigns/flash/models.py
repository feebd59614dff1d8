"""Flash sales (秒杀): a campaign in one slot of one day, what it offers, and who took how much.

What is scarce is counted in two rows, an offer's and a person's, each with a constraint of its own.
"""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.flash.states import CampaignState, PurchaseState
from core.ids import PublicIdField
from core.models import Deadline, due_indexes
from core.money import MAX_FEN

MIDNIGHT = time(0)


class FlashCampaign(Deadline):
    """A store's goods of one slot. `due_at` is its next instant: telling those who wait, then its
    end. `starts_at` and `ends_at` are the slot as instants, set at publishing."""

    public_id = PublicIdField(prefix="fsc")
    store = models.ForeignKey(
        "stores.Store",
        models.PROTECT,
        related_name="flash_campaigns",
        verbose_name=_("店铺"),
        db_index=False,
    )
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=CampaignState.choices,
        default=CampaignState.DRAFT,
        editable=False,
    )
    day = models.DateField(_("日期"))
    slot_start = models.TimeField(_("开抢时间"), default=time(10))
    slot_end = models.TimeField(
        _("结束时间"), default=time(12), help_text=_("填 00:00 表示到当天午夜。")
    )
    pay_minutes = models.PositiveSmallIntegerField(
        _("付款时限（分钟）"),
        default=5,
        validators=[MinValueValidator(3), MaxValueValidator(30)],
        help_text=_("过时不付，订单关闭，名额退回。"),
    )
    takes_coupons = models.BooleanField(
        _("可叠加优惠券"),
        default=False,
        help_text=_("打开后，下单时还能用本店的优惠券；发布后不能再改。"),
    )
    starts_at = models.DateTimeField(_("开始"), null=True, blank=True, editable=False)
    ends_at = models.DateTimeField(_("结束"), null=True, blank=True, editable=False)
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    opening_told_at = models.DateTimeField(_("提醒时间"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("停止时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("秒杀活动")
        verbose_name_plural = _("秒杀活动")
        constraints = [
            models.CheckConstraint(
                condition=Q(slot_end__gt=F("slot_start")) | Q(slot_end=MIDNIGHT),
                name="flash_slot_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(ends_at__gt=F("starts_at")),
                name="flash_published_has_instants",
            ),
            models.CheckConstraint(
                condition=Q(pay_minutes__gte=3, pay_minutes__lte=30), name="flash_pay_minutes"
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "-id"]),
            models.Index(
                fields=["ends_at"], name="flash_campaign_slots", condition=~Q(state="draft")
            ),
            *due_indexes("flash_campaign"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.slot_start:%H:%M}–{self.slot_end:%H:%M}"

    def clean(self) -> None:
        """A slot lies within its day."""
        start, end = self.slot_start, self.slot_end
        if start is not None and end is not None and end != MIDNIGHT and end <= start:
            raise ValidationError({"slot_end": _("结束时间应晚于开抢时间。")})

    def slot(self) -> tuple[datetime, datetime]:
        """The slot as instants, from its day and times in China."""
        zone = timezone.get_default_timezone()
        last_day = self.day + timedelta(days=1) if self.slot_end == MIDNIGHT else self.day
        return (
            datetime.combine(self.day, self.slot_start, zone),
            datetime.combine(last_day, self.slot_end, zone),
        )


class FlashOffer(models.Model):
    """One SKU in a campaign. `sold` counts the pieces of live orders, paid or not yet."""

    public_id = PublicIdField(prefix="fso")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    campaign = models.ForeignKey(
        FlashCampaign,
        models.CASCADE,
        related_name="offers",
        verbose_name=_("活动"),
        db_index=False,
    )
    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="+", verbose_name=_("规格"))
    flash_fen = models.PositiveBigIntegerField(
        _("秒杀价（分）"), validators=[MinValueValidator(1), MaxValueValidator(MAX_FEN)]
    )
    # The SKU's own price at publishing: what a flash price is compared with is never typed in.
    list_fen = models.PositiveBigIntegerField(_("单独购买价（分）"), default=0, editable=False)
    quota = models.PositiveIntegerField(_("名额（件）"), validators=[MinValueValidator(1)])
    sold = models.PositiveIntegerField(_("已抢（件）"), default=0, editable=False)
    per_person = models.PositiveSmallIntegerField(
        _("每人限购（件）"), default=1, validators=[MinValueValidator(1), MaxValueValidator(999)]
    )

    class Meta:
        verbose_name = _("秒杀商品")
        verbose_name_plural = _("秒杀商品")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "sku"], name="flash_sku_once"),
            models.CheckConstraint(condition=Q(sold__lte=F("quota")), name="flash_never_oversold"),
            models.CheckConstraint(
                condition=Q(flash_fen__gte=1, quota__gte=1, per_person__gte=1),
                name="flash_offer_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} @ {self.campaign_id}"

    @property
    def left(self) -> int:
        return self.quota - self.sold


class FlashBuyer(models.Model):
    """How many pieces of an offer one person's live orders hold."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    offer = models.ForeignKey(
        FlashOffer, models.PROTECT, related_name="+", editable=False, db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    bought = models.PositiveSmallIntegerField(_("已买（件）"), default=0)
    limit = models.PositiveSmallIntegerField(_("上限"))

    class Meta:
        verbose_name = _("秒杀限购")
        verbose_name_plural = _("秒杀限购")
        constraints = [
            models.UniqueConstraint(fields=["offer", "user"], name="flash_one_row_per_buyer"),
            models.CheckConstraint(
                condition=Q(bought__lte=F("limit")), name="flash_buyer_never_exceeded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.offer_id}"


class FlashPurchase(models.Model):
    """What one order holds of an offer."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    offer = models.ForeignKey(
        FlashOffer, models.PROTECT, related_name="purchases", verbose_name=_("秒杀商品")
    )
    order = models.OneToOneField(
        "orders.Order", models.PROTECT, related_name="+", verbose_name=_("订单")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("买家")
    )
    state = models.CharField(
        _("状态"), max_length=16, choices=PurchaseState.choices, default=PurchaseState.HELD
    )
    quantity = models.PositiveSmallIntegerField(_("件数"))
    bought_at = models.DateTimeField(_("抢到时间"))
    returned_at = models.DateTimeField(_("退回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("秒杀订单")
        verbose_name_plural = _("秒杀订单")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="flash_purchase_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} @ {self.offer_id}"


class FlashReminder(models.Model):
    """A person wants to be told before an offer opens. Asking for it is the consent to that."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    offer = models.ForeignKey(FlashOffer, models.PROTECT, related_name="reminders", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(_("预约时间"))

    class Meta:
        verbose_name = _("秒杀预约")
        verbose_name_plural = _("秒杀预约")
        constraints = [
            models.UniqueConstraint(fields=["offer", "user"], name="flash_one_reminder"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.offer_id}"
