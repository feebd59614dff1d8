"""Freight templates: a tariff for everywhere, and rows for the provinces where another one holds."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.money import MAX_FEN
from freight.pricing import By
from freight.regions import provinces_write

MAX_UNITS = 10_000_000

_UNITS = [MinValueValidator(1), MaxValueValidator(MAX_UNITS)]
_AMOUNT = [MaxValueValidator(MAX_FEN)]


class TierFields(models.Model):
    """A first amount and every further step, in the template's unit, with their fees in fen."""

    serves = models.BooleanField(_("配送"), default=True)
    first = models.PositiveIntegerField(_("首"), default=1, validators=_UNITS)
    first_fen = models.PositiveBigIntegerField(_("首费（分）"), default=0, validators=_AMOUNT)
    step = models.PositiveIntegerField(_("续"), default=1, validators=_UNITS)
    step_fen = models.PositiveBigIntegerField(_("续费（分）"), default=0, validators=_AMOUNT)

    class Meta:
        abstract = True


class FreightTemplate(TierFields):
    """What sending some of a store's goods costs. Its own tier is for everywhere no area names."""

    class Unit(models.TextChoices):
        PIECE = By.PIECE.value, _("按件数")
        WEIGHT = By.WEIGHT.value, _("按重量（克）")
        VOLUME = By.VOLUME.value, _("按体积（立方厘米）")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="freight_templates", verbose_name=_("店铺")
    )
    name = models.CharField(_("模板名称"), max_length=20, help_text=_("只有你自己看得到"))
    unit = models.CharField(_("计费方式"), max_length=8, choices=Unit.choices, default=Unit.PIECE)
    free_over_fen = models.PositiveBigIntegerField(
        _("满额包邮（分）"), null=True, blank=True, validators=[MinValueValidator(1), *_AMOUNT]
    )
    free_over_count = models.PositiveIntegerField(
        _("满件包邮"), null=True, blank=True, validators=_UNITS
    )

    class Meta:
        verbose_name = _("运费模板")
        verbose_name_plural = _("运费模板")
        constraints = [
            models.UniqueConstraint(fields=["store", "name"], name="freight_template_name_once"),
            models.CheckConstraint(
                condition=Q(first__gte=1, step__gte=1), name="freight_template_units_min"
            ),
            models.CheckConstraint(
                condition=Q(free_over_fen=None) | Q(free_over_fen__gte=1),
                name="freight_free_over_fen_min",
            ),
            models.CheckConstraint(
                condition=Q(free_over_count=None) | Q(free_over_count__gte=1),
                name="freight_free_over_count_min",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FreightArea(TierFields):
    """Provinces where another tier holds, or nothing is sent."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", editable=False)
    template = models.ForeignKey(
        FreightTemplate, models.CASCADE, related_name="areas", verbose_name=_("运费模板")
    )
    provinces = ArrayField(models.CharField(max_length=6), verbose_name=_("省份"))

    class Meta:
        verbose_name = _("地区运费")
        verbose_name_plural = _("地区运费")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first__gte=1, step__gte=1), name="freight_area_units_min"
            ),
            models.CheckConstraint(
                condition=Q(provinces__len__gte=1), name="freight_area_has_provinces"
            ),
        ]

    def __str__(self) -> str:
        return provinces_write(self.provinces)
