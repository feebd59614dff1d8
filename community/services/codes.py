"""A group's codes: uploaded, changed, and shown to as many people as there is room for."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from community.events import EntryRanOut
from community.locks import place_take, ran_out_clear, ran_out_mark, viewer_lock
from community.models import CodeShowing, GroupCode, GroupEntry
from community.queries import code_known
from community.rotation import has_room, usable
from core.facts import facts_record
from core.photos import photo_store

FOLDER = "groups"


class CodeRefused(Exception):
    """Why a code cannot be kept like this, in words for the merchant."""


def code_add(
    *,
    entry_id: int,
    name: str,
    picture: Image.Image,
    now: datetime,
    capacity: int = 200,
    spare: int = 10,
    position: int = 0,
    expires_at: datetime | None = None,
) -> GroupCode:
    """Add the code of one more group. `picture` was decoded from the upload
    (`core.photos.photo_decode`). Raises CodeRefused for numbers that leave no place."""
    _check(capacity=capacity, spare=spare, shown=0)
    stored = photo_store(picture, folder=FOLDER)
    entry = GroupEntry.objects.get(pk=entry_id)
    with transaction.atomic():
        code = GroupCode.objects.create(
            store_id=entry.store_id,
            entry=entry,
            name=name,
            picture=stored.name,
            width=stored.width,
            height=stored.height,
            capacity=capacity,
            spare=spare,
            position=position,
            expires_at=expires_at,
            added_at=now,
        )
        ran_out_clear(entry.pk)
    return code


def code_change(
    *,
    code_id: int,
    name: str,
    capacity: int,
    spare: int,
    position: int,
    expires_at: datetime | None,
    is_stopped: bool,
    now: datetime,
) -> None:
    """Change what the merchant may of a code; how many saw it is counted on meanwhile. An entry that
    ran out has a code again when this one can be shown now.

    The picture stays: whoever was shown it must find the same group again. Raises CodeRefused when
    more people were shown it than `capacity`, or no place is left for anybody.
    """
    _check(capacity=capacity, spare=spare, shown=0)
    code = GroupCode.objects.filter(pk=code_id)
    with transaction.atomic():
        changed = code.filter(shown__lte=capacity).update(
            name=name,
            capacity=capacity,
            spare=spare,
            position=position,
            expires_at=expires_at,
            is_stopped=is_stopped,
        )
        if not changed:
            _check(capacity=capacity, spare=spare, shown=code.get().shown)
        for entry_id in code.filter(usable(now=now), has_room()).values_list("entry_id", flat=True):
            ran_out_clear(entry_id)


def code_show(*, entry_id: int, person_id: int | None, guest: str, now: datetime) -> int | None:
    """Which code this person, or this guest's cookie, is to see; None when there is none left.

    Whoever was shown a code sees the same one while it can be used, and is counted once. Somebody
    new gets the first one that can be used and has room. The first to find nothing makes the fact
    that the entry ran out. Safe to repeat and to race; takes nothing when it fails.
    """
    if person_id is None and not guest:
        raise ValueError("a code is shown to somebody")
    with transaction.atomic():
        entry = GroupEntry.objects.get(pk=entry_id)
        viewer_lock(entry_id, f"p{person_id}" if person_id is not None else f"g{guest}")
        known = code_known(entry_id, person_id=person_id, guest=guest, now=now)
        if known is not None:
            return known
        for code_id in _with_room(entry_id, now=now):
            if place_take(code_id, now=now):
                CodeShowing.objects.create(
                    store_id=entry.store_id,
                    code_id=code_id,
                    person_id=person_id,
                    guest="" if person_id is not None else guest,
                    first_at=now,
                )
                if entry.ran_out_at is not None:
                    ran_out_clear(entry_id)
                return code_id
        if ran_out_mark(entry_id, now=now):
            facts_record(EntryRanOut(entry_id=entry_id, store_id=entry.store_id), now=now)
    return None


def _with_room(entry_id: int, *, now: datetime) -> list[int]:
    rows = GroupCode.objects.filter(usable(now=now), has_room(), entry_id=entry_id)
    return list(rows.order_by("position", "id").values_list("id", flat=True))


def _check(*, capacity: int, spare: int, shown: int) -> None:
    if spare >= capacity:
        raise CodeRefused(_("预留名额要少于人数上限，否则这个群码不会展示给任何人。"))
    if capacity < shown:
        raise CodeRefused(
            _("这个群码已经展示给 %(shown)d 人，人数上限不能比它少；不想再用请勾选停用。")
            % {"shown": shown}
        )
