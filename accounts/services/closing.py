"""Leaving: what a person takes along, and closing the account."""

import logging
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q

from accounts.events import PersonClosed
from accounts.locks import user_lock
from accounts.models import IdentityConflict, WechatIdentity
from accounts.services.sessions import sessions_end
from core.facts import facts_record
from core.people_data import everything_of, obstacles_of

log = logging.getLogger(__name__)


class CloseRefused(Exception):
    """The account cannot be closed yet; `reasons` are in words for its owner."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("".join(reasons))
        self.reasons = reasons


def person_data(*, user_id: int, now: datetime) -> dict[str, Any]:
    """Everything that the shop holds about the person. That it was handed out is logged."""
    log.info("person %s takes a copy of their data", user_id)
    return everything_of(user_id, now=now)


def account_close(*, user_id: int, now: datetime) -> bool:
    """Close the account: the row stays, empty, because trade records refer to it; False when it was
    closed before.

    Who they are goes at once, sessions and the way to sign in with it; what other apps hold goes
    by the fact. The same WeChat, phone or e-mail makes a new account afterwards. Raises CloseRefused
    while something is under way.
    """
    with transaction.atomic():
        user = user_lock(user_id)
        if not user.is_active:
            return False
        if reasons := obstacles_of(user_id):
            raise CloseRefused(reasons)
        WechatIdentity.objects.filter(user=user).delete()
        EmailAddress.objects.filter(user=user).delete()
        IdentityConflict.objects.filter(Q(kept=user) | Q(other=user)).delete()
        user.phone, user.phone_index, user.phone_verified_at = "", None, None
        user.email, user.nickname, user.avatar = None, "", ""
        user.is_active = False
        user.set_unusable_password()
        user.save()
        facts_record(PersonClosed(person_id=user_id), now=now)
    sessions_end(user_id=user_id)
    return True
