"""Where a parcel is: asked for when somebody looks and what is known is old."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import connection

from orders.carriers import CarrierTrouble, tracker
from orders.models import ParcelTrack, Shipment

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(minutes=30)
# Whoever looks next after a failure waits this long; so do all but one who look at once.
ASK_EVERY = timedelta(minutes=1)

_CLAIM = """
INSERT INTO orders_parceltrack (store_id, shipment_id, asked_at, delivered, scans)
VALUES (%(store)s, %(shipment)s, %(now)s, FALSE, '[]')
ON CONFLICT (shipment_id) DO UPDATE SET asked_at = EXCLUDED.asked_at
WHERE NOT orders_parceltrack.delivered
    AND orders_parceltrack.asked_at <= %(asked_before)s
    AND COALESCE(orders_parceltrack.fetched_at <= %(fetched_before)s, TRUE)
"""


def parcel_track(*, shipment_id: int, now: datetime) -> ParcelTrack | None:
    """What is known about a parcel, asked afresh when that is old; None when nothing is known.

    No transaction may be open: the carrier is asked, three seconds at most. A carrier that is
    silent changes nothing. A delivered parcel is not asked for again.
    """
    service = tracker()
    if service is not None and _claimed(parcel := _parcel(shipment_id), now=now):
        try:
            told = service.track(
                carrier=parcel.carrier, tracking_no=parcel.tracking_no, phone=parcel.order.phone
            )
        except CarrierTrouble as trouble:
            log.info("parcel %s: %s", shipment_id, trouble)
        else:
            ParcelTrack.objects.filter(shipment_id=shipment_id).update(
                fetched_at=now,
                delivered=told.delivered,
                scans=[asdict(scan) for scan in told.scans],
            )
    return ParcelTrack.objects.filter(shipment_id=shipment_id).exclude(fetched_at=None).first()


def _parcel(shipment_id: int) -> Shipment:
    return Shipment.objects.select_related("order").get(pk=shipment_id)


def _claimed(parcel: Shipment, *, now: datetime) -> bool:
    """Whether it is this caller who asks: one statement, so that a crowd asks once."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "store": parcel.store_id,
                "shipment": parcel.pk,
                "now": now,
                "asked_before": now - ASK_EVERY,
                "fetched_before": now - FRESH_FOR,
            },
        )
        return cursor.rowcount == 1
