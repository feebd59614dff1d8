"""What a group lacks and whether its campaign has goods left, as the database counts them."""

from django.db.models import Exists, F, OuterRef
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from campaigns.groupbuy.models import GroupPrice


def missing_people(to: str = "") -> CombinedExpression:
    """`Group.missing` of an undecided group, below zero when more than enough have paid. `to` leads
    to the group."""
    enough = Coalesce(F(f"{to}least"), F(f"{to}size"))
    return enough - F(f"{to}joined") - F(f"{to}confirmed")


def in_stock() -> Exists:
    """Whether any SKU of the campaign, of whose groups or seats these rows are, can be had."""
    prices = GroupPrice.objects.filter(campaign_id=OuterRef("campaign_id"))
    return Exists(prices.filter(sku__removed_at=None, sku__on_hand__gt=F("sku__reserved")))
