"""What a buyer may ask of a merchant, and what a merchant writes down for the own staff."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.facts import facts_record
from orders.events import OrderNoted, OrderReceiveExtended, OrderUrged
from orders.locks import order_lock
from orders.models import OrderChange
from orders.states import OrderState
from stores.queries import store_terms

NOTE_MAX = 300


class WishRefused(Exception):
    """It cannot be asked for now; the message says why, for the person who asked."""


def order_urge(*, order_id: int, by_id: int, now: datetime) -> None:
    """The buyer asks the merchant to send it, at most once a day. Raises WishRefused."""
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state != OrderState.TO_SHIP:
            raise WishRefused(_("订单现在不是等待发货的状态，不用催。"))
        _write_once(
            order.pk,
            order.store_id,
            OrderChange.Kind.URGED,
            by_id=by_id,
            now=now,
            refusal=_("今天已经催过了，商家看得到。明天还没有发货的话可以再催。"),
        )
        order.urged_at = now
        order.save(update_fields=["urged_at"])
        facts_record(OrderUrged.of(order), now=now)


def order_receive_extend(*, order_id: int, by_id: int, now: datetime) -> datetime:
    """The buyer gets the store's days once more before the order counts as received; until when.

    Once per order. Raises WishRefused.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state != OrderState.SHIPPED or order.receive_before is None:
            raise WishRefused(_("订单现在不是等待收货的状态，不能延长。"))
        _write_once(
            order.pk,
            order.store_id,
            OrderChange.Kind.EXTENDED,
            by_id=by_id,
            now=now,
            refusal=_("这个订单已经延长过一次；有问题请联系商家。"),
        )
        days = store_terms(order.store_id).auto_receive_days
        order.receive_before = order.due_at = order.receive_before + timedelta(days=days)
        order.save(update_fields=["receive_before", "due_at"])
        facts_record(OrderReceiveExtended.of(order), now=now)
        return order.receive_before


def order_note_add(*, order_id: int, text: str, by_id: int | None, now: datetime) -> bool:
    """A note for the store's own staff; False when the newest one says the same, or it is empty."""
    text = text.strip()[:NOTE_MAX]
    with transaction.atomic():
        order = order_lock(order_id)
        notes = order.changes.filter(kind=OrderChange.Kind.NOTE).order_by("-pk")
        newest = notes.first()
        if not text or (newest is not None and newest.detail == text):
            return False
        OrderChange.objects.create(
            store_id=order.store_id,
            order=order,
            kind=OrderChange.Kind.NOTE,
            detail=text,
            by_id=by_id,
            at=now,
        )
        facts_record(OrderNoted.of(order), now=now)
        return True


def _write_once(
    order_id: int,
    store_id: int,
    kind: OrderChange.Kind,
    *,
    by_id: int,
    now: datetime,
    refusal: str,
) -> None:
    """The database says whether it was done before: per day, or ever."""
    try:
        with transaction.atomic():
            OrderChange.objects.create(
                store_id=store_id,
                order_id=order_id,
                kind=kind,
                by_id=by_id,
                day=timezone.localdate(now) if kind == OrderChange.Kind.URGED else None,
                at=now,
            )
    except IntegrityError as once:
        raise WishRefused(refusal) from once
