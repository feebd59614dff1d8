"""Chat groups that people join by a code, who was shown which one; and codes on a shop's counter."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField

# WeChat: a group is joined by its code until it has so many members, and a code lives so long.
CAPACITY = 200
CODE_LIVES = timedelta(days=7)


class GroupEntry(models.Model):
    """One address that leads into a chat group, whichever group has room now (群入口).

    `ran_out_at`: since when people come and find no code; None while there is one.
    """

    public_id = PublicIdField(prefix="ent")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    name = models.CharField(_("名称"), max_length=30, help_text=_("例如：枣园老友群"))
    welcome = models.TextField(
        _("欢迎语"), max_length=300, blank=True, help_text=_("进群前看到的话：群里聊什么、多久一次")
    )
    is_open = models.BooleanField(_("开放加入"), default=True)
    ran_out_at = models.DateTimeField(_("何时起没有群码"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("群入口")
        verbose_name_plural = _("群入口")

    def __str__(self) -> str:
        return self.name


class GroupCode(models.Model):
    """The picture of one group's code. `shown` is to how many people it was shown, which is as close
    to its number of members as anybody outside WeChat can know."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    entry = models.ForeignKey(
        GroupEntry, models.PROTECT, related_name="codes", verbose_name=_("群入口")
    )
    name = models.CharField(_("群名"), max_length=30, help_text=_("只有你看到，例如：老友 2 群"))
    picture = models.ImageField(_("群二维码"), upload_to="groups/")
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    capacity = models.PositiveSmallIntegerField(
        _("人数上限"),
        default=CAPACITY,
        validators=[MinValueValidator(1), MaxValueValidator(2000)],
        help_text=_("微信群满 200 人后不能再扫码加入；群里已有的人请从中减去"),
    )
    spare = models.PositiveSmallIntegerField(
        _("预留名额"),
        default=10,
        validators=[MaxValueValidator(1999)],
        help_text=_("还剩这么多名额时就换下一个群码，留给朋友直接拉进来的人"),
    )
    position = models.PositiveSmallIntegerField(
        _("顺序"), default=0, help_text=_("数字小的先用；一样的，先上传的先用")
    )
    expires_at = models.DateTimeField(
        _("失效时间"),
        null=True,
        blank=True,
        help_text=_("微信群码七天有效，到期前两小时自动换下一个；企业微信的长期码请留空"),
    )
    is_stopped = models.BooleanField(_("停用"), default=False, help_text=_("群满了、解散了就勾上"))
    shown = models.PositiveIntegerField(_("展示给"), default=0, editable=False)
    added_at = models.DateTimeField(_("上传时间"), editable=False)

    class Meta:
        verbose_name = _("群码")
        verbose_name_plural = _("群码")
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__gte=F("shown")), name="community_code_never_overfull"
            ),
            models.CheckConstraint(
                condition=Q(capacity__gt=F("spare")), name="community_code_has_places"
            ),
        ]
        indexes = [models.Index(fields=["entry", "position", "id"])]

    def __str__(self) -> str:
        return self.name


class CodeShowing(models.Model):
    """A code was shown to a person, or to a guest's cookie: counted once."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    code = models.ForeignKey(GroupCode, models.PROTECT, related_name="showings")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    guest = models.CharField(max_length=32, blank=True)
    first_at = models.DateTimeField()

    class Meta:
        verbose_name = _("群码展示")
        verbose_name_plural = _("群码展示")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "person"],
                condition=Q(person__isnull=False),
                name="community_shown_once_per_person",
            ),
            models.UniqueConstraint(
                fields=["code", "guest"],
                condition=Q(person=None),
                name="community_shown_once_per_guest",
            ),
            models.CheckConstraint(
                condition=Q(person=None) & ~Q(guest="") | Q(person__isnull=False, guest=""),
                name="community_shown_to_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code_id} → {self.person_id or self.guest}"


class CounterCode(models.Model):
    """A code that is printed for one of the staff (柜台码): what comes through it is theirs.

    It leads to a product, to a group entry, or to the store's home when neither is set.
    """

    public_id = PublicIdField(prefix="ctr")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("店员")
    )
    label = models.CharField(_("名称"), max_length=20, help_text=_("印在纸上，例如：前台 小王"))
    product = models.ForeignKey(
        "catalog.Product",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("打开哪个商品"),
    )
    entry = models.ForeignKey(
        GroupEntry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("或打开哪个群入口"),
        help_text=_("都不选，就打开店铺首页"),
    )
    link = models.OneToOneField("sharing.ShareLink", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("生成时间"))

    class Meta:
        verbose_name = _("柜台码")
        verbose_name_plural = _("柜台码")
        constraints = [
            models.UniqueConstraint(
                fields=["store", "person", "label", "product", "entry"],
                nulls_distinct=False,
                name="community_counter_once",
            ),
            models.CheckConstraint(
                condition=Q(product=None) | Q(entry=None), name="community_counter_one_target"
            ),
        ]

    def __str__(self) -> str:
        return self.label
