"""Merchants. Every row that belongs to a merchant has `store_id`, first in its keys."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField


class Store(models.Model):
    """A merchant's store: what shoppers see of it, and the few numbers that its trade runs by."""

    public_id = PublicIdField(prefix="sto")
    slug = models.SlugField(_("网址名"), max_length=40, unique=True)
    name = models.CharField(_("店名"), max_length=40)
    trade = models.CharField(_("经营类目"), max_length=40, blank=True)
    intro = models.CharField(_("一句话介绍"), max_length=120, blank=True)
    story = models.TextField(_("店铺故事"), blank=True)
    phone = models.CharField(_("客服电话"), max_length=20, blank=True)
    logo = models.ImageField(_("店标"), upload_to="stores/", blank=True)
    banner = models.ImageField(_("头图"), upload_to="stores/", blank=True)
    freight_fen = models.PositiveIntegerField(_("运费（分）"), default=0)
    payment_window_s = models.PositiveIntegerField(
        _("付款时限（秒）"),
        default=900,
        validators=[MinValueValidator(60), MaxValueValidator(7200)],
    )
    auto_receive_days = models.PositiveSmallIntegerField(
        _("自动确认收货（天）"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    company = models.CharField(_("经营主体"), max_length=80, blank=True)
    licence_no = models.CharField(_("统一社会信用代码"), max_length=40, blank=True)
    icp_no = models.CharField(_("ICP备案号"), max_length=40, blank=True)
    complaint_phone = models.CharField(_("投诉电话"), max_length=20, blank=True)
    share_domain = models.OneToOneField(
        "wechat.ShareDomain",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("自己的分享域名"),
        limit_choices_to={"is_pool": False},
        help_text=_("有自己服务号的店铺用自己的域名；空着就用平台公用的。"),
    )
    is_open = models.BooleanField(_("营业中"), default=True)
    opened_at = models.DateTimeField(_("开店时间"), default=timezone.now)

    class Meta:
        verbose_name = _("店铺")
        verbose_name_plural = _("店铺")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(payment_window_s__gte=60), name="stores_payment_window_min"
            ),
            models.CheckConstraint(
                condition=models.Q(auto_receive_days__gte=1), name="stores_auto_receive_min"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PickupPoint(models.Model):
    """Where buyers may fetch their orders themselves (自提点)."""

    public_id = PublicIdField(prefix="pik")
    store = models.ForeignKey(
        Store, models.CASCADE, related_name="pickup_points", verbose_name=_("店铺")
    )
    name = models.CharField(_("名称"), max_length=30)
    region = models.CharField(_("地区"), max_length=60, help_text=_("例如：山西省吕梁市临县"))
    street = models.CharField(_("详细地址"), max_length=120)
    hours = models.CharField(_("营业时间"), max_length=60, help_text=_("例如：每天 9:00–20:00"))
    phone = models.CharField(_("联系电话"), max_length=20)
    is_open = models.BooleanField(_("可以自提"), default=True)

    class Meta:
        verbose_name = _("自提点")
        verbose_name_plural = _("自提点")
        constraints = [
            models.UniqueConstraint(fields=["store", "name"], name="stores_pickup_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class StoreStaff(models.Model):
    """Who works in a store. A person may work in one store only, so that "own store" is clear."""

    class Role(models.TextChoices):
        OWNER = "owner", _("店主")
        CLERK = "clerk", _("店员")

    store = models.ForeignKey(Store, models.CASCADE, related_name="staff", verbose_name=_("店铺"))
    user = models.OneToOneField(
        "accounts.User", models.PROTECT, related_name="staff_of", verbose_name=_("用户")
    )
    role = models.CharField(_("角色"), max_length=16, choices=Role.choices, default=Role.CLERK)
    since_at = models.DateTimeField(_("加入时间"), default=timezone.now)

    class Meta:
        verbose_name = _("店铺人员")
        verbose_name_plural = _("店铺人员")

    def __str__(self) -> str:
        return f"{self.user.display_name} · {self.get_role_display()}"
