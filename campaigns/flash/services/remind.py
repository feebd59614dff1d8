"""A reminder before the start, for whoever asks for one."""

from datetime import datetime

from django.db import transaction

from campaigns.flash.locks import reminder_take
from campaigns.flash.models import FlashOffer, FlashReminder
from campaigns.flash.services.refusals import ReminderRefused


def reminder_ask(*, offer_public_id: str, user_id: int, now: datetime) -> bool:
    """Reserve a reminder; False when there was one before. Raises ReminderRefused.

    Whoever gets True is told: the telling waits for reservations that are being written.
    """
    offer_id = _offer_id(offer_public_id)
    if offer_id is None:
        raise ReminderRefused
    with transaction.atomic():
        if reminder_take(offer_id=offer_id, user_id=user_id, now=now):
            return True
        if FlashReminder.objects.filter(offer_id=offer_id, user_id=user_id).exists():
            return False
        raise ReminderRefused


def reminder_drop(*, offer_public_id: str, user_id: int) -> bool:
    """The person does not want to be reminded any more; False when there was nothing to drop."""
    rows = FlashReminder.objects.filter(offer__public_id=offer_public_id, user_id=user_id)
    return bool(rows.delete()[0])


def reminders_fold(*, folded_id: int, person_id: int) -> None:
    """Two accounts of one person became one: what either wants to be reminded of, the person does."""
    asked = FlashReminder.objects.filter(user_id=person_id).values("offer_id")
    FlashReminder.objects.filter(user_id=folded_id).exclude(offer_id__in=asked).update(
        user_id=person_id
    )


def _offer_id(public_id: str) -> int | None:
    return FlashOffer.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
