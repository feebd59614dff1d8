"""What an order's state is called: that depends on what it waits for, and how it reaches its buyer."""

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import Order, OrderChange, OrderHold
from orders.states import OrderState

_GROUP = OrderHold.objects.filter(kind=OrderHold.Kind.GROUP, closed_at=None)
_MOVES = OrderChange.objects.filter(kind=OrderChange.Kind.ADDRESS).order_by("-pk")


def with_waits(rows: QuerySet[Order]) -> QuerySet[Order]:
    """The orders, each knowing whether it waits for its group, without a query of its own."""
    return rows.annotate(group_is_open=Exists(_GROUP.filter(order=OuterRef("pk"))))


def with_moves(rows: QuerySet[Order]) -> QuerySet[Order]:
    """The orders, each knowing when it was last sent elsewhere, without a query of its own."""
    last = _MOVES.filter(order=OuterRef("pk")).values("at")[:1]
    return rows.annotate(moved_at=Subquery(last))


def moved_words(order: Order) -> str:
    """For whoever packs by an older paper: that it goes elsewhere now, and since when; or ""."""
    if hasattr(order, "moved_at"):
        at = order.moved_at
    else:
        at = _MOVES.filter(order=order).values_list("at", flat=True).first()
    if at is None:
        return ""
    return _("收货信息改过 %(at)s") % {"at": f"{timezone.localtime(at):%Y-%m-%d %H:%M}"}


def waits_for_group(order: Order) -> bool:
    """Whether the order is paid and its group undecided; otherwise a held one waits for a judgement."""
    if order.state != OrderState.ON_HOLD:
        return False
    known: bool | None = getattr(order, "group_is_open", None)
    return _GROUP.filter(order=order).exists() if known is None else known


def state_words(order: Order, *, for_buyer: bool) -> str:
    """The state as buyer or merchant call it; a buyer is not told of a judgement."""
    if order.state == OrderState.ON_HOLD:
        if waits_for_group(order):
            return _("待成团")
        return _("商家确认中") if for_buyer else _("待审核")
    if order.state == OrderState.TO_SHIP and order.delivery == Order.Delivery.PICKUP:
        return _("待取货")
    return str(OrderState(order.state).label)
