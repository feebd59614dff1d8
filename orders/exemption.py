"""Goods that are not taken back without a reason: the buyer agrees to it, for each purchase.

The agreement is an act of its own, written before the order, so that every way of placing one asks
the same question: is there a fresh agreement of this buyer for this SKU?
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from catalog.queries import SkuForSale
from orders.models import ExemptionConsent

# From ticking the box to placing the order; a form that was refused is ticked again or sent again.
GOOD_FOR = timedelta(hours=1)


def wording(sku: SkuForSale) -> str:
    """What the buyer agrees to, in the words of the checkout; "" when there is nothing to ask."""
    return _said(sku) if sku.consent_reason else ""


def notice(sku: SkuForSale) -> str:
    """What the checkout says of goods that the law exempts by itself: nobody has to agree."""
    return _said(sku) if sku.exempt_reason and not sku.consent_reason else ""


def _said(sku: SkuForSale) -> str:
    said = {"title": sku.title, "name": sku.name, "because": sku.exempt_reason}
    return _("“%(title)s %(name)s”属于%(because)s，不支持七天无理由退货") % said


def exemption_agree(*, user_id: int, skus: Iterable[SkuForSale], now: datetime) -> int:
    """Write down that the buyer agreed, for those of the SKUs that need it; how many there are."""
    asked = [sku for sku in skus if sku.consent_reason]
    ExemptionConsent.objects.bulk_create(
        ExemptionConsent(
            store_id=sku.store_id,
            user_id=user_id,
            sku_id=sku.id,
            wording=wording(sku)[:200],
            given_at=now,
        )
        for sku in asked
    )
    return len(asked)


def consents_of(user_id: int, skus: Iterable[SkuForSale], *, now: datetime) -> dict[int, int]:
    """The ids of the buyer's fresh agreements by SKU, for the SKUs that need one. No query when
    none does."""
    asked = [sku.id for sku in skus if sku.consent_reason]
    if not asked:
        return {}
    rows = ExemptionConsent.objects.filter(
        user_id=user_id, sku_id__in=asked, given_at__gt=now - GOOD_FOR
    ).order_by("given_at", "pk")
    return dict(rows.values_list("sku_id", "pk"))
