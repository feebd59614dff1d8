"""What is sold: categories, products, their SKUs, and every movement of stock."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.states import ProductState
from core.ids import PublicIdField
from core.money import MAX_FEN, yuan


class Category(models.Model):
    """A store's own shelf."""

    store = models.ForeignKey(
        "stores.Store", models.CASCADE, related_name="categories", verbose_name=_("店铺")
    )
    slug = models.SlugField(_("网址名"), max_length=40)
    name = models.CharField(_("名称"), max_length=20)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("商品分类")
        verbose_name_plural = _("商品分类")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "slug"], name="catalog_category_slug_once")
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product page; what is bought is one of its SKUs."""

    public_id = PublicIdField(prefix="pro")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="products", verbose_name=_("店铺")
    )
    category = models.ForeignKey(
        Category,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("分类"),
    )
    title = models.CharField(_("标题"), max_length=60)
    subtitle = models.CharField(_("副标题"), max_length=80, blank=True)
    description = models.TextField(_("详情"), blank=True)
    state = models.CharField(
        _("状态"),
        max_length=16,
        choices=ProductState.choices,
        default=ProductState.DRAFT,
        editable=False,
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=0)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("商品")
        verbose_name_plural = _("商品")
        ordering = ["position", "id"]
        indexes = [
            models.Index(fields=["store", "state", "position", "id"]),
            models.Index(fields=["category", "state", "position", "id"]),
            models.Index(fields=["state", "position", "id"]),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.category is not None and self.category.store_id != self.store_id:
            raise ValidationError({"category": _("请选择本店的分类。")})


class ProductPhoto(models.Model):
    """A photo, decoded and re-encoded on upload (`catalog/photos.py`); the first is the cover."""

    store = models.ForeignKey("stores.Store", models.CASCADE, editable=False, related_name="+")
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="photos", verbose_name=_("商品")
    )
    image = models.ImageField(
        _("图片"), upload_to="products/", width_field="width", height_field="height"
    )
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    alt = models.CharField(_("图片说明"), max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("商品图片")
        verbose_name_plural = _("商品图片")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.alt or str(self.image)


class Sku(models.Model):
    """What is priced, stocked and bought. Available = on hand − reserved, never below zero.

    The database refuses reserved > on_hand; only `catalog.services` changes either number.
    """

    public_id = PublicIdField(prefix="sku")
    store = models.ForeignKey("stores.Store", models.PROTECT, editable=False, related_name="+")
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="skus", verbose_name=_("商品")
    )
    name = models.CharField(_("规格"), max_length=40)
    price_fen = models.PositiveBigIntegerField(
        _("价格"), validators=[MinValueValidator(1), MaxValueValidator(MAX_FEN)]
    )
    on_hand = models.PositiveIntegerField(_("库存"), default=0, editable=False)
    reserved = models.PositiveIntegerField(_("已占用"), default=0, editable=False)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)
    removed_at = models.DateTimeField(_("停用时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("规格")
        verbose_name_plural = _("规格")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand")), name="catalog_sku_never_oversold"
            ),
            models.CheckConstraint(condition=Q(price_fen__gte=1), name="catalog_sku_price_min"),
        ]

    def __str__(self) -> str:
        return f"{self.product.title} {self.name}"

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class PriceChange(models.Model):
    """A price a SKU has had since `changed_at`. Append-only; the first has no `before_fen`."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    sku = models.ForeignKey(
        Sku, models.PROTECT, related_name="price_changes", verbose_name=_("规格"), db_index=False
    )
    before_fen = models.PositiveBigIntegerField(_("原价格（分）"), null=True)
    after_fen = models.PositiveBigIntegerField(_("新价格（分）"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    changed_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("价格变动")
        verbose_name_plural = _("价格变动")
        indexes = [models.Index(fields=["sku", "-id"])]

    def __str__(self) -> str:
        before = "" if self.before_fen is None else yuan(self.before_fen)
        return f"{before} → {yuan(self.after_fen)}"


class StockMovement(models.Model):
    """One change of a SKU's numbers. Append-only: their sum is the SKU's present state."""

    class Kind(models.TextChoices):
        RESTOCK = "restock", _("进货")
        RESERVE = "reserve", _("下单占用")
        RELEASE = "release", _("释放")
        SHIP = "ship", _("发货")
        RETURN = "return", _("退货入库")
        CORRECT = "correct", _("盘点更正")

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", db_index=False)
    sku = models.ForeignKey(
        Sku, models.PROTECT, related_name="movements", verbose_name=_("规格"), db_index=False
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    on_hand_change = models.IntegerField(_("库存变化"), default=0)
    reserved_change = models.IntegerField(_("占用变化"), default=0)
    reference = models.CharField(_("关联单号"), max_length=40, blank=True)
    reason = models.CharField(_("原因"), max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
        db_index=False,
    )
    moved_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("库存流水")
        verbose_name_plural = _("库存流水")
        indexes = [
            models.Index(fields=["sku", "-id"]),
            models.Index(fields=["store", "-id"]),
            # Written on every order, set on few: the index holds those few.
            models.Index(fields=["by"], name="catalog_movement_by", condition=Q(by__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sku", "reference"],
                condition=Q(kind="reserve"),
                name="catalog_reserved_once",
            ),
            # A reservation ends once: cancelling twice, or after shipping, gives nothing back.
            models.UniqueConstraint(
                fields=["sku", "reference"],
                condition=Q(kind__in=["release", "ship"]),
                name="catalog_settled_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["reserve", "release", "ship"]) | ~Q(reference=""),
                name="catalog_movement_has_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on_hand_change:+d}/{self.reserved_change:+d}"
