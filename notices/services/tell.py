"""Telling people what happened, once; and forgetting it after half a year."""

from datetime import datetime, timedelta

from django.db import transaction

from core.rows import row_insert_once
from core.words import shorten
from notices.about.subject import Subject
from notices.kinds import PUSHED, Kind
from notices.models import Notice, NoticeConsent
from notices.services.send import deliveries_begin
from notices.states import ConsentState
from notices.table import WORDS

KEPT = timedelta(days=180)
UNANSWERED_KEPT = timedelta(days=7)
PURGE_BATCH = 1000
TITLE_LENGTH, BODY_LENGTH = 40, 200


@transaction.atomic
def notices_tell(*, kind: Kind, subject: Subject, now: datetime) -> int:
    """Put the subject into the inboxes of its people; how many had not heard of it yet.

    Safe to run any number of times, and by several at once: the unique key (person, event) lets
    one of them in.
    """
    title, body = WORDS[kind]
    told = [
        Notice(
            store_id=subject.store_id,
            user_id=user_id,
            for_staff=subject.for_staff,
            kind=kind,
            key=subject.key,
            title=shorten(str(title) % subject.values, TITLE_LENGTH),
            body=shorten(str(body) % subject.values, BODY_LENGTH),
            path=subject.path,
            values=subject.values,
            made_at=now,
        )
        for user_id in subject.people
    ]
    new = _new(told)
    if kind in PUSHED:
        deliveries_begin(new, now=now)
    return len(new)


def _new(told: list[Notice]) -> list[Notice]:
    """Those that were not there before, written. News of an order is for one person, as most is."""
    if len(told) == 1:
        return [notice for notice in told if row_insert_once(notice)]
    Notice.objects.bulk_create(told, ignore_conflicts=True)
    # Django does not say which of them were there before.
    return list(Notice.objects.filter(public_id__in=[notice.public_id for notice in told]))


def notices_purge(*, now: datetime) -> int:
    """Forget what is older than 180 days, in batches, and questions that nobody answered; how many
    notices that were. A consent that was not used yet is kept, however old."""
    unanswered = [ConsentState.ASKED, ConsentState.DECLINED]
    NoticeConsent.objects.filter(state__in=unanswered, asked_at__lt=now - UNANSWERED_KEPT).delete()
    forgotten = 0
    while True:
        old = list(
            Notice.objects.filter(made_at__lt=now - KEPT)
            .order_by("made_at")
            .values_list("pk", flat=True)[:PURGE_BATCH]
        )
        if not old:
            return forgotten
        Notice.objects.filter(pk__in=old).delete()
        forgotten += len(old)
