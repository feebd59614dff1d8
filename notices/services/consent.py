"""Leave to send one message by WeChat: asked for, and answered.

Asking writes down the question, its scene and a token before the browser leaves; WeChat brings the
token back. So an answer works once, for the person who was asked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.queries import openid_of
from core.ids import random_token
from notices.kinds import SHOPPER_TOPICS, Topic
from notices.models import NoticeConsent
from notices.states import CONSENT, ConsentState
from wechat.services import LAST_SCENE, subscription_url

# Each topic has its own scenes, used in turn: a scene comes up again when its consent is long spent.
SCENES_PER_TOPIC = LAST_SCENE // len(Topic)
ANSWER_WITHIN = timedelta(hours=1)


class ConsentUnavailable(Exception):
    """Messages cannot be subscribed to: not configured, or the person has no openid here."""


@dataclass(frozen=True)
class ConsentAnswer:
    """What came of it. `given`: there is leave now, whether this answer brought it or one before."""

    given: bool
    topic: str


def consent_ask(*, user_id: int, topic: str, redirect_url: str, now: datetime) -> str:
    """Note that the person is asked; where to send the browser for the answer.

    Raises ConsentUnavailable.
    """
    if topic not in SHOPPER_TOPICS or not settings.WECHAT_SUBSCRIBE_TEMPLATE:
        raise ConsentUnavailable
    if not openid_of(user_id, settings.WECHAT_APPID):
        raise ConsentUnavailable
    asked = NoticeConsent.objects.create(
        user_id=user_id,
        appid=settings.WECHAT_APPID,
        template_id=settings.WECHAT_SUBSCRIBE_TEMPLATE,
        topic=topic,
        scene=_scene(user_id, topic),
        token=random_token(26),
        asked_at=now,
    )
    return subscription_url(scene=asked.scene, redirect_url=redirect_url, state=asked.token)


def consent_answer(
    *, user_id: int, token: str, openid: str, confirmed: bool, now: datetime
) -> ConsentAnswer | None:
    """Record what the person said; None for a token that is not theirs, or too old.

    The same answer again changes nothing. A yes by another openid than the person's counts as no:
    it is somebody else's phone.
    """
    rows = NoticeConsent.objects.filter(user_id=user_id, token=token)
    asked = rows.filter(asked_at__gt=now - ANSWER_WITHIN).first()
    if asked is None:
        return None
    said_yes = confirmed and bool(openid) and openid == openid_of(user_id, asked.appid)
    try:
        with transaction.atomic():
            if said_yes:
                CONSENT.move_row(asked, "give", now=now, changes={"given_at": now})
            else:
                CONSENT.move_row(asked, "decline", now=now)
    except IntegrityError:
        # Two questions in one scene were both answered: the first yes stands, a second adds nothing.
        with transaction.atomic():
            CONSENT.move_row(asked, "decline", now=now)
        return ConsentAnswer(given=True, topic=asked.topic)
    asked.refresh_from_db(fields=["state"])
    given = asked.state in (ConsentState.UNUSED, ConsentState.USED, ConsentState.VOID)
    return ConsentAnswer(given=given, topic=asked.topic)


def _scene(user_id: int, topic: str) -> int:
    """The topic's next scene for this person."""
    start = list(Topic).index(Topic(topic)) * SCENES_PER_TOPIC
    last = (
        NoticeConsent.objects.filter(user_id=user_id, topic=topic)
        .order_by("-pk")
        .values_list("scene", flat=True)
        .first()
    )
    turn = 0 if last is None else (last - start + 1) % SCENES_PER_TOPIC
    return start + turn
