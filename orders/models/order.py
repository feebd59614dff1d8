"""An order."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField, mask_name, mask_phone
from core.ids import PublicIdField
from core.models import Deadline, due_indexes
from orders.states import OrderState


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
    # Region and street as anybody may type them (`orders/destinations.py`), or "".
    street_index = models.CharField(max_length=64, blank=True, default="", editable=False)
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
    # The buyer asked for the closing: money that still comes goes back, where a timer would keep it.
    given_up_at = models.DateTimeField(_("买家取消付款"), null=True, blank=True)
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
            models.Index(fields=["store", "placed_at"], name="orders_order_placed"),
            models.Index(
                fields=["store", "paid_at"],
                name="orders_order_paid",
                condition=Q(paid_at__isnull=False),
            ),
            models.Index(
                fields=["offer_kind", "offer_ref"],
                name="orders_order_offer",
                condition=~Q(offer_kind=""),
            ),
            models.Index(fields=["phone_index"], name="orders_order_phone"),
            models.Index(
                fields=["street_index", "placed_at"],
                name="orders_order_street",
                condition=~Q(street_index=""),
            ),
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
            *due_indexes("orders_order"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def masked_recipient(self) -> str:
        return f"{mask_name(self.recipient)} {mask_phone(self.phone)}"
