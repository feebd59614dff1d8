"""Card keys that wait to be sold, and everything that was delivered on a screen."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField

CONTENT_LENGTH = 500


class DigitalItem(models.Model):
    """A card key (卡密), waiting or sold, or the text that a line's buyer was given.

    A SKU sold by card keys has exactly as many waiting ones as pieces on hand.
    """

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    sku = models.ForeignKey(
        "catalog.Sku", models.PROTECT, related_name="+", verbose_name=_("规格"), db_index=False
    )
    content = EncryptedTextField(_("内容"))
    # What a key is known by, so that the same one is never sold twice; "" for a text.
    content_index = models.CharField(max_length=64, blank=True, default="", editable=False)
    line = models.ForeignKey(
        "orders.OrderLine",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="digital_items",
        verbose_name=_("订单行"),
    )
    added_at = models.DateTimeField(_("导入时间"))
    delivered_at = models.DateTimeField(_("交付时间"), null=True, blank=True)
    voided_at = models.DateTimeField(_("作废时间"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("导入人"),
    )

    class Meta:
        verbose_name = _("卡密")
        verbose_name_plural = _("卡密")
        constraints = [
            models.UniqueConstraint(
                fields=["sku", "content_index"],
                condition=~Q(content_index=""),
                name="digital_key_once",
            ),
            models.CheckConstraint(
                condition=Q(line=None, delivered_at=None)
                | Q(line__isnull=False, delivered_at__isnull=False, voided_at=None),
                name="digital_delivered_with_line",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sku", "id"],
                name="digital_waiting",
                condition=Q(line=None, voided_at=None),
            ),
            models.Index(fields=["store", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} #{self.pk}"

    @property
    def masked(self) -> str:
        """Its first characters: enough to recognise it, not enough to use it."""
        return f"{self.content[:4]}****" if len(self.content) > 6 else "****"
