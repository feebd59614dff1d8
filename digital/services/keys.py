"""Card keys come in, each once, and their SKU's stock with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.queries import skus_for_sale
from catalog.services import keys_count
from core.crypto import blind_index
from digital.locks import import_lock, key_lock
from digital.models import CONTENT_LENGTH, DigitalItem

MAX_KEYS = 2000


class KeysRefused(Exception):
    """The keys cannot be taken, or given up; the message says why, for the merchant."""


@dataclass(frozen=True)
class Imported:
    """How many were new, and how many the shop had already."""

    added: int
    known: int


def keys_import(
    *, store_id: int, sku_id: int, lines: Iterable[str], by_id: int | None, now: datetime
) -> Imported:
    """Take card keys, one a line; the SKU's stock grows by those that are new.

    Safe to send twice: a key that is known already, sold or not, is passed by. Raises KeysRefused
    for another store's SKU, one that is not sold by card keys, and lines that cannot be keys.
    """
    sku = skus_for_sale([sku_id], now=now).get(sku_id)
    if sku is None or sku.store_id != store_id or sku.fulfilment != "card_keys":
        raise KeysRefused(_("请选择一个按卡密交付的规格。"))
    keys = list(dict.fromkeys(text for line in lines if (text := line.strip())))
    if not keys:
        raise KeysRefused(_("请粘贴卡密，一行一条。"))
    if len(keys) > MAX_KEYS:
        raise KeysRefused(_("一次最多导入 %(count)d 条，请分几次。") % {"count": MAX_KEYS})
    if long := next((key for key in keys if len(key) > CONTENT_LENGTH or "\x00" in key), None):
        raise KeysRefused(
            _("“%(key)s…”太长或有不能保存的字符，一条最多 %(count)d 个字。")
            % {"key": long[:6], "count": CONTENT_LENGTH}
        )
    with transaction.atomic():
        import_lock(sku_id)
        before = _count(sku_id)
        DigitalItem.objects.bulk_create(
            [
                DigitalItem(
                    store_id=store_id,
                    sku_id=sku_id,
                    content=key,
                    content_index=blind_index(key, purpose="digital.key"),
                    added_at=now,
                    by_id=by_id,
                )
                for key in keys
            ],
            ignore_conflicts=True,
        )
        added = _count(sku_id) - before
        if added:
            keys_count(sku_id=sku_id, change=added, reason=_("导入卡密"), by_id=by_id, now=now)
    return Imported(added, len(keys) - added)


def key_void(*, item_id: int, by_id: int | None, now: datetime) -> bool:
    """Give up a key that was not sold; the stock shrinks by one. False when it was given up before.

    Raises KeysRefused for one that was sold, and when orders want every key that waits.
    """
    with transaction.atomic():
        item = key_lock(item_id)
        if item.line_id is not None:
            raise KeysRefused(_("这条已经卖出，不能作废。"))
        if item.voided_at is not None:
            return False
        item.voided_at = now
        item.save(update_fields=["voided_at"])
        keys_count(sku_id=item.sku_id, change=-1, reason=_("作废卡密"), by_id=by_id, now=now)
        return True


def _count(sku_id: int) -> int:
    return DigitalItem.objects.filter(sku_id=sku_id).exclude(content_index="").count()
