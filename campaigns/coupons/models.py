"""Coupons (优惠券): what a store gives out, who has how many, and each coupon by itself."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.coupons.states import CouponState, TemplateState
from core.ids import PublicIdField
from core.models import Deadline, due_indexes
from core.money import MAX_FEN

_AMOUNT = [MinValueValidator(1), MaxValueValidator(MAX_FEN)]


class CouponTemplate(Deadline):
    """What coupons of one kind are worth, for what, and how many there are. `due_at` is the end of
    giving them out."""

    class Kind(models.TextChoices):
        FIXED = "fixed", _("减固定金额")
        PERCENT = "percent", _("按比例减（封顶）")

    class Scope(models.TextChoices):
        ALL = "all", _("全店商品")
        CATEGORY = "category", _("指定分类")
        PRODUCT = "product", _("指定商品")

    class How(models.TextChoices):
        OPEN = "open", _("买家在领券中心领取")
        CODE = "code", _("买家输入券码领取")
        GIFT = "gift", _("只由商家发放")
        NEWCOMER = "newcomer", _("新客进领券中心时自动送")
        REPEAT = "repeat", _("买家收货后自动送（复购）")

    public_id = PublicIdField(prefix="cpt")
    store = models.ForeignKey(
        "stores.Store",
        models.PROTECT,
        related_name="coupon_templates",
        verbose_name=_("店铺"),
        db_index=False,
    )
    name = models.CharField(_("券名"), max_length=20, help_text=_("买家会看到，例如“秋枣尝鲜券”"))
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=TemplateState.choices,
        default=TemplateState.DRAFT,
        editable=False,
    )
    kind = models.CharField(_("优惠方式"), max_length=8, choices=Kind.choices, default=Kind.FIXED)
    off_fen = models.PositiveBigIntegerField(
        _("减（分）"), null=True, blank=True, validators=_AMOUNT
    )
    percent = models.PositiveSmallIntegerField(
        _("减百分之几"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_("八五折填 15"),
    )
    cap_fen = models.PositiveBigIntegerField(
        _("最多减（分）"), null=True, blank=True, validators=_AMOUNT
    )
    minimum_fen = models.PositiveBigIntegerField(
        _("满多少可用（分）"), default=0, validators=[MaxValueValidator(MAX_FEN)]
    )
    scope = models.CharField(_("适用商品"), max_length=10, choices=Scope.choices, default=Scope.ALL)
    category = models.ForeignKey(
        "catalog.Category",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("分类"),
    )
    product = models.ForeignKey(
        "catalog.Product",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("商品"),
    )
    how = models.CharField(_("领取方式"), max_length=8, choices=How.choices, default=How.OPEN)
    code = models.CharField(
        _("券码"), max_length=16, unique=True, null=True, blank=True, editable=False
    )
    total = models.PositiveIntegerField(_("总张数"), validators=[MinValueValidator(1)])
    taken = models.PositiveIntegerField(_("已领"), default=0, editable=False)
    limit_per_person = models.PositiveSmallIntegerField(
        _("每人限领"), default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    take_from = models.DateTimeField(_("开始领取"))
    take_until = models.DateTimeField(_("领取截止"))
    valid_days = models.PositiveSmallIntegerField(
        _("领取后几天内有效"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
        help_text=_("与固定日期二选一"),
    )
    usable_from = models.DateTimeField(_("可用开始"), null=True, blank=True)
    usable_until = models.DateTimeField(_("可用截止"), null=True, blank=True)
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("停止时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("优惠券")
        verbose_name_plural = _("优惠券")
        constraints = [
            models.CheckConstraint(
                condition=Q(taken__lte=F("total")), name="coupons_budget_never_exceeded"
            ),
            models.CheckConstraint(
                # What may be null is asked for: a check that comes to NULL lets everything pass.
                condition=Q(kind="fixed", percent=None, cap_fen=None)
                & Q(off_fen__isnull=False, off_fen__gte=1)
                | Q(kind="percent", off_fen=None)
                & Q(percent__isnull=False, percent__range=(1, 99))
                & Q(cap_fen__isnull=False, cap_fen__gte=1),
                name="coupons_worth_fits",
            ),
            models.CheckConstraint(
                condition=Q(scope="all", category=None, product=None)
                | Q(scope="category", category__isnull=False, product=None)
                | Q(scope="product", category=None, product__isnull=False),
                name="coupons_scope_fits",
            ),
            models.CheckConstraint(
                condition=Q(valid_days__isnull=False, valid_days__gte=1)
                & Q(usable_from=None, usable_until=None)
                | Q(valid_days=None, usable_from__isnull=False, usable_until__isnull=False)
                & Q(usable_from__lt=F("usable_until")),
                name="coupons_validity_fits",
            ),
            models.CheckConstraint(
                condition=Q(take_until__gt=F("take_from")), name="coupons_take_until_after_from"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | ~Q(how="code") | Q(code__isnull=False),
                name="coupons_published_has_code",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "-id"]),
            *due_indexes("coupons_template"),
        ]

    def __str__(self) -> str:
        return self.name

    def validity(self, *, now: datetime) -> tuple[datetime, datetime]:
        """From when until when a coupon that is taken now may be used."""
        if self.valid_days is not None:
            return now, now + timedelta(days=self.valid_days)
        assert self.usable_from is not None
        assert self.usable_until is not None
        return self.usable_from, self.usable_until


class CouponHolder(models.Model):
    """How many coupons of a template one person took. The limit is the template's, which is fixed."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", db_index=False)
    template = models.ForeignKey(CouponTemplate, models.PROTECT, related_name="holders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken = models.PositiveSmallIntegerField()
    limit = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["template", "user"], name="coupons_holder_once"),
            models.CheckConstraint(
                condition=Q(taken__lte=F("limit")), name="coupons_limit_never_exceeded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.taken} / {self.limit}"


class Coupon(models.Model):
    """One coupon of one person. Its worth is its template's."""

    class Source(models.TextChoices):
        TAKEN = "taken", _("自己领取")
        CODE = "code", _("券码")
        GIVEN = "given", _("商家发放")
        NEWCOMER = "newcomer", _("新客礼")
        REPEAT = "repeat", _("复购礼")

    public_id = PublicIdField(prefix="cpn")
    # The composite indexes below begin with user and template.
    store = models.ForeignKey(
        "stores.Store",
        models.PROTECT,
        related_name="coupons",
        verbose_name=_("店铺"),
        db_index=False,
    )
    template = models.ForeignKey(
        CouponTemplate,
        models.PROTECT,
        related_name="coupons",
        verbose_name=_("优惠券"),
        db_index=False,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="coupons",
        verbose_name=_("持有人"),
        db_index=False,
    )
    state = models.CharField(
        _("状态"), max_length=8, choices=CouponState.choices, default=CouponState.UNUSED
    )
    source = models.CharField(_("来源"), max_length=8, choices=Source.choices)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("发放人"),
    )
    taken_at = models.DateTimeField(_("领取时间"))
    usable_from = models.DateTimeField(_("可用开始"))
    expires_at = models.DateTimeField(_("失效时间"))
    order = models.OneToOneField(
        "orders.Order",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("使用的订单"),
    )
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)
    discount_fen = models.PositiveBigIntegerField(_("优惠（分）"), default=0)

    class Meta:
        verbose_name = _("领出的券")
        verbose_name_plural = _("领出的券")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="unused", order=None, used_at=None, discount_fen=0)
                | Q(state="used", order__isnull=False, used_at__isnull=False, discount_fen__gte=1),
                name="coupons_used_has_order",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("usable_from")), name="coupons_expires_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "store", "state", "expires_at"]),
            models.Index(fields=["template", "state"]),
            models.Index(fields=["store", "-id"]),
        ]

    def __str__(self) -> str:
        return self.public_id
