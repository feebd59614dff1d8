"""Every lock of flash sales, and the counters that are scarce.

    order → payment → the buyer's own count → the offer's quota → SKUs

An offer is the row that everybody wants at the stroke of its start: it is taken last but for the
SKU. What is given back starts at the purchase and goes the same way.
"""

from datetime import datetime

from django.db import connection
from django.db.models import F

from campaigns.flash.models import FlashBuyer, FlashCampaign, FlashOffer, FlashPurchase
from core.prepared import Prepared

_BUYER_TAKE = Prepared(
    "flash_buyer_take",
    """
    INSERT INTO flash_flashbuyer AS mine (store_id, offer_id, user_id, bought, "limit")
    SELECT %(store)s::bigint, %(offer)s::bigint, %(user)s::bigint, %(quantity)s::int, %(limit)s::int
    WHERE %(quantity)s::int <= %(limit)s::int
    ON CONFLICT (offer_id, user_id) DO UPDATE SET bought = mine.bought + EXCLUDED.bought
    WHERE mine.bought + EXCLUDED.bought <= mine."limit"
    """,
)
_QUOTA_TAKE = Prepared(
    "flash_quota_take",
    """
    UPDATE flash_flashoffer SET sold = sold + %(quantity)s
    WHERE id = %(offer)s AND quota >= sold + %(quantity)s AND EXISTS (
        SELECT 1 FROM flash_flashcampaign c WHERE c.id = campaign_id
            AND c.state = 'published' AND c.starts_at <= %(now)s AND c.ends_at > %(now)s
    )
    """,
)
# FOR SHARE: those who reserve do not wait for one another, only for the moment of telling.
_REMINDER_TAKE = """
    INSERT INTO flash_flashreminder (store_id, offer_id, user_id, asked_at)
    SELECT o.store_id, o.id, %(user)s, %(now)s
    FROM flash_flashoffer o JOIN flash_flashcampaign c ON c.id = o.campaign_id
    WHERE o.id = %(offer)s AND c.state = 'published' AND c.opening_told_at IS NULL
        AND c.starts_at > %(now)s
    FOR SHARE OF c
    ON CONFLICT (offer_id, user_id) DO NOTHING
"""


def campaign_lock(campaign_id: int) -> FlashCampaign:
    """The campaign, for publishing, telling and ending it. Raises FlashCampaign.DoesNotExist."""
    return FlashCampaign.objects.select_for_update(no_key=True).get(pk=campaign_id)


def publishing_lock(store_id: int) -> None:
    """One store publishes one campaign at a time: two with the same SKU would not see each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"flash:publish:{store_id}"]
        )


def purchase_lock(order_id: int) -> FlashPurchase | None:
    """What the order holds of an offer; None for other orders."""
    rows = FlashPurchase.objects.select_for_update(no_key=True)
    return rows.filter(order_id=order_id).first()


def buyer_take(*, offer: FlashOffer, user_id: int, quantity: int) -> bool:
    """Count pieces against the person's limit; False when they are too many. Two at once wait."""
    values = {
        "store": offer.store_id,
        "offer": offer.pk,
        "user": user_id,
        "quantity": quantity,
        "limit": offer.per_person,
    }
    return _BUYER_TAKE.count(values) == 1


def buyer_give_back(*, offer_id: int, user_id: int, quantity: int) -> None:
    """The person may buy these pieces again."""
    rows = FlashBuyer.objects.filter(offer_id=offer_id, user_id=user_id)
    rows.update(bought=F("bought") - quantity)


def quota_take(*, offer_id: int, quantity: int, now: datetime) -> bool:
    """Take pieces of the offer's quota, if so many are left and its slot runs."""
    values = {"offer": offer_id, "quantity": quantity, "now": now}
    return _QUOTA_TAKE.count(values) == 1


def quota_give_back(*, offer_id: int, quantity: int) -> None:
    """Return the pieces that an order had taken."""
    FlashOffer.objects.filter(pk=offer_id).update(sold=F("sold") - quantity)


def reminder_take(*, offer_id: int, user_id: int, now: datetime) -> bool:
    """Reserve a reminder, unless the slot's opening was told already; False then, or when there was
    one before."""
    with connection.cursor() as cursor:
        cursor.execute(_REMINDER_TAKE, {"offer": offer_id, "user": user_id, "now": now})
        return cursor.rowcount == 1
