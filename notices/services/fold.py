"""Two accounts of one person became one."""

from django.db import transaction

from notices.models import Notice, NoticeConsent, NoticePreference


def notices_fold(*, folded_id: int, person_id: int) -> None:
    """The folded account's inbox, leaves to send and choices are the person's, where the person
    has none of the same. Safe to run twice."""
    theirs, mine = {"user_id": folded_id}, {"user_id": person_id}
    with transaction.atomic():
        told = Notice.objects.filter(**mine).values("key")
        Notice.objects.filter(**theirs).exclude(key__in=told).update(**mine)
        chosen = NoticePreference.objects.filter(**mine).values("topic")
        NoticePreference.objects.filter(**theirs).exclude(topic__in=chosen).update(**mine)
        # A leave belongs to an openid, and of one appid only one of the two accounts has one.
        NoticeConsent.objects.filter(**theirs).update(**mine)
