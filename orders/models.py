"""Orders, their lines, holds and shipments."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField, mask_name, mask_phone
from core.ids import PublicIdField
from core.models import Deadline, due_index
from core.money import yuan
from orders.states import InvoiceState, OrderState


class Order(Deadline):
    """One buyer, one store. Lines, prices and address are snapshots: later edits change no order.

    `due_at` is the next instant something happens by itself: closing when unpaid, receiving when
    shipped.
    """

    class Offer(models.TextChoices):
        """What the unit price came from."""

        PLAIN = "", _("单独购买")
        GROUP = "group", _("拼团")
        BARGAIN = "bargain", _("砍价")
        FLASH = "flash", _("秒杀")

    class Delivery(models.TextChoices):
        """How it reaches the buyer."""

        POST = "post", _("快递")
        PICKUP = "pickup", _("到店自提")
        DIGITAL = "digital", _("在线交付")

    public_id = PublicIdField(prefix="ord")
    # The composite indexes below begin with store and buyer: single ones would only cost writes.
    store = models.ForeignKey(
        "stores.Store",
        models.PROTECT,
        related_name="orders",
        verbose_name=_("店铺"),
        db_index=False,
    )
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="orders",
        verbose_name=_("买家"),
        db_index=False,
    )
    state = models.CharField(
        _("状态"), max_length=24, choices=OrderState.choices, default=OrderState.AWAITING_PAYMENT
    )
    offer_kind = models.CharField(
        _("购买方式"), max_length=16, choices=Offer.choices, blank=True, default=""
    )
    offer_ref = models.CharField(_("活动编号"), max_length=32, blank=True)
    checkout_ref = models.CharField(_("合并下单编号"), max_length=32, blank=True, default="")
    goods_fen = models.PositiveBigIntegerField(_("商品金额（分）"))
    discount_fen = models.PositiveBigIntegerField(_("优惠（分）"), default=0)
    freight_fen = models.PositiveBigIntegerField(_("运费（分）"), default=0)
    # What the merchant added (+) or took off (−) by hand, once, before it was paid.
    adjust_fen = models.BigIntegerField(_("商家改价（分）"), default=0)
    payable_fen = models.PositiveBigIntegerField(_("应付（分）"))
    note = models.CharField(_("买家留言"), max_length=200, blank=True)
    delivery = models.CharField(
        _("交付方式"), max_length=8, choices=Delivery.choices, default=Delivery.POST
    )
    pickup_ref = models.CharField(max_length=32, blank=True, default="", editable=False)
    # What the buyer shows and the merchant scans; only good while the order waits to be fetched.
    pickup_code = models.CharField(max_length=12, blank=True, default="", editable=False)
    recipient = EncryptedTextField(_("收货人"))
    phone = EncryptedTextField(_("收货手机"))
    phone_index = models.CharField(max_length=64, editable=False)
    region = models.CharField(_("地区"), max_length=100)
    street = EncryptedTextField(_("详细地址"))
    placed_at = models.DateTimeField(_("下单时间"))
    pay_before = models.DateTimeField(_("付款截止"))
    payment = models.ForeignKey(
        "payments.Payment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("支付单"),
        db_index=False,
        help_text=_("决定这个订单的那一笔支付；其他到账一律退回"),
    )
    close_requested_at = models.DateTimeField(_("请求关闭时间"), null=True, blank=True)
    paid_at = models.DateTimeField(_("付款时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    released_at = models.DateTimeField(_("可发货时间"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("发货时间"), null=True, blank=True)
    receive_before = models.DateTimeField(_("自动收货时间"), null=True, blank=True)
    received_at = models.DateTimeField(_("收货时间"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True)
    cancel_reason = models.CharField(_("取消原因"), max_length=120, blank=True)
    urged_at = models.DateTimeField(_("催发货"), null=True, blank=True)
    # A mark of the browser and network it was placed from (`core/devices.py`), or "".
    device = models.CharField(max_length=32, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("订单")
        verbose_name_plural = _("订单")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    payable_fen=F("goods_fen")
                    - F("discount_fen")
                    + F("freight_fen")
                    + F("adjust_fen")
                ),
                name="orders_payable_adds_up",
            ),
            models.CheckConstraint(condition=Q(payable_fen__gte=1), name="orders_payable_min"),
            models.CheckConstraint(
                condition=Q(delivery="pickup") & ~Q(pickup_code="")
                | ~Q(delivery="pickup") & Q(pickup_code=""),
                name="orders_pickup_has_code",
            ),
            models.UniqueConstraint(
                fields=["store", "pickup_code"],
                condition=~Q(pickup_code=""),
                name="orders_pickup_code_once",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "-id"]),
            models.Index(fields=["buyer", "-id"]),
            models.Index(
                fields=["offer_kind", "offer_ref"],
                name="orders_order_offer",
                condition=~Q(offer_kind=""),
            ),
            models.Index(fields=["phone_index"], name="orders_order_phone"),
            models.Index(
                fields=["device", "placed_at"],
                name="orders_order_device",
                condition=~Q(device=""),
            ),
            models.Index(
                fields=["buyer", "checkout_ref"],
                name="orders_order_checkout",
                condition=~Q(checkout_ref=""),
            ),
            due_index("orders_order_due"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def masked_recipient(self) -> str:
        return f"{mask_name(self.recipient)} {mask_phone(self.phone)}"


class OrderLine(models.Model):
    """A SKU as it was when it was bought."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="lines", verbose_name=_("订单"), db_index=False
    )
    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="+", verbose_name=_("规格"))
    title = models.CharField(_("商品"), max_length=60)
    sku_name = models.CharField(_("规格名"), max_length=40)
    photo = models.CharField(_("图片"), max_length=200, blank=True)
    list_price_fen = models.PositiveBigIntegerField(_("单独购买价（分）"))
    unit_price_fen = models.PositiveBigIntegerField(_("成交单价（分）"))
    quantity = models.PositiveIntegerField(_("数量"))
    amount_fen = models.PositiveBigIntegerField(_("小计（分）"))
    discount_fen = models.PositiveBigIntegerField(_("优惠（分）"), default=0)
    # Its share of the merchant's change of price; see `orders/amounts.py`.
    adjust_fen = models.BigIntegerField(_("改价分摊（分）"), default=0)
    # What came back of it afterwards while it stayed bought; see `orders/services/give_back.py`.
    rebate_fen = models.PositiveBigIntegerField(_("事后退差价（分）"), default=0)
    shipped_quantity = models.PositiveIntegerField(_("已发数量"), default=0)
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True)
    # What was promised of it when it was bought, whatever its SKU says later.
    return_rule = models.CharField(_("退货规则"), max_length=16, default="seven_days")
    return_reason = models.CharField(_("不支持的法定理由"), max_length=16, blank=True, default="")
    exempt_consent = models.ForeignKey(
        "orders.ExemptionConsent",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("不退货确认"),
    )

    class Meta:
        verbose_name = _("订单行")
        verbose_name_plural = _("订单行")
        constraints = [
            models.CheckConstraint(
                condition=Q(discount_fen__lte=F("amount_fen")), name="orders_line_discount_within"
            ),
            models.CheckConstraint(
                condition=Q(rebate_fen__lte=F("amount_fen") - F("discount_fen")),
                name="orders_line_rebate_within",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen=F("unit_price_fen") * F("quantity")),
                name="orders_line_adds_up",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orders_line_quantity_min"),
            models.UniqueConstraint(fields=["order", "sku"], name="orders_line_sku_once"),
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=F("quantity")),
                name="orders_line_never_overshipped",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(shipped_quantity=0),
                name="orders_line_cancelled_or_shipped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.sku_name} × {self.quantity}"

    @property
    def left(self) -> int:
        """How many are still to be sent."""
        return 0 if self.cancelled_at else self.quantity - self.shipped_quantity


class ExemptionConsent(models.Model):
    """A buyer agreed, for one purchase, that a SKU is not taken back without a reason. Append-only.

    《网络购买商品七日无理由退货暂行办法》第七、八条: it holds only if the buyer confirmed it for this
    purchase, in a step of its own.
    """

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="+")
    wording = models.CharField(_("确认内容"), max_length=200)
    given_at = models.DateTimeField(_("确认时间"))

    class Meta:
        verbose_name = _("不退货确认")
        verbose_name_plural = _("不退货确认")
        indexes = [models.Index(fields=["user", "sku", "-given_at"])]

    def __str__(self) -> str:
        return self.wording


class OrderAdjustment(models.Model):
    """One reason why an order cost less, and how much: shown to shopper and merchant alike."""

    class Kind(models.TextChoices):
        """In the order in which they apply."""

        MEMBER = "member", _("会员价")
        REDUCTION = "reduction", _("满减")
        COUPON = "coupon", _("优惠券")
        POINTS = "points", _("积分")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="adjustments", verbose_name=_("订单"), db_index=False
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    reference = models.CharField(_("关联编号"), max_length=32)
    label = models.CharField(_("名称"), max_length=60)
    amount_fen = models.PositiveBigIntegerField(_("优惠（分）"))

    class Meta:
        verbose_name = _("优惠明细")
        verbose_name_plural = _("优惠明细")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind", "reference"], name="orders_adjustment_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=1), name="orders_adjustment_min"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.label}"


class OrderHold(models.Model):
    """A reason why a paid order may not ship yet. Only its owner closes it."""

    class Kind(models.TextChoices):
        GROUP = "group", _("待成团")
        RISK = "risk", _("待审核")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="holds", verbose_name=_("订单"), db_index=False
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    reference = models.CharField(_("关联编号"), max_length=32)
    opened_at = models.DateTimeField(_("开始时间"))
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("订单保留")
        verbose_name_plural = _("订单保留")
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="orders_hold_once_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"


class RiskReview(Deadline):
    """An order that waits for a person's judgement; `due_at` is when it goes on without one."""

    class Outcome(models.TextChoices):
        WAITING = "", _("待审核")
        RELEASED = "released", _("已放行")
        REFUSED = "refused", _("已拒绝")
        TIMED_OUT = "timed_out", _("到时放行")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    order = models.OneToOneField(
        Order, models.PROTECT, related_name="risk_review", verbose_name=_("订单")
    )
    score = models.PositiveSmallIntegerField(_("总分"))
    why = models.CharField(_("原因"), max_length=300)
    outcome = models.CharField(
        _("结果"), max_length=16, choices=Outcome.choices, blank=True, default=""
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("经手人"),
    )
    note = models.CharField(_("说明"), max_length=120, blank=True)
    opened_at = models.DateTimeField(_("开始时间"))
    decided_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("订单审核")
        verbose_name_plural = _("订单审核")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None)
                | ~Q(outcome="") & Q(decided_at__isnull=False),
                name="orders_review_decided",
            )
        ]
        indexes = [models.Index(fields=["store", "outcome", "-id"]), due_index("orders_review_due")]

    def __str__(self) -> str:
        return f"{self.order} {self.score}"


class Shipment(models.Model):
    """A parcel."""

    class Carrier(models.TextChoices):
        """Whom merchants send with."""

        SF = "sf", _("顺丰速运")
        ZTO = "zto", _("中通快递")
        YTO = "yto", _("圆通速递")
        STO = "sto", _("申通快递")
        YUNDA = "yunda", _("韵达快递")
        JT = "jt", _("极兔速递")
        JD = "jd", _("京东物流")
        EMS = "ems", _("邮政EMS")
        OTHER = "other", _("其他快递")

    class Handed(models.TextChoices):
        """How goods reach a buyer without one."""

        PICKUP = "pickup", _("到店自提")
        DIGITAL = "digital", _("在线交付")

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+", editable=False)
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="shipments", verbose_name=_("订单")
    )
    carrier = models.CharField(
        _("快递公司"), max_length=20, choices=[*Carrier.choices, *Handed.choices]
    )
    tracking_no = models.CharField(_("运单号"), max_length=40)
    shipped_at = models.DateTimeField(_("发货时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("包裹")
        verbose_name_plural = _("包裹")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "carrier", "tracking_no"], name="orders_parcel_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_no}"

    @property
    def is_posted(self) -> bool:
        """A carrier has it, so that there is something to track."""
        return self.carrier in self.Carrier.values


class CartLine(models.Model):
    """A SKU that somebody, a person or a guest's cookie, means to buy. Nothing is reserved by it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False
    )
    guest = models.CharField(max_length=32, blank=True, default="")
    store = models.ForeignKey(
        "stores.Store", models.CASCADE, related_name="+", editable=False, db_index=False
    )
    sku = models.ForeignKey("catalog.Sku", models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    selected = models.BooleanField(default=True)
    # The price when it was put in, in fen: what a change is shown against.
    seen_fen = models.PositiveBigIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, guest="") | (Q(user=None) & ~Q(guest="")),
                name="orders_cart_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=999), name="orders_cart_quantity"
            ),
            models.UniqueConstraint(
                fields=["user", "sku"], condition=Q(guest=""), name="orders_cart_user_sku"
            ),
            models.UniqueConstraint(
                fields=["guest", "sku"], condition=~Q(guest=""), name="orders_cart_guest_sku"
            ),
        ]
        indexes = [
            models.Index(fields=["added_at"], name="orders_cart_guest_age", condition=~Q(guest="")),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} × {self.quantity}"


class ShipmentLine(models.Model):
    """How many of a line are in a parcel."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    shipment = models.ForeignKey(
        Shipment, models.CASCADE, related_name="lines", verbose_name=_("包裹"), db_index=False
    )
    line = models.ForeignKey(
        OrderLine, models.CASCADE, related_name="parcels", verbose_name=_("订单行")
    )
    quantity = models.PositiveIntegerField(_("数量"))

    class Meta:
        verbose_name = _("包裹内容")
        verbose_name_plural = _("包裹内容")
        constraints = [
            models.UniqueConstraint(fields=["shipment", "line"], name="orders_parcel_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orders_parcel_quantity_min"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} × {self.quantity}"


class OrderReprice(models.Model):
    """The one change of price of an unpaid order: asked for, and applied when WeChat has closed
    the old attempt. Never applied when the buyer paid the old price first."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    # One row per order, ever: the price changes once.
    order = models.OneToOneField(
        Order, models.CASCADE, related_name="reprice", verbose_name=_("订单")
    )
    before_fen = models.PositiveBigIntegerField(_("原应付（分）"))
    after_fen = models.PositiveBigIntegerField(_("新应付（分）"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    asked_at = models.DateTimeField(_("改价时间"))
    applied_at = models.DateTimeField(_("生效时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("改价")
        verbose_name_plural = _("改价")
        constraints = [
            models.CheckConstraint(condition=Q(after_fen__gte=1), name="orders_reprice_min")
        ]

    def __str__(self) -> str:
        return f"{yuan(self.before_fen)} → {yuan(self.after_fen)}"


class OrderChange(models.Model):
    """Something a person did to an order beside its states. Written once, shown on its timeline.

    `detail` never holds a full address, phone or name.
    """

    class Kind(models.TextChoices):
        ADDRESS = "address", _("修改收货信息")
        LINE_CANCELLED = "line_cancelled", _("取消部分商品")
        URGED = "urged", _("买家催发货")
        EXTENDED = "extended", _("买家延长收货")
        NOTE = "note", _("商家备注")

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(Order, models.CASCADE, related_name="changes", verbose_name=_("订单"))
    kind = models.CharField(_("类型"), max_length=16, choices=Kind.choices)
    detail = models.CharField(_("内容"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    # China's calendar day, where something may be done once a day.
    day = models.DateField(null=True, blank=True, editable=False)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("订单变动")
        verbose_name_plural = _("订单变动")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "day"], condition=Q(kind="urged"), name="orders_urged_once_a_day"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(kind="extended"), name="orders_extended_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.detail}"


class ParcelTrack(models.Model):
    """What the carrier said about a parcel last; a page shows it however old it is."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
    shipment = models.OneToOneField(
        Shipment, models.CASCADE, related_name="track", verbose_name=_("包裹")
    )
    # When the service was asked, and when it last answered.
    asked_at = models.DateTimeField(_("查询时间"))
    fetched_at = models.DateTimeField(_("更新时间"), null=True, blank=True)
    delivered = models.BooleanField(_("已签收"), default=False)
    scans = models.JSONField(_("轨迹"), default=list)

    class Meta:
        verbose_name = _("物流轨迹")
        verbose_name_plural = _("物流轨迹")

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.fetched_at}"


class Invoice(models.Model):
    """An invoice that a buyer asked for: one per order. The file is private."""

    class Kind(models.TextChoices):
        PERSON = "person", _("个人")
        COMPANY = "company", _("企业")

    public_id = PublicIdField(prefix="inv")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    order = models.OneToOneField(
        Order, models.PROTECT, related_name="invoice", verbose_name=_("订单")
    )
    state = models.CharField(
        _("状态"), max_length=16, choices=InvoiceState.choices, default=InvoiceState.REQUESTED
    )
    kind = models.CharField(_("抬头类型"), max_length=8, choices=Kind.choices)
    title = models.CharField(_("发票抬头"), max_length=100)
    tax_no = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    email = EncryptedTextField(_("接收邮箱"))
    requested_at = models.DateTimeField(_("申请时间"))
    file = models.CharField(max_length=120, blank=True, editable=False)
    issued_at = models.DateTimeField(_("开票时间"), null=True, blank=True)
    declined_at = models.DateTimeField(_("拒绝时间"), null=True, blank=True)
    decline_reason = models.CharField(_("未能开票的原因"), max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("发票")
        verbose_name_plural = _("发票")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="person", tax_no="") | Q(kind="company") & ~Q(tax_no=""),
                name="orders_invoice_tax_no",
            ),
            models.CheckConstraint(
                condition=~Q(state="issued") | ~Q(file=""), name="orders_invoice_has_file"
            ),
        ]
        indexes = [models.Index(fields=["store", "state", "-id"])]

    def __str__(self) -> str:
        return self.public_id
