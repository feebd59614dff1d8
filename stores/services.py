"""Opening a store, and who works in it."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.services import office_access_set
from core.ids import random_token
from stores.models import Store, StoreStaff

_SLUG = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$", re.ASCII)


class StoreRefused(Exception):
    """Why the store cannot be opened or the person not added, in words for the merchant."""


def store_open(
    *,
    name: str,
    now: datetime,
    slug: str = "",
    trade: str = "",
    intro: str = "",
    freight_fen: int = 0,
    owner_id: int | None = None,
) -> Store:
    """Open a store with the default terms (pay within 15 min, received after 10 days).

    Without a slug it gets a random one. Raises StoreRefused: no name, a bad or taken slug, or an
    owner who works elsewhere.
    """
    name = name.strip()
    if not name or len(name) > 40:
        raise StoreRefused(_("请填写店名，最多 40 个字。"))
    slug = slug or random_token(10)
    slug_check(slug)
    with transaction.atomic():
        try:
            with transaction.atomic():
                store = Store.objects.create(
                    name=name,
                    slug=slug,
                    trade=trade,
                    intro=intro,
                    freight_fen=freight_fen,
                    opened_at=now,
                )
        except IntegrityError:
            raise StoreRefused(_("这个网址名已被使用，请换一个。")) from None
        if owner_id is not None:
            staff_add(store_id=store.pk, user_id=owner_id, role=StoreStaff.Role.OWNER, now=now)
        return store


def slug_check(slug: str) -> None:
    """Raises StoreRefused for what cannot stand in a store's address."""
    if not _SLUG.match(slug):
        raise StoreRefused(_("网址名只能用小写字母、数字和连字符。"))


def staff_add(*, store_id: int, user_id: int, role: str, now: datetime) -> StoreStaff:
    """Let a person work in a store, and into the office. In the same store again, the role changes.

    Raises StoreRefused when the person works in another store, and for an unknown role.
    """
    if role not in StoreStaff.Role.values:
        raise StoreRefused(_("请选择店员的角色。"))
    with transaction.atomic():
        staff, made = StoreStaff.objects.get_or_create(
            user_id=user_id, defaults={"store_id": store_id, "role": role, "since_at": now}
        )
        if staff.store_id != store_id:
            raise StoreRefused(_("这个人已在另一家店任职，一个人只能在一家店。"))
        if not made and staff.role != role:
            staff.role = role
            staff.save(update_fields=["role"])
        office_access_set(user_id=user_id, allowed=True)
        return staff


def staff_remove(*, store_id: int, user_id: int) -> bool:
    """End a person's work in the store, and the way into the office. False when there was none."""
    with transaction.atomic():
        removed, _rows = StoreStaff.objects.filter(store_id=store_id, user_id=user_id).delete()
        if removed:
            office_access_set(user_id=user_id, allowed=False)
        return bool(removed)
