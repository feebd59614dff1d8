"""Who took note of what, before it was published; and which store answers for what WeChat bans."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Acknowledgement(models.Model):
    """Somebody read these findings about a campaign and answers for them. Append-only.

    `mark` is of the findings as they were: when a campaign says something else, it is asked again.
    """

    class Kind(models.TextChoices):
        GROUP = "group", _("拼团")
        BARGAIN = "bargain", _("砍价")
        FLASH = "flash", _("秒杀")
        COUPON = "coupon", _("优惠券")
        REDUCTION = "reduction", _("满减")
        PRODUCT = "product", _("商品")
        ENTRY = "entry", _("群入口")
        SHARER_PLAN = "sharers", _("分享员计划")
        SHOWCASE = "showcase", _("分享员橱窗")
        STORE = "store", _("店铺资料")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    kind = models.CharField(_("活动类型"), max_length=16, choices=Kind.choices)
    reference = models.CharField(_("活动编号"), max_length=32)
    mark = models.CharField(max_length=64, editable=False)
    findings = models.JSONField(_("提示"), default=list)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("确认人"),
    )
    given_at = models.DateTimeField(_("确认时间"))

    class Meta:
        verbose_name = _("合规确认")
        verbose_name_plural = _("合规确认")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "reference", "mark"], name="guard_acknowledged_once"
            )
        ]
        indexes = [models.Index(fields=["store", "-id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class WechatRisk(models.Model):
    """A store answers for showing inside WeChat what WeChat's policy bans. Deleted: it does not."""

    store = models.OneToOneField(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("确认人"),
    )
    accepted_at = models.DateTimeField(_("确认时间"), editable=False)

    class Meta:
        verbose_name = _("微信规范风险确认")
        verbose_name_plural = _("微信规范风险确认")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} · {self.store.name}"
