"""Helping: the next cut of the sealed schedule, given once by each person.

helper's day → bargain
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.bargain.events import HelpGiven
from campaigns.bargain.locks import bargain_lock, cut_take, day_take
from campaigns.bargain.models import Bargain, Help
from campaigns.bargain.schedule import NEWCOMER, row_for
from campaigns.bargain.services.decide import bargain_reach
from campaigns.bargain.services.refusals import (
    AlreadyHelped,
    BargainOver,
    FloorReached,
    HelpLimitReached,
    HelpRefused,
    OutsideOnly,
    OwnBargain,
    PriceStands,
)
from campaigns.bargain.states import BargainState
from core.facts import facts_record
from guard.policy import wechat_allows
from orders.queries import has_paid
from sharing.services import ties_make


def helping_allowed(*, store_id: int, risk_accepted: bool, in_wechat: bool) -> bool:
    """Whether this campaign's bargains may be helped with here (`guard.policy`)."""
    return wechat_allows(store_id=store_id, in_wechat=in_wechat, is_answered=risk_accepted)


def bargain_help(
    *, bargain_public_id: str, user_id: int, in_wechat: bool = False, now: datetime
) -> int:
    """Give the person's one help; what it cut, in fen.

    Fifty at once each get a cut of their own, as long as there are any: who comes second waits for
    the bargain and takes the next. Raises HelpRefused; sending twice is AlreadyHelped.
    """
    found = Bargain.objects.select_related("campaign").filter(public_id=bargain_public_id).first()
    if found is None:
        raise BargainOver
    if found.launcher_id == user_id:
        raise OwnBargain
    if not helping_allowed(
        store_id=found.store_id,
        risk_accepted=found.campaign.wechat_risk_accepted,
        in_wechat=in_wechat,
    ):
        raise OutsideOnly
    try:
        with transaction.atomic():
            _day_check(found, user_id, now=now)
            return _help(bargain_lock(found.pk), user_id, now=now)
    except IntegrityError as error:
        if "bargain_one_help_per_person" not in str(error):
            raise
        raise AlreadyHelped from error


def help_show(*, bargain_public_id: str, user_id: int, shows_profile: bool) -> bool:
    """The helper's consent to be shown on the bargain's page, given or taken back; False without a
    help."""
    mine = Help.objects.filter(bargain__public_id=bargain_public_id, user_id=user_id)
    return bool(mine.update(shows_profile=shows_profile))


def faces_hide(*, user_id: int) -> None:
    """The person is not to be shown on any bargain's page they launched or helped until now."""
    Bargain.objects.filter(launcher_id=user_id, shows_profile=True).update(shows_profile=False)
    Help.objects.filter(user_id=user_id, shows_profile=True).update(shows_profile=False)


def help_tie(*, bargain_id: int, helper_id: int, now: datetime) -> None:
    """Whoever helped and whom they helped have had to do with each other."""
    launcher_id = Bargain.objects.values_list("launcher_id", flat=True).get(pk=bargain_id)
    ties_make(people=[launcher_id, helper_id], kind="bargain", now=now)


def _day_check(found: Bargain, user_id: int, *, now: datetime) -> None:
    """Count the help of the day; what else stands against it is said first."""
    day = timezone.localdate(now)
    if day_take(campaign=found.campaign, user_id=user_id, day=day):
        return
    raise _refusal(found, user_id, now=now) or HelpLimitReached(found.campaign.helps_per_day)


def _help(bargain: Bargain, user_id: int, *, now: datetime) -> int:
    """Needs the bargain's lock."""
    if (refusal := _refusal(bargain, user_id, now=now)) is not None:
        raise refusal
    schedule = bargain.schedule
    is_newcomer = not has_paid(user_id)
    row, position = row_for(
        is_newcomer=is_newcomer,
        newcomer_taken=bargain.newcomer_taken,
        ordinary_taken=bargain.helps - bargain.newcomer_taken,
        slots=(len(schedule.newcomer), len(schedule.ordinary)),
    )
    cut_fen = schedule.cut_fen(row, position)
    if not cut_take(bargain_id=bargain.pk, is_newcomers=row == NEWCOMER, cut_fen=cut_fen, now=now):
        raise BargainOver
    bargain.helps += 1
    bargain.cut_fen += cut_fen
    given = Help.objects.create(
        store_id=bargain.store_id,
        bargain=bargain,
        user_id=user_id,
        number=bargain.helps,
        is_newcomer=is_newcomer,
        row=row,
        position=position,
        cut_fen=cut_fen,
        price_after_fen=bargain.price_fen,
        helped_at=now,
    )
    facts_record(HelpGiven.of(given), now=now)
    if not bargain.helps_left:
        bargain_reach(bargain, now=now)
    return cut_fen


def _refusal(bargain: Bargain, user_id: int, *, now: datetime) -> HelpRefused | None:
    if Help.objects.filter(bargain_id=bargain.pk, user_id=user_id).exists():
        return AlreadyHelped()
    if bargain.state == BargainState.REACHED or not bargain.helps_left:
        return FloorReached()
    if bargain.state == BargainState.ORDERED:
        return PriceStands()
    if bargain.state != BargainState.RUNNING or bargain.deadline_at <= now:
        return BargainOver()
    return None
