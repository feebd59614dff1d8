"""What a group lacks and whether its campaign has goods left, as the database counts them."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from campaigns.groupbuy.models import Group, GroupPrice
from catalog.queries import on_sale_now


def missing_people(to: str = "") -> CombinedExpression:
    """`Group.missing` of an undecided group, below zero when more than enough have paid. `to` leads
    to the group."""
    enough = Coalesce(F(f"{to}least"), F(f"{to}size"))
    return enough - F(f"{to}joined") - F(f"{to}confirmed")


def has_quota(to: str = "") -> Q:
    """`Group.has_quota` of an undecided group. `to` leads to the group."""
    runs = Q(**{f"{to}campaign__cancelled_at": None})
    quota = f"{to}campaign__quota__gt"
    used, needed = F(f"{to}campaign__quota_used"), F(f"{to}campaign__quota_needed")
    taken = F(f"{to}reserved") + F(f"{to}joined") + F(f"{to}confirmed")
    all_of_them = Q(**{f"{to}least": None, f"{to}size__gt": taken})
    needs = all_of_them | Q(**{f"{to}least__gt": taken})
    return runs & Q(**{quota: used}) & (needs | Q(**{quota: used + needed}))


def in_stock(campaign: str = "campaign_id") -> Exists:
    """Whether any SKU of a campaign can be had. `campaign` is what leads to its id: these rows are its
    groups or seats, or with "pk" campaigns themselves."""
    prices = GroupPrice.objects.filter(campaign_id=OuterRef(campaign))
    return Exists(prices.filter(can_be_had()))


def can_be_had() -> Q:
    """Whether a price's SKU can be had: there is a piece, and its store takes orders. That its product
    is withdrawn keeps nobody from joining a group that is open."""
    return Q(sku__removed_at=None, sku__on_hand__gt=F("sku__reserved"), store__is_open=True)


def with_goods(groups: QuerySet[Group]) -> QuerySet[Group]:
    """With what there is to join them or to lead another: `in_stock`, whether the store
    `takes_orders`, and whether the product is `on_sale`."""
    return groups.annotate(
        in_stock=in_stock(),
        takes_orders=F("store__is_open"),
        on_sale=on_sale_now("campaign__product__"),
    )
