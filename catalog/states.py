"""A product's life: what may be bought."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Machine, Move


class ProductState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    ON_SALE = "on_sale", _("在售")
    OFF = "off", _("已下架")


PRODUCT = Machine(
    "product",
    states=ProductState,
    initial=ProductState.DRAFT,
    moves=[
        Move(
            "publish",
            (ProductState.DRAFT, ProductState.OFF),
            ProductState.ON_SALE,
            because="the merchant puts it on sale",
        ),
        Move(
            "withdraw",
            (ProductState.ON_SALE,),
            ProductState.OFF,
            because="the merchant takes it off sale; open groups and orders go on",
        ),
    ],
)
