"""Becoming a sharer, being accepted, stopping; and the showcase."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog.queries import product_page
from core.facts import facts_record
from sharers.events import SharerApplied
from sharers.locks import sharer_lock
from sharers.models import Reward, Sharer, SharerPlan, ShowcaseItem
from sharers.states import SHARER, SharerState

SHOWCASE_MAX = 60


class SharerRefused(Exception):
    """Something that a sharer cannot do; the message says why."""


def sharer_apply(*, store_id: int, person_id: int, name: str, intro: str, now: datetime) -> Sharer:
    """Ask to share a store's goods; who asked before gets the same answer.

    Raises SharerRefused when the store takes nobody, or declined or stopped this person.
    """
    plan = SharerPlan.objects.filter(store_id=store_id, is_open=True).first()
    known = Sharer.objects.filter(store_id=store_id, person_id=person_id)
    found = known.first()
    if found is not None and found.state == SharerState.DECLINED:
        raise SharerRefused(_("商家没有通过你的申请，想再申请请联系商家。"))
    if found is not None and found.state == SharerState.STOPPED:
        raise SharerRefused(_("你在这家店的分享已经停止，想再开始请联系商家。"))
    if found is not None:
        return found
    if plan is None:
        raise SharerRefused(_("这家店现在不招募分享员。"))
    try:
        with transaction.atomic():
            made = Sharer.objects.create(
                store_id=store_id,
                person_id=person_id,
                name=name,
                intro=intro,
                applied_at=now,
            )
            facts_record(SharerApplied.of(made), now=now)
            if plan.takes_everybody:
                SHARER.move_row(made, "approve", now=now, changes={"approved_at": now})
    except IntegrityError:
        return known.get()
    return known.get()


def sharer_approve(*, sharer_id: int, now: datetime) -> bool:
    """The merchant takes them, or takes them back; False when they are sharing already.

    Orders of the time in which they were stopped earn nothing afterwards either.
    """
    with transaction.atomic():
        sharer = sharer_lock(sharer_id)
        changes = {"approved_at": now, "stopped_at": None}
        return SHARER.move_row(sharer, "approve", now=now, changes=changes)


def sharer_decline(*, sharer_id: int, now: datetime) -> bool:
    """The merchant does not take who asked; False when that was decided before."""
    with transaction.atomic():
        sharer = sharer_lock(sharer_id)
        return SHARER.move_row(sharer, "decline", now=now, changes={"stopped_at": now})


def sharer_stop(*, sharer_id: int, now: datetime) -> bool:
    """No new order earns them anything; what was earned stays. False when it was done before."""
    with transaction.atomic():
        sharer = sharer_lock(sharer_id)
        return SHARER.move_row(sharer, "stop", now=now, changes={"stopped_at": now})


def sharer_leave(*, person_id: int, now: datetime) -> None:
    """The person closed the account: they share for nobody any more, and what was promised for
    orders that are not paid is not promised any more. Safe to repeat."""
    for pk in Sharer.objects.filter(person_id=person_id).values_list("pk", flat=True):
        with transaction.atomic():
            sharer = sharer_lock(pk)
            SHARER.move_row(sharer, "stop", now=now, changes={"stopped_at": now})
            sharer.approved_at = None
            sharer.save(update_fields=["approved_at"])
            Reward.objects.filter(sharer=sharer, earned_at=None).delete()


def showcase_add(*, sharer_id: int, product_ref: str, note: str, now: datetime) -> None:
    """Recommend a product of the store; recommended again, its words are replaced.

    Raises SharerRefused for a product of another store or one that is not on sale, and when the
    showcase is full.
    """
    product = product_page(product_ref)
    with transaction.atomic():
        sharer = sharer_lock(sharer_id)
        if product is None or product.store_id != sharer.store_id or not product.on_sale:
            raise SharerRefused(_("这件商品现在不能加入橱窗，换一件试试。"))
        if sharer.state != SharerState.ACTIVE:
            raise SharerRefused(_("商家通过你的申请后，就能布置橱窗了。"))
        kept = sharer.items.exclude(product_id=product.id).count()
        if kept >= SHOWCASE_MAX:
            raise SharerRefused(
                _("橱窗最多放 %(most)d 件，请先拿下几件。") % {"most": SHOWCASE_MAX}
            )
        ShowcaseItem.objects.update_or_create(
            sharer=sharer,
            product_id=product.id,
            defaults={"note": note},
            create_defaults={"note": note, "store_id": sharer.store_id, "added_at": now},
        )


def showcase_drop(*, sharer_id: int, product_ref: str) -> bool:
    """Take a product out of the showcase; False when it was not in it."""
    gone, _rows = ShowcaseItem.objects.filter(
        sharer_id=sharer_id, product__public_id=product_ref
    ).delete()
    return bool(gone)
