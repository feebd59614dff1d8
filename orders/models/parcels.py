"""How an order reaches its buyer: parcels, what is in them, and where they are."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.lines import OrderLine
from orders.models.order import Order


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

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", editable=False, db_index=False
    )
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
        # Whose number it is already, asked before every parcel.
        indexes = [models.Index(fields=["store", "tracking_no"], name="orders_parcel_number")]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_no}"

    @property
    def is_posted(self) -> bool:
        """A carrier has it, so that there is something to track."""
        return self.carrier in self.Carrier.values


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
