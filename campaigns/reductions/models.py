"""Full reduction (满减): goods for ¥100 cost ¥10 less, for ¥200 ¥25 less."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.reductions.states import ReductionState
from core.ids import PublicIdField
from core.models import Deadline, due_indexes
from core.money import MAX_FEN, yuan

_AMOUNT = [MinValueValidator(1), MaxValueValidator(MAX_FEN)]


class Reduction(Deadline):
    """A store's campaign; an order takes the one with which least is paid. `due_at` is its end."""

    class Kind(models.TextChoices):
        STEPS = "steps", _("阶梯满减（达到最高一档）")
        EVERY = "every", _("每满减（可重复）")

    class Scope(models.TextChoices):
        ALL = "all", _("全店商品")
        CATEGORY = "category", _("指定分类")
        PRODUCT = "product", _("指定商品")

    public_id = PublicIdField(prefix="red")
    store = models.ForeignKey(
        "stores.Store",
        models.PROTECT,
        related_name="reductions",
        verbose_name=_("店铺"),
        db_index=False,
    )
    name = models.CharField(_("活动名称"), max_length=20, help_text=_("买家会看到，例如“秋收满减”"))
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=ReductionState.choices,
        default=ReductionState.DRAFT,
        editable=False,
    )
    kind = models.CharField(_("方式"), max_length=8, choices=Kind.choices, default=Kind.STEPS)
    cap_fen = models.PositiveBigIntegerField(
        _("最多减（分）"), null=True, blank=True, validators=_AMOUNT
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
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("停止时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("满减活动")
        verbose_name_plural = _("满减活动")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="reductions_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(scope="all", category=None, product=None)
                | Q(scope="category", category__isnull=False, product=None)
                | Q(scope="product", category=None, product__isnull=False),
                name="reductions_scope_fits",
            ),
            models.CheckConstraint(
                condition=Q(cap_fen=None) | Q(cap_fen__gte=1), name="reductions_cap_min"
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "ends_at"]),
            *due_indexes("reductions_reduction"),
        ]

    def __str__(self) -> str:
        return self.name


class ReductionStep(models.Model):
    """Goods for so much cost so much less. A repeating campaign has exactly one."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", editable=False)
    reduction = models.ForeignKey(
        Reduction, models.CASCADE, related_name="steps", verbose_name=_("活动")
    )
    threshold_fen = models.PositiveBigIntegerField(_("满（分）"), validators=_AMOUNT)
    off_fen = models.PositiveBigIntegerField(_("减（分）"), validators=_AMOUNT)

    class Meta:
        verbose_name = _("档位")
        verbose_name_plural = _("档位")
        ordering = ["threshold_fen"]
        constraints = [
            models.UniqueConstraint(
                fields=["reduction", "threshold_fen"], name="reductions_step_once"
            ),
            models.CheckConstraint(
                condition=Q(off_fen__gte=1, off_fen__lt=F("threshold_fen")),
                name="reductions_step_leaves_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{yuan(self.threshold_fen)} − {yuan(self.off_fen)}"
