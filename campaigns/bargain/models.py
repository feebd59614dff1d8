"""Bargains (砍价): a campaign of one SKU, the bargains that shoppers launched, and their helps.

The cuts of a bargain are drawn and sealed at launch (`schedule.py`); counters here only say how far
they are used up, and the database refuses a price below the floor.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.bargain.schedule import NEWCOMER, ORDINARY, Schedule, schedule_read
from campaigns.bargain.states import LIVE, WAITING, BargainState, CampaignState
from core.crypto import EncryptedTextField
from core.ids import PublicIdField
from core.models import Deadline, due_indexes
from core.money import MAX_FEN


class BargainCampaign(Deadline):
    """One SKU that may be bargained down to a floor. `due_at` is its end."""

    public_id = PublicIdField(prefix="bgc")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="bargain_campaigns", verbose_name=_("店铺")
    )
    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="+", verbose_name=_("规格"))
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=CampaignState.choices,
        default=CampaignState.DRAFT,
        editable=False,
    )
    # The SKU's own price at publishing: what a bargain starts from is never typed in.
    list_fen = models.PositiveBigIntegerField(_("起始价（分）"), default=0, editable=False)
    floor_fen = models.PositiveBigIntegerField(
        _("底价（分）"), validators=[MinValueValidator(1), MaxValueValidator(MAX_FEN)]
    )
    helpers = models.PositiveSmallIntegerField(
        _("帮砍人数"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("满这么多人帮砍，必到底价。"),
    )
    newcomer_percent = models.PositiveSmallIntegerField(
        _("留给新朋友的刀数（%）"),
        default=30,
        validators=[MaxValueValidator(100)],
        help_text=_("还没有付过款的人帮砍时，先用这些刀。"),
    )
    newcomer_weight = models.PositiveSmallIntegerField(
        _("新朋友一刀的倍数"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("平均是普通一刀的几倍；1 为一样大。"),
    )
    hours = models.PositiveSmallIntegerField(
        _("砍价时限（小时）"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
    )
    hold_hours = models.PositiveSmallIntegerField(
        _("到底价后保留（小时）"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
    )
    buy_midway = models.BooleanField(_("没到底价也能按现价买"), default=True)
    takes_coupons = models.BooleanField(
        _("可叠加优惠券"),
        default=False,
        help_text=_("打开后，下单时还能用本店的优惠券；发布后不能再改。"),
    )
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    quota = models.PositiveIntegerField(
        _("活动名额（件）"),
        validators=[MinValueValidator(1)],
        help_text=_("同时进行和已买到的砍价合计；发起时占用名额和一件库存，过期退回。"),
    )
    quota_used = models.PositiveIntegerField(_("已占用（件）"), default=0, editable=False)
    launches_per_person = models.PositiveSmallIntegerField(
        _("每人可发起（次）"), default=1, validators=[MinValueValidator(1)]
    )
    helps_per_day = models.PositiveSmallIntegerField(
        _("每人每天可帮砍（次）"), default=3, validators=[MinValueValidator(1)]
    )
    wechat_risk_accepted = models.BooleanField(
        _("微信内也开放帮砍"),
        default=False,
        help_text=_(
            "《微信外部链接内容管理规范》禁止在外部链接里诱导砍价、助力，违规可能封禁域名。"
            "勾选表示你了解并承担这个风险；不勾选时，微信里只展示现价和购买，帮砍请用浏览器打开，"
            "除非店主已在“微信规范风险”里为全店确认。"
        ),
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("停止时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("砍价活动")
        verbose_name_plural = _("砍价活动")
        constraints = [
            models.CheckConstraint(
                condition=Q(quota_used__lte=F("quota")), name="bargain_quota_never_exceeded"
            ),
            models.CheckConstraint(
                condition=Q(helpers__gte=1, helpers__lte=100), name="bargain_helpers_range"
            ),
            models.CheckConstraint(
                condition=Q(newcomer_percent__lte=100, newcomer_weight__gte=1),
                name="bargain_newcomers_range",
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=1, hours__lte=72, hold_hours__gte=1, hold_hours__lte=72),
                name="bargain_hours_range",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="bargain_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(floor_fen__gte=1)
                & (Q(state="draft") | Q(list_fen__gte=F("floor_fen") + F("helpers"))),
                name="bargain_a_fen_for_each_helper",
            ),
            models.UniqueConstraint(
                fields=["sku"],
                condition=Q(state="published"),
                name="bargain_one_published_per_sku",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "-id"]),
            *due_indexes("bargain_campaign"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} · {self.helpers}"

    @property
    def quota_left(self) -> int:
        return self.quota - self.quota_used

    @property
    def newcomer_slots(self) -> int:
        """How many of the cuts are newcomers', rounded to the nearest."""
        return (self.helpers * self.newcomer_percent + 50) // 100


class Bargain(Deadline):
    """A shopper's bargain. `deadline_at` is until when it can be helped or bought; reaching the floor
    may make it later, never earlier."""

    public_id = PublicIdField(prefix="brg")
    store = models.ForeignKey(
        "stores.Store",
        models.PROTECT,
        related_name="bargains",
        verbose_name=_("店铺"),
        db_index=False,
    )
    campaign = models.ForeignKey(
        BargainCampaign, models.PROTECT, related_name="bargains", verbose_name=_("活动")
    )
    launcher = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("发起人")
    )
    state = models.CharField(
        _("状态"), max_length=16, choices=BargainState.choices, default=BargainState.RUNNING
    )
    list_fen = models.PositiveBigIntegerField(_("起始价（分）"))
    floor_fen = models.PositiveBigIntegerField(_("底价（分）"))
    helpers = models.PositiveSmallIntegerField(_("帮砍人数"))
    newcomer_slots = models.PositiveSmallIntegerField(_("新朋友的刀数"))
    helps = models.PositiveSmallIntegerField(_("已帮砍"), default=0)
    newcomer_taken = models.PositiveSmallIntegerField(_("已用新朋友的刀"), default=0)
    cut_fen = models.PositiveBigIntegerField(_("已砍（分）"), default=0)
    # Published at launch; `sealed` is the text that it is the hash of, shown to nobody before the end.
    commitment = models.CharField(_("承诺值"), max_length=64)
    sealed = EncryptedTextField(_("刀谱"), editable=False)
    shows_profile = models.BooleanField(_("展示头像"), default=False)
    order = models.OneToOneField(
        "orders.Order",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("订单"),
        help_text=_("最近一次按现价下的单"),
    )
    # The piece in stock that is kept while no order is placed (`pieces.py`).
    reserved_as = models.CharField(
        _("库存占用单号"), max_length=40, blank=True, default="", editable=False
    )
    launched_at = models.DateTimeField(_("发起时间"))
    deadline_at = models.DateTimeField(_("截止时间"))
    reached_at = models.DateTimeField(_("到底价时间"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("砍价")
        verbose_name_plural = _("砍价")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "launcher"],
                condition=Q(state__in=LIVE),
                name="bargain_one_live",
            ),
            models.CheckConstraint(
                condition=Q(helps__lte=F("helpers")), name="bargain_helps_never_exceeded"
            ),
            models.CheckConstraint(
                condition=Q(newcomer_taken__lte=F("newcomer_slots"))
                & Q(newcomer_taken__lte=F("helps"))
                & Q(helps__lte=F("helpers") - F("newcomer_slots") + F("newcomer_taken")),
                name="bargain_rows_never_exceeded",
            ),
            models.CheckConstraint(
                condition=Q(list_fen__gte=F("floor_fen") + F("cut_fen"), floor_fen__gte=1),
                name="bargain_never_below_floor",
            ),
            models.CheckConstraint(
                condition=~Q(helps=F("helpers")) | Q(cut_fen=F("list_fen") - F("floor_fen")),
                name="bargain_all_cuts_reach_floor",
            ),
            models.CheckConstraint(
                condition=~Q(state="reached") | Q(helps=F("helpers")),
                name="bargain_reached_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(reserved_as="") | Q(state__in=WAITING),
                name="bargain_piece_while_it_waits",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "-id"]),
            models.Index(fields=["launcher", "-id"]),
            *due_indexes("bargain_bargain"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def price_fen(self) -> int:
        return self.list_fen - self.cut_fen

    @property
    def pays_fen(self) -> int:
        """What its piece costs now, never more than alone. Needs the campaign's SKU."""
        return min(self.price_fen, self.campaign.sku.price_fen)

    @property
    def helps_left(self) -> int:
        return self.helpers - self.helps

    @property
    def schedule(self) -> Schedule:
        """The sealed schedule. Before the end it is nobody's business but the next help's."""
        return schedule_read(self.sealed)


class Help(models.Model):
    """One cut by one person."""

    class Row(models.TextChoices):
        NEWCOMER = NEWCOMER, _("新朋友的刀")
        ORDINARY = ORDINARY, _("普通的刀")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    bargain = models.ForeignKey(
        Bargain, models.PROTECT, related_name="help_rows", verbose_name=_("砍价"), db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("帮砍的人")
    )
    number = models.PositiveSmallIntegerField(_("第几刀"))
    is_newcomer = models.BooleanField(_("新朋友"))
    row = models.CharField(_("哪一行"), max_length=16, choices=Row.choices)
    position = models.PositiveSmallIntegerField(_("行内位置"))
    cut_fen = models.PositiveBigIntegerField(_("砍掉（分）"))
    price_after_fen = models.PositiveBigIntegerField(_("砍后（分）"))
    shows_profile = models.BooleanField(_("展示头像"), default=False)
    helped_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("帮砍")
        verbose_name_plural = _("帮砍")
        constraints = [
            models.UniqueConstraint(fields=["bargain", "user"], name="bargain_one_help_per_person"),
            models.UniqueConstraint(fields=["bargain", "number"], name="bargain_numbered_once"),
            models.UniqueConstraint(
                fields=["bargain", "row", "position"], name="bargain_cut_taken_once"
            ),
            models.CheckConstraint(condition=Q(cut_fen__gte=1), name="bargain_cut_min"),
        ]

    def __str__(self) -> str:
        return f"{self.number} @ {self.bargain_id}"


class HelperDay(models.Model):
    """How often one person helped in a campaign on one day in China."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    campaign = models.ForeignKey(
        BargainCampaign, models.PROTECT, related_name="+", editable=False, db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    day = models.DateField(_("日期"))
    helps = models.PositiveSmallIntegerField(_("帮砍次数"), default=0)
    limit = models.PositiveSmallIntegerField(_("上限"))

    class Meta:
        verbose_name = _("帮砍次数")
        verbose_name_plural = _("帮砍次数")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "user", "day"], name="bargain_one_day_row"),
            models.CheckConstraint(
                condition=Q(helps__lte=F("limit")), name="bargain_day_never_exceeded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"
