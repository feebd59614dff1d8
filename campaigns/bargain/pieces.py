"""The piece in stock that a bargain keeps while it waits for its launcher.

Reserved at launch under the bargain's own public id, given to the order when that is placed, and
reserved again when the order closes unpaid (`orders.keepers`), under a name of that order's: a
reference reserves once. `Bargain.reserved_as` says which one is open; SKUs come last.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.bargain.models import BargainCampaign
from catalog.services import stock_is_reserved, stock_release, stock_reserve
from orders.keepers import Kept


def piece_take(*, sku_id: int, reference: str, now: datetime) -> None:
    """Reserve one piece. Raises OutOfStock."""
    stock_reserve(lines={sku_id: 1}, reference=reference, now=now, reason=_reason())


def piece_free(*, sku_id: int, reference: str, now: datetime) -> None:
    """Give the piece back, once; nothing for a bargain that has none."""
    if reference:
        stock_release(lines={sku_id: 1}, reference=reference, now=now)


def piece_kept_from(*, ref: str, order_id: int, campaign_id: int) -> str:
    """Under which reference the closed order's piece is the bargain's again; "" when it is not."""
    reference = kept(ref, order_id).reference
    return reference if stock_is_reserved(sku_of(campaign_id), reference) else ""


def kept(ref: str, order_id: int) -> Kept:
    """The keeper of bargains' orders."""
    return Kept(f"{ref}:{order_id}", _reason())


def sku_of(campaign_id: int) -> int:
    return BargainCampaign.objects.values_list("sku_id", flat=True).get(pk=campaign_id)


def _reason() -> str:
    return _("为砍价预留")
