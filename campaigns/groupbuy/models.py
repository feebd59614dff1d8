"""Group-buy (拼团): a campaign, its prices, its groups, and the seats in them.

A seat is taken when the order is placed, held while payment is open, real when paid: a group never
overfills, and the database says so.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.groupbuy.states import (
    LIVE_MEMBER,
    UNDECIDED,
    CampaignState,
    GroupState,
    MemberState,
)
from core.ids import PublicIdField
from core.models import Deadline, due_indexes


class GroupCampaign(Deadline):
    """One product at a group price. `due_at` is its end, and once its merchant has cancelled it the
    next time that groups are given up."""

    class Ending(models.TextChoices):
        """What becomes of a group that is not full when its time is up."""

        REFUND = "refund", _("人不齐就全额退款")
        COMPLETE = "complete", _("达到最少人数就成团，价格不变")
        LADDER = "ladder", _("阶梯团：达到最少人数就成团，人越多越便宜，差价退回")

    public_id = PublicIdField(prefix="gbc")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="group_campaigns", verbose_name=_("店铺")
    )
    product = models.ForeignKey(
        "catalog.Product", models.PROTECT, related_name="group_campaigns", verbose_name=_("商品")
    )
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=CampaignState.choices,
        default=CampaignState.DRAFT,
        editable=False,
    )
    size = models.PositiveSmallIntegerField(
        _("成团人数"), default=2, validators=[MinValueValidator(2), MaxValueValidator(100)]
    )
    hours = models.PositiveSmallIntegerField(
        _("成团时限（小时）"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
    )
    ending = models.CharField(
        _("到时人不齐"), max_length=10, choices=Ending.choices, default=Ending.REFUND
    )
    least = models.PositiveSmallIntegerField(
        _("最少成团人数"),
        default=2,
        validators=[MinValueValidator(2), MaxValueValidator(100)],
        help_text=_("“人不齐就全额退款”时不用；阶梯团里是拼团价对应的人数。"),
    )
    newcomers_only = models.BooleanField(
        _("老带新"),
        default=False,
        help_text=_("参团的人须没有在本店付过款；开团的人不限。"),
    )
    takes_coupons = models.BooleanField(
        _("可叠加优惠券"),
        default=False,
        help_text=_("打开后，下单时还能用本店的优惠券；发布后不能再改。阶梯团要退差价，不能叠加。"),
    )
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    quota = models.PositiveIntegerField(_("活动库存（件）"), validators=[MinValueValidator(1)])
    quota_used = models.PositiveIntegerField(_("已占用（件）"), default=0, editable=False)
    # What undecided groups cannot succeed without: a piece for each seat that nobody has taken.
    quota_needed = models.PositiveIntegerField(_("留给已开的团（件）"), default=0, editable=False)
    limit_per_person = models.PositiveSmallIntegerField(
        _("每人限购（件）"), default=5, validators=[MinValueValidator(1)]
    )
    limit_per_order = models.PositiveSmallIntegerField(
        _("每单限购（件）"), default=5, validators=[MinValueValidator(1)]
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("停止时间"), null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("取消人"),
    )
    # Why, for the members of the groups that are given up.
    cancel_reason = models.CharField(
        _("取消原因"), max_length=120, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        verbose_name = _("拼团活动")
        verbose_name_plural = _("拼团活动")
        constraints = [
            models.CheckConstraint(
                condition=Q(quota_used__lte=F("quota")), name="groupbuy_quota_never_exceeded"
            ),
            models.CheckConstraint(
                condition=Q(size__gte=2, size__lte=100), name="groupbuy_size_range"
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=1, hours__lte=72), name="groupbuy_hours_range"
            ),
            models.CheckConstraint(
                condition=Q(ending="refund") | Q(least__gte=2, least__lte=F("size")),
                name="groupbuy_least_range",
            ),
            models.CheckConstraint(
                # A step of the ladder gives back more than was paid with a coupon.
                condition=~Q(ending="ladder", takes_coupons=True),
                name="groupbuy_ladder_takes_no_coupons",
                violation_error_message=_("阶梯团到时要退差价，不能叠加优惠券。"),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="groupbuy_ends_after_start"
            ),
            models.CheckConstraint(
                # Whoever gives up its groups says why, and no other begins meanwhile.
                condition=Q(cancelled_at=None, cancel_reason="")
                | Q(cancelled_at__isnull=False, cancel_reason__gt="", state="ended"),
                name="groupbuy_cancelled_has_ended",
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(state="published"),
                name="groupbuy_one_published_per_product",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "-id"]),
            *due_indexes("groupbuy_campaign"),
        ]

    def __str__(self) -> str:
        return f"{self.product} · {self.size}"

    @property
    def quota_left(self) -> int:
        return self.quota - self.quota_used

    @property
    def quota_free(self) -> int:
        """What is left of the quota for new groups, and for more than a group waits for."""
        return self.quota_left - self.quota_needed

    @property
    def least_people(self) -> int | None:
        """How many are enough at the deadline; None when all are needed."""
        return None if self.ending == self.Ending.REFUND else self.least

    @property
    def enough(self) -> int:
        """How many people a group needs to succeed, and so how many pieces at least."""
        return self.least_people or self.size

    @property
    def has_ladder(self) -> bool:
        return self.ending == self.Ending.LADDER


class GroupTier(models.Model):
    """A step of a ladder (阶梯): with so many people, every piece costs so much less."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", editable=False)
    campaign = models.ForeignKey(
        GroupCampaign, models.CASCADE, related_name="tiers", verbose_name=_("活动")
    )
    people = models.PositiveSmallIntegerField(
        _("满几人"), validators=[MinValueValidator(3), MaxValueValidator(100)]
    )
    off_fen = models.PositiveBigIntegerField(_("每件再减（分）"), validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("阶梯")
        verbose_name_plural = _("阶梯")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "people"], name="groupbuy_tier_once"),
            models.CheckConstraint(condition=Q(off_fen__gte=1), name="groupbuy_tier_min"),
        ]

    def __str__(self) -> str:
        return f"{self.people}: −{self.off_fen}"


class GroupPrice(models.Model):
    """The group price of one SKU. A SKU without one is not in the campaign."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", editable=False)
    campaign = models.ForeignKey(
        GroupCampaign, models.CASCADE, related_name="prices", verbose_name=_("活动")
    )
    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="+", verbose_name=_("规格"))
    price_fen = models.PositiveBigIntegerField(_("拼团价（分）"), validators=[MinValueValidator(1)])
    # What whoever opens the group pays instead; None is the same price for everybody.
    leader_fen = models.PositiveBigIntegerField(
        _("团长价（分）"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("拼团价")
        verbose_name_plural = _("拼团价")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "sku"], name="groupbuy_price_once"),
            models.CheckConstraint(condition=Q(price_fen__gte=1), name="groupbuy_price_min"),
            models.CheckConstraint(
                condition=Q(leader_fen=None) | Q(leader_fen__gte=1, leader_fen__lt=F("price_fen")),
                name="groupbuy_leader_pays_less",
                violation_error_message=_("团长价应低于拼团价，没有优惠就留空。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id}: {self.price_fen}"

    @property
    def lead_fen(self) -> int:
        """What the leader pays."""
        return self.price_fen if self.leader_fen is None else self.leader_fen


class Group(Deadline):
    """A group. `due_at` follows its next instant: the grace after its deadline."""

    public_id = PublicIdField(prefix="grp")
    # The composite indexes below begin with store and campaign.
    store = models.ForeignKey(
        "stores.Store",
        models.PROTECT,
        related_name="groups",
        verbose_name=_("店铺"),
        db_index=False,
    )
    campaign = models.ForeignKey(
        GroupCampaign,
        models.PROTECT,
        related_name="groups",
        verbose_name=_("活动"),
        db_index=False,
    )
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("团长")
    )
    state = models.CharField(
        _("状态"), max_length=16, choices=GroupState.choices, default=GroupState.FORMING
    )
    size = models.PositiveSmallIntegerField(_("成团人数"))
    # How many are enough at the deadline, as it was when the group began; None: all of them.
    least = models.PositiveSmallIntegerField(_("最少人数"), null=True, blank=True)
    # What every piece costs less by the step that was reached, settled when it succeeds.
    off_fen = models.PositiveBigIntegerField(_("阶梯每件减（分）"), default=0)
    reserved = models.PositiveSmallIntegerField(_("待付款"), default=0)
    joined = models.PositiveSmallIntegerField(_("已付款"), default=0)
    confirmed = models.PositiveSmallIntegerField(_("已成团"), default=0)
    formed_at = models.DateTimeField(_("发起时间"))
    opened_at = models.DateTimeField(_("开团时间"), null=True, blank=True)
    deadline_at = models.DateTimeField(_("截止时间"), null=True, blank=True)
    succeeded_at = models.DateTimeField(_("成团时间"), null=True, blank=True)
    failed_at = models.DateTimeField(_("失败时间"), null=True, blank=True)
    fail_reason = models.CharField(_("失败原因"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("拼团")
        verbose_name_plural = _("拼团")
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gte=F("reserved") + F("joined") + F("confirmed")),
                name="groupbuy_group_never_overfull",
            ),
            models.CheckConstraint(
                condition=~Q(state="succeeded")
                | Q(reserved=0, joined=0, confirmed=F("size"))
                | Q(joined=0, confirmed__gte=F("least"), least__isnull=False),
                name="groupbuy_succeeded_is_enough",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "-id"]),
            models.Index(fields=["campaign", "state", "deadline_at"]),
            *due_indexes("groupbuy_group"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_over(self) -> bool:
        """Whether no money can make a seat of it any more: it is decided, or its merchant gave it up
        before its leader had paid, or gave up its campaign, which the caller has read with it."""
        given_up = bool(self.fail_reason) or self.campaign.cancelled_at is not None
        return given_up or self.state not in UNDECIDED

    @property
    def enough(self) -> int:
        """How many people it needs to succeed."""
        return self.size if self.least is None else self.least

    @property
    def missing(self) -> int:
        """How many more must pay for it to succeed; `seats_left` says how many may join."""
        return max(self.enough - self.joined - self.confirmed, 0)

    @property
    def seats_left(self) -> int:
        return self.size - self.reserved - self.joined - self.confirmed

    @property
    def needs(self) -> int:
        """How many seats must be taken yet for it to succeed; 0 once it is decided. Its campaign keeps
        a piece for each."""
        if self.state not in UNDECIDED:
            return 0
        return max(self.enough - self.reserved - self.joined - self.confirmed, 0)

    @property
    def has_quota(self) -> bool:
        """Whether its campaign, which the caller has read with it, has a piece for one more; one that
        is cancelled has none."""
        campaign = self.campaign
        left = campaign.quota_left > 0 and (self.needs > 0 or campaign.quota_free > 0)
        return left and campaign.cancelled_at is None


class Member(models.Model):
    """A seat and the order that pays for it."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    campaign = models.ForeignKey(
        GroupCampaign, models.PROTECT, related_name="+", editable=False, db_index=False
    )
    group = models.ForeignKey(Group, models.PROTECT, related_name="members", verbose_name=_("拼团"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("成员")
    )
    order = models.OneToOneField(
        "orders.Order", models.PROTECT, related_name="+", verbose_name=_("订单")
    )
    state = models.CharField(
        _("状态"), max_length=16, choices=MemberState.choices, default=MemberState.RESERVED
    )
    is_leader = models.BooleanField(_("团长"), default=False)
    quantity = models.PositiveIntegerField(_("数量"))
    shows_profile = models.BooleanField(_("展示头像"), default=False)
    reserved_at = models.DateTimeField(_("占座时间"))
    joined_at = models.DateTimeField(_("参团时间"), null=True, blank=True)
    left_at = models.DateTimeField(_("离开时间"), null=True, blank=True)
    # When its order was cancelled after the group had succeeded: what it took is free again.
    returned_at = models.DateTimeField(_("订单取消时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("拼团成员")
        verbose_name_plural = _("拼团成员")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "user"],
                condition=Q(state__in=LIVE_MEMBER),
                name="groupbuy_one_live_seat",
            ),
            models.UniqueConstraint(
                fields=["campaign", "user"],
                condition=Q(state__in=["reserved", "joined"]),
                name="groupbuy_one_live_group",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "user"])]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.group_id}"
