"""Codes for the counter: one for each of the staff, label and target."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.queries import cards_of
from community.models import CounterCode, GroupEntry
from core.ids import public_id
from sharing.services import link_for
from stores.queries import staff_ids, store_by_id


class CounterRefused(Exception):
    """Why there is no such code for the counter, in words for the merchant."""


def counter_add(
    *,
    store_id: int,
    person_id: int,
    label: str,
    now: datetime,
    product_id: int | None = None,
    entry_id: int | None = None,
) -> CounterCode:
    """A code on paper through which visits and orders are one of the staff's: a share link of
    theirs, of its own, so that two codes of one person are told apart. Asked for twice, it is the
    same code.

    Raises CounterRefused for somebody who does not work in this store, and for a product or group
    entry that is not this store's.
    """
    if person_id not in staff_ids(store_id):
        raise CounterRefused(_("只能给本店在职的店员生成柜台码。"))
    if product_id is not None and entry_id is not None:
        raise CounterRefused(_("商品和群入口请只选一个。"))
    label = label.strip()
    if not label:
        raise CounterRefused(_("请填写名称，例如“前台 小王”。"))
    target: dict[str, Any] = {"product_id": product_id, "entry_id": entry_id}
    rows = CounterCode.objects.filter(store_id=store_id, person_id=person_id, label=label, **target)
    if (known := rows.first()) is not None:
        return known
    path = _path(store_id, product_id=product_id, entry_id=entry_id)
    ref = public_id("ctr")
    try:
        with transaction.atomic():
            link = link_for(
                sharer_id=person_id,
                store_id=store_id,
                target_kind="counter",
                target_ref=ref,
                path=path,
                channel="paper",
                now=now,
            )
            return CounterCode.objects.create(
                public_id=ref,
                store_id=store_id,
                person_id=person_id,
                label=label,
                link=link,
                made_at=now,
                **target,
            )
    except IntegrityError:
        return rows.get()  # somebody else was faster


def _path(store_id: int, *, product_id: int | None, entry_id: int | None) -> str:
    store = store_by_id(store_id)
    assert store is not None  # it has staff
    if product_id is not None:
        card = cards_of([product_id]).get(product_id)
        if card is None or card.store_id != store_id:
            raise CounterRefused(_("本店没有这个商品。"))
        return reverse("storefront:product", args=[card.public_id])
    if entry_id is not None:
        entry = GroupEntry.objects.filter(pk=entry_id, store_id=store_id).first()
        if entry is None:
            raise CounterRefused(_("本店没有这个群入口。"))
        return reverse("community:entry", args=[entry.public_id])
    return reverse("storefront:store", args=[store.slug])
