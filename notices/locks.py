"""Every lock of notices: a delivery, then the consent that it spends. Nothing else is held."""

from datetime import datetime

from notices.models import NoticeConsent, NoticeDelivery
from notices.states import CONSENT, ConsentState


def delivery_lock(delivery_id: int) -> NoticeDelivery | None:
    """The delivery with its notice, locked; None when it was forgotten."""
    rows = NoticeDelivery.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("notice").filter(pk=delivery_id).first()


def consent_take(
    *, user_id: int, appid: str, template_id: str, topic: str, delivery_id: int, now: datetime
) -> NoticeConsent | None:
    """Spend the person's oldest unused consent to the topic on the delivery; None without one.

    One conditional UPDATE: of two deliveries that want the same consent the second finds it used,
    and looks for the next.
    """
    unused = NoticeConsent.objects.filter(
        user_id=user_id,
        appid=appid,
        template_id=template_id,
        topic=topic,
        state=ConsentState.UNUSED,
    ).order_by("pk")
    while (found := unused.first()) is not None:
        rows = NoticeConsent.objects.filter(pk=found.pk)
        if CONSENT.move_set(
            rows, "use", now=now, changes={"delivery": delivery_id, "used_at": now}
        ):
            return found
    return None
