"""What each store makes of risk, what was reported, and how orders were assessed."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.money import MAX_FEN
from risk.reports import TITLES
from risk.rules import BY_NAME, Verdict

KEPT_DAYS = 180

_SCORE = [MinValueValidator(1), MaxValueValidator(1000)]


class RiskPolicy(models.Model):
    """A store's thresholds. A store without a row has the usual ones (`risk.rules.Policy`)."""

    store = models.OneToOneField(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    is_on = models.BooleanField(_("启用风控"), default=True)
    code_from = models.PositiveSmallIntegerField(
        _("多少分起要验证手机"), default=40, validators=_SCORE
    )
    hold_from = models.PositiveSmallIntegerField(
        _("多少分起人工审核"), default=60, validators=_SCORE
    )
    refuse_from = models.PositiveSmallIntegerField(
        _("多少分起拒绝下单"), default=100, validators=_SCORE
    )
    hold_hours = models.PositiveSmallIntegerField(
        _("审核最多等几小时"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
        help_text=_("到时没有处理就自动放行，不会一直占着库存"),
    )
    big_fen = models.PositiveBigIntegerField(
        _("多大金额算特别大（分）"),
        default=500_000,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_FEN)],
    )
    weights = models.JSONField(_("规则分值"), default=dict, blank=True)

    class Meta:
        verbose_name = _("风控设置")
        verbose_name_plural = _("风控设置")
        constraints = [
            models.CheckConstraint(
                condition=Q(code_from__lte=F("hold_from"), hold_from__lte=F("refuse_from")),
                name="risk_policy_in_order",
            ),
            models.CheckConstraint(
                condition=Q(hold_hours__gte=1, hold_hours__lte=72), name="risk_hold_bounded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} · {self.store.name}"


class RiskReport(models.Model):
    """What an app above reported of a person, such as a refund that was a fraud: a score for a while."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    kind = models.CharField(_("类型"), max_length=32)
    reference = models.CharField(_("关联编号"), max_length=40)
    score = models.PositiveSmallIntegerField(_("分值"), validators=_SCORE)
    reported_at = models.DateTimeField(_("时间"))
    until = models.DateTimeField(_("有效至"))

    class Meta:
        verbose_name = _("风险反映")
        verbose_name_plural = _("风险反映")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "reference"], name="risk_reported_once")
        ]
        indexes = [models.Index(fields=["user", "until"])]

    def __str__(self) -> str:
        return f"{self.title} {self.reference}"

    @property
    def title(self) -> str:
        """What was reported, in words."""
        return str(TITLES.get(self.kind, self.kind))


class RiskAssessment(models.Model):
    """An order that something was found about: every rule that fired, and what it came to.

    `order_ref` is empty for what was not placed. An order that its buyer sends, or wanted to send,
    elsewhere after paying is assessed once more.
    """

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("买家")
    )
    order_ref = models.CharField(_("订单"), max_length=32, blank=True)
    verdict = models.CharField(_("结论"), max_length=8, choices=Verdict.choices)
    score = models.PositiveSmallIntegerField(_("总分"))
    fired = models.JSONField(_("触发的规则"))
    assessed_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("风控记录")
        verbose_name_plural = _("风控记录")
        indexes = [
            models.Index(fields=["store", "-id"]),
            models.Index(fields=["order_ref"], condition=~Q(order_ref=""), name="risk_of_order"),
            models.Index(fields=["assessed_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} {self.score}"

    @property
    def why(self) -> str:
        """The rules that fired, in words."""
        return "、".join(
            f"{BY_NAME[one['rule']].title}（{one['saw']}）+{one['score']}"
            for one in self.fired
            if one["rule"] in BY_NAME
        )
