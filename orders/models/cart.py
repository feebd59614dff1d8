"""Carts."""

from django.conf import settings
from django.db import models
from django.db.models import Q


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
