"""What is sold: categories, products, their SKUs, and every movement of stock."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.barcodes import barcode_check
from catalog.states import ProductState
from core.crypto import EncryptedTextField
from core.ids import PublicIdField
from core.money import MAX_FEN, yuan

OPTION_VALUES, OPTION_VALUE_LENGTH = 30, 12
MAX_TAGS, TAG_LENGTH = 10, 10
MAX_RELATED = 6
MAX_WEIGHT_G = 10_000_000
MAX_VOLUME_CM3 = 100_000_000


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


class Fulfilment(models.TextChoices):
    """How what was bought reaches the buyer."""

    GOODS = "goods", _("实物：快递或自提")
    CARD_KEYS = "card_keys", _("卡密：付款后自动发一条卡密")
    CONTENT = "content", _("虚拟商品：付款后自动发固定内容")


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
    brand = models.CharField(_("品牌"), max_length=30, blank=True)
    tags = ArrayField(
        models.CharField(max_length=TAG_LENGTH),
        size=MAX_TAGS,
        default=list,
        blank=True,
        verbose_name=_("标签"),
    )
    freight_template = models.ForeignKey(
        "freight.FreightTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("运费模板"),
        help_text=_("不选则按店铺的一口价运费"),
    )
    fulfilment = models.CharField(
        _("交付方式"),
        max_length=12,
        choices=Fulfilment.choices,
        default=Fulfilment.GOODS,
        help_text=_("有订单以后不能改。卡密的库存随导入增加。"),
    )
    related = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="+",
        verbose_name=_("搭配推荐"),
        help_text=_("显示在商品页下面，最多 6 个；不选则推荐同店的其他商品。"),
    )
    purchase_limit = models.PositiveIntegerField(
        _("每人限购"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("一个人在所有订单里最多买几件，已取消的不算；留空为不限。"),
    )
    on_sale_from = models.DateTimeField(
        _("开售时间"), null=True, blank=True, help_text=_("留空为上架后立即开售。")
    )
    on_sale_until = models.DateTimeField(
        _("停售时间"), null=True, blank=True, help_text=_("到点自动停售；留空为一直卖。")
    )
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now, editable=False)
    # Since when it has been on sale without a break; what it cost before that was no price.
    published_at = models.DateTimeField(_("上架时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("商品")
        verbose_name_plural = _("商品")
        ordering = ["position", "id"]
        indexes = [
            models.Index(fields=["store", "state", "position", "id"]),
            models.Index(fields=["category", "state", "position", "id"]),
            models.Index(fields=["state", "position", "id"]),
            GinIndex(fields=["tags"], name="catalog_product_tags"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(on_sale_until__gt=F("on_sale_from")),
                name="catalog_product_times_in_order",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.category is not None and self.category.store_id != self.store_id:
            raise ValidationError({"category": _("请选择本店的分类。")})
        if self.on_sale_from and self.on_sale_until and self.on_sale_until <= self.on_sale_from:
            raise ValidationError({"on_sale_until": _("停售时间要晚于开售时间。")})


class ProductOption(models.Model):
    """A way in which a product's SKUs differ: 颜色 is 红 or 黑. SKUs are its combinations."""

    store = models.ForeignKey("stores.Store", models.CASCADE, editable=False, related_name="+")
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="options", verbose_name=_("商品")
    )
    name = models.CharField(_("规格名"), max_length=10)
    values = ArrayField(
        models.CharField(max_length=OPTION_VALUE_LENGTH),
        size=OPTION_VALUES,
        verbose_name=_("规格值"),
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("规格项")
        verbose_name_plural = _("规格项")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="catalog_option_once")
        ]

    def __str__(self) -> str:
        return self.name


class ProductPhoto(models.Model):
    """A photo, decoded and re-encoded on upload (`core/photos.py`); the first is the cover."""

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


class ReturnRule(models.TextChoices):
    SEVEN_DAYS = "seven_days", _("七天无理由退货")
    EXEMPT = "exempt", _("不支持七天无理由退货")


class ReturnReason(models.TextChoices):
    """Why the law lets a SKU out: 消费者权益保护法, article 25, and the SAMR's rules of 2017.

    The first four are exempt by themselves; the last three only if the buyer agrees to it.
    """

    MADE_TO_ORDER = "made_to_order", _("消费者定作的商品")
    PERISHABLE = "perishable", _("鲜活易腐的商品")
    DIGITAL = "digital", _("在线下载或已拆封的音像制品、计算机软件等数字化商品")
    PERIODICAL = "periodical", _("交付的报纸、期刊")
    OPENED = "opened", _("拆封后影响人身安全、健康或品质的商品")
    ACTIVATED = "activated", _("激活或试用后价值贬损较大的商品")
    NEAR_EXPIRY = "near_expiry", _("已明示的临期或有瑕疵的商品")

    @property
    def needs_consent(self) -> bool:
        """Whether it holds only when the buyer has agreed to it for this purchase."""
        return self in (self.OPENED, self.ACTIVATED, self.NEAR_EXPIRY)


class Sku(models.Model):
    """What is priced, stocked and bought. Available = on hand − reserved, never below zero.

    `options` is its place in the matrix, [["颜色", "红"], ["尺寸", "M"]], or [] for a SKU that only
    has a name.

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
    options = models.JSONField(_("规格组合"), default=list, blank=True, editable=False)
    cost_fen = models.PositiveBigIntegerField(
        _("成本价"), null=True, blank=True, validators=[MaxValueValidator(MAX_FEN)]
    )
    barcode = models.CharField(_("条码"), max_length=32, blank=True, validators=[barcode_check])
    weight_g = models.PositiveIntegerField(
        _("重量（克）"), null=True, blank=True, validators=[MaxValueValidator(MAX_WEIGHT_G)]
    )
    volume_cm3 = models.PositiveIntegerField(
        _("体积（立方厘米）"), null=True, blank=True, validators=[MaxValueValidator(MAX_VOLUME_CM3)]
    )
    photo = models.ImageField(_("规格图片"), upload_to="products/", blank=True)
    low_stock_below = models.PositiveIntegerField(
        _("库存预警"), default=10, help_text=_("可售数量少于它时，首页提醒补货；0 为不提醒。")
    )
    return_rule = models.CharField(
        _("退货规则"), max_length=16, choices=ReturnRule.choices, default=ReturnRule.SEVEN_DAYS
    )
    return_reason = models.CharField(
        _("不支持的法定理由"), max_length=16, choices=ReturnReason.choices, blank=True
    )
    content = EncryptedTextField(
        _("交付内容"),
        blank=True,
        default="",
        help_text=_("只用于虚拟商品：付款后买家看到的文字，例如下载地址和提取码。"),
    )
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
            models.UniqueConstraint(
                fields=["product", "options"],
                condition=Q(removed_at=None) & ~Q(options=[]),
                name="catalog_sku_combination_once",
            ),
            models.CheckConstraint(
                condition=Q(return_rule="seven_days", return_reason="")
                | Q(return_rule="exempt") & ~Q(return_reason=""),
                name="catalog_sku_exempt_with_reason",
            ),
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
