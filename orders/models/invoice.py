"""Invoices that buyers ask for."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField
from core.ids import PublicIdField
from orders.models.order import Order
from orders.states import InvoiceState


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
    # What it says, so that money that goes back later is known to be too much of it.
    issued_fen = models.PositiveBigIntegerField(_("开票金额（分）"), null=True, blank=True)
    # How much of that the store has taken back by credit notes (红字发票), in all.
    reversed_fen = models.PositiveBigIntegerField(_("已红冲金额（分）"), default=0, db_default=0)
    reversed_at = models.DateTimeField(_("最近一次红冲"), null=True, blank=True)
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
            models.CheckConstraint(
                condition=~Q(state="issued") | Q(issued_fen__isnull=False),
                name="orders_invoice_has_amount",
            ),
            models.CheckConstraint(
                condition=Q(reversed_fen=0) | Q(state="issued", issued_fen__gte=F("reversed_fen")),
                name="orders_invoice_reversed_within",
            ),
        ]
        indexes = [models.Index(fields=["store", "state", "-id"])]

    def __str__(self) -> str:
        return self.public_id
