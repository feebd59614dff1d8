"""Sending a notice beyond the inbox: by WeChat if that may be, otherwise by e-mail, never by both.

A delivery is claimed in one transaction, sent with none open, and recorded in another. Whoever dies
between sending and recording leaves it `sending`; after STALE it is tried again *under the same
number*, which WeChat takes for the same message: a template message's number for ten minutes, a
subscription's scene for ever, because its consent is spent. So WeChat's messages are sent at most
once. An e-mail has no such number: it is not tried again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries import openid_of, verified_email_of
from core.rows import row_insert_once, rows_insert
from notices import channels
from notices.channels import Outcome
from notices.kinds import TOPIC_OF
from notices.locks import consent_take, delivery_lock
from notices.models import Notice, NoticeConsent, NoticeDelivery
from notices.services.preferences import ways_of
from notices.states import CONSENT, DELIVERY, OVER, DeliveryState
from wechat.services import message_template

Channel, Via = NoticeDelivery.Channel, NoticeDelivery.Via

# Longer than any try takes: whoever is still `sending` then is dead.
STALE = timedelta(seconds=60)
# For how long WeChat remembers a template message's number.
NUMBER_REMEMBERED = timedelta(minutes=10)
# News that is a day old is read in the inbox.
TOO_LATE = timedelta(hours=24)
BACKOFF = [timedelta(seconds=s) for s in (30, 120, 360, 1800, 7200)]
# Whoever does not follow is asked about again after a day.
NOT_FOLLOWING_S = 24 * 60 * 60


@dataclass(frozen=True)
class _Turn:
    """A claimed try: how to send, and which one it is."""

    delivery_id: int
    tries: int
    send: Callable[[], Outcome]


class _Closed(Exception):
    """This way cannot be used; says why."""


@dataclass(frozen=True)
class _Way:
    """How to send."""

    via: str
    send: Callable[[], Outcome]


def deliveries_begin(notices: list[Notice], *, now: datetime) -> None:
    """For new notices, in the transaction that made them: what is to be sent."""
    rows_insert(
        *[
            NoticeDelivery(
                store_id=notice.store_id, notice=notice, channel=_first(notice.kind), due_at=now
            )
            for notice in notices
        ]
    )


def delivery_send(*, delivery_id: int, now: datetime) -> None:
    """Try to send one delivery, once. Several workers at once, or one after another, send once."""
    rows = NoticeDelivery.objects.filter(pk=delivery_id)
    user_id = rows.values_list("notice__user_id", flat=True).first()
    if user_id is None:
        return
    # Asked and told outside of the transactions; only a hint, so that fewer tries are in vain.
    hint = f"notices:not-following:{settings.WECHAT_APPID}:{user_id}"
    turn = _begin(delivery_id, may_follow=not cache.get(hint), now=now)
    if turn is None:
        return
    outcome = turn.send()
    _record(turn, outcome, now=now)
    if outcome.not_following:
        cache.set(hint, 1, NOT_FOLLOWING_S)


@transaction.atomic
def _begin(delivery_id: int, *, may_follow: bool, now: datetime) -> _Turn | None:
    delivery = delivery_lock(delivery_id)
    if delivery is None or not _is_mine(delivery, now=now):
        return None
    try:
        way = _way(delivery, may_follow=may_follow, now=now)
    except _Closed as closed:
        if delivery.is_doubtful:
            _end(delivery, "give_up", reason=str(closed), now=now)
        else:
            _end(delivery, "skip", reason=str(closed), now=now)
            _consent_release(delivery, is_void=False, now=now)
            _next_way(delivery, now=now)
        return None
    tries = delivery.tries + 1
    changes = {
        "via": way.via,
        "tries": tries,
        "tried_at": now,
        "first_tried_at": delivery.first_tried_at or now,
        "due_at": now + STALE,
    }
    DELIVERY.move_row(delivery, "begin", now=now, changes=changes)
    return _Turn(delivery.pk, tries, way.send)


def _is_mine(delivery: NoticeDelivery, *, now: datetime) -> bool:
    """Whether it is for this worker to try now."""
    if delivery.state == DeliveryState.SENDING:
        if delivery.tried_at is not None and now < delivery.tried_at + STALE:
            return False  # somebody is at it
        if delivery.channel == Channel.EMAIL:
            _end(delivery, "give_up", reason=_("发送时中断，不确定是否送达"), now=now)
            return False
        DELIVERY.move_row(delivery, "again", now=now, changes={"is_doubtful": True})
    if delivery.state in OVER:
        return False
    return not (delivery.is_doubtful and _given_up(delivery, now=now))


def _given_up(delivery: NoticeDelivery, *, now: datetime) -> bool:
    """A doubtful template message whose number WeChat may have forgotten is left alone."""
    first = delivery.first_tried_at
    if delivery.via != Via.TEMPLATE or first is None or now < first + NUMBER_REMEMBERED:
        return False
    _end(delivery, "give_up", reason=_("微信没有回答，不确定是否送达"), now=now)
    return True


def _way(delivery: NoticeDelivery, *, may_follow: bool, now: datetime) -> _Way:
    """How to send it. Raises _Closed."""
    notice = delivery.notice
    if not delivery.tries and now > notice.made_at + TOO_LATE:
        raise _Closed(_("已经过了一天，只留在站内消息里"))
    if delivery.channel == Channel.EMAIL:
        return _email_way(notice)
    return _wechat_way(delivery, notice, may_follow=may_follow, now=now)


def _email_way(notice: Notice) -> _Way:
    if not ways_of(notice.user_id, TOPIC_OF[notice.kind]).email:
        raise _Closed(_("买家关闭了邮件"))
    address = verified_email_of(notice.user_id)
    if not address:
        raise _Closed(_("买家没有验证过的邮箱"))
    return _Way("", lambda: channels.by_email(notice, address=address))


def _wechat_way(
    delivery: NoticeDelivery, notice: Notice, *, may_follow: bool, now: datetime
) -> _Way:
    topic = TOPIC_OF[notice.kind]
    if not ways_of(notice.user_id, topic).wechat:
        raise _Closed(_("买家关闭了微信消息"))
    openid = openid_of(notice.user_id, settings.WECHAT_APPID)
    if not openid:
        raise _Closed(_("买家没有绑定微信"))
    template = message_template(notice.kind)
    may_try = delivery.via == Via.TEMPLATE or (delivery.via == Via.UNDECIDED and may_follow)
    if template is not None and may_try:
        number = delivery.public_id
        return _Way(
            Via.TEMPLATE,
            lambda: channels.by_template(notice, openid=openid, template=template, number=number),
        )
    if delivery.via == Via.TEMPLATE and delivery.is_doubtful:
        raise _Closed(_("模板已停用，不确定是否送达"))
    held = NoticeConsent.objects.filter(delivery=delivery).first()
    consent = held or consent_take(
        user_id=notice.user_id,
        appid=settings.WECHAT_APPID,
        template_id=settings.WECHAT_SUBSCRIBE_TEMPLATE,
        topic=topic,
        delivery_id=delivery.pk,
        now=now,
    )
    if consent is None:
        raise _Closed(_("买家没有关注公众号，也没有可用的订阅"))
    scene = consent.scene
    return _Way(
        Via.SUBSCRIPTION,
        lambda: channels.by_subscription(notice, openid=openid, scene=scene),
    )


@transaction.atomic
def _record(turn: _Turn, outcome: Outcome, *, now: datetime) -> None:
    """What came of the try, unless somebody took it for dead meanwhile and tried again."""
    delivery = delivery_lock(turn.delivery_id)
    if delivery is None or (delivery.state, delivery.tries) != (DeliveryState.SENDING, turn.tries):
        return
    told = {"code": outcome.code, "reason": outcome.reason[:120]}
    doubtful = delivery.is_doubtful or outcome.doubtful
    if outcome.is_sent:
        _end(delivery, "sent", now=now, reason="", code=None, provider_ref=outcome.ref[:40])
    elif outcome.not_following and delivery.via == Via.TEMPLATE:
        # Whoever does not follow has not received the earlier tries, either.
        changes = {**told, "via": Via.SUBSCRIPTION, "is_doubtful": False, "due_at": now}
        DELIVERY.move_row(delivery, "again", now=now, changes=changes)
    elif outcome.passing and turn.tries <= len(BACKOFF):
        due_at = now + BACKOFF[turn.tries - 1]
        changes = {**told, "is_doubtful": doubtful, "due_at": due_at}
        DELIVERY.move_row(delivery, "again", now=now, changes=changes)
    elif doubtful:
        # A refusal after a silent try says little: a consent may be gone because that try spent it.
        _end(delivery, "give_up", now=now, **told)
    else:
        _end(delivery, "fail", now=now, **told)
        _consent_release(delivery, is_void=outcome.no_consent, now=now)
        _next_way(delivery, now=now)


def _end(delivery: NoticeDelivery, move: str, *, now: datetime, **changes: Any) -> None:
    changes = {**changes, "done_at": now, "due_at": None}
    DELIVERY.move_row(delivery, move, now=now, changes=changes)


def _consent_release(delivery: NoticeDelivery, *, is_void: bool, now: datetime) -> None:
    """What a message that nobody received had spent is given back, unless WeChat has taken it."""
    rows = NoticeConsent.objects.filter(delivery=delivery)
    if is_void:
        CONSENT.move_set(rows, "void", now=now)
    else:
        CONSENT.move_set(rows, "give_back", now=now, changes={"delivery": None, "used_at": None})


def _next_way(delivery: NoticeDelivery, *, now: datetime) -> None:
    """E-mail comes after WeChat, for whoever has an address."""
    notice = delivery.notice
    if delivery.channel != Channel.WECHAT or not verified_email_of(notice.user_id):
        return
    row_insert_once(
        NoticeDelivery(store_id=notice.store_id, notice=notice, channel=Channel.EMAIL, due_at=now)
    )


def _first(kind: str) -> str:
    wechat = settings.WECHAT_APPID and (
        settings.WECHAT_SUBSCRIBE_TEMPLATE or message_template(kind) is not None
    )
    return Channel.WECHAT if wechat else Channel.EMAIL
