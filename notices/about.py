"""From a fact to what there is to say: about which event, to whom, where it leads, in which words.

Each function looks at the present state, so it says nothing that is no longer true, and names the
event by a key: facts that bring the same news share a key, and whoever comes second says nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from campaigns.bargain.gist import BargainGist, bargain_gist
from campaigns.flash.queries import FlashGist, flash_awaited
from campaigns.groupbuy.gist import GroupGist, group_failure, group_gist
from community.queries import entry_missing_codes
from core.money import yuan
from orders.news import address_news, invoice_news, is_being_checked
from orders.queries import OrderGist, order_gist
from payments.queries import refunds_of
from stores.queries import staff_ids

# A crowd is told in parts, each of them one write.
AT_ONCE = 500
TOLD_BY_THE_ORDER = frozenset({"cancelled", "late", "group_failed"})


@dataclass(frozen=True)
class Subject:
    """What there is to say. `values` fill the sentences, and the places of message templates."""

    key: str
    store_id: int
    people: tuple[int, ...]
    path: str
    values: dict[str, str] = field(default_factory=dict)
    for_staff: bool = False


def order_paid(event: Any) -> Iterator[Subject]:
    """An order's money came: what happens next, or what it waits for."""
    order = _order(event)
    is_checked = is_being_checked(order.id)
    if order.offer_kind == "group" and order.state == "on_hold":
        next_step = _group_promise(order, is_checked=is_checked)
    elif is_checked:
        next_step = _("商家要先核对这笔订单，核对后会尽快处理；不能成交的话，全额自动退回")
    elif order.delivery == "pickup":
        next_step = _("打开订单出示取货码，就能到店取货")
    elif order.delivery == "digital":
        next_step = _("马上就能在订单里看到内容")
    else:
        next_step = _("商家会尽快发货")
    yield _of_order(order, f"paid:{order.id}", next=next_step)


def order_repriced(event: Any) -> Iterator[Subject]:
    order = _order(event)
    if order.state == "awaiting_payment" and not order.closing:
        yield _of_order(order, f"repriced:{order.id}", path="orders:cashier")


def order_closed(event: Any) -> Iterator[Subject]:
    order = _order(event)
    if order.state == "closed":
        yield _of_order(order, f"closed:{order.id}")


def order_paid_late(event: Any) -> Iterator[Subject]:
    """The same news as the cancelling of the order that this leads to."""
    order = _order(event)
    yield _of_order(order, f"ended:{order.id}")


def order_cancelled(event: Any) -> Iterator[Subject]:
    """An order that was cancelled, unless its group failed."""
    order = _order(event)
    if _group_failure(order) is None:
        reason = order.cancel_reason or _("订单已取消")
        yield _of_order(order, f"ended:{order.id}", reason=reason)


def group_failed(event: Any) -> Iterator[Subject]:
    """An order that was cancelled because its group failed: nobody came, or its merchant gave it up."""
    order = _order(event)
    failure = _group_failure(order)
    if failure is not None:
        yield Subject(
            key=f"ended:{order.id}",
            store_id=order.store_id,
            people=(order.buyer_id,),
            path=reverse("orders:detail", args=[order.public_id]),
            values={**_order_values(order), "reason": failure},
        )


def parcels(event: Any) -> Iterator[Subject]:
    """Every parcel of the order is an event of its own, whichever fact tells of it."""
    order = _order(event)
    for parcel in order.parcels:
        if not parcel.is_posted:
            continue
        yield _of_order(
            order,
            f"parcel:{parcel.id}",
            carrier=parcel.carrier,
            tracking_no=parcel.tracking_no,
        )


def delivered(event: Any) -> Iterator[Subject]:
    """What is delivered on a screen is there."""
    order = _order(event)
    if order.delivery == "digital" and order.parcels:
        yield _of_order(order, f"delivered:{order.id}")


def member_joined(event: Any) -> Iterator[Subject]:
    """Its leader hears of every newcomer, unless everybody hears that one more is enough."""
    group = group_gist(group_id=event.group_id)
    if group is not None and group.is_open and group.missing != 1:
        leader = tuple(
            seat.user_id
            for seat in group.seats
            if seat.is_leader and seat.member_id < event.member_id
        )
        yield _of_group(group, f"joined:{event.member_id}", leader)


def group_one_short(event: Any) -> Iterator[Subject]:
    """One more is enough: whoever was in before the newcomer hears it, once per group."""
    group = group_gist(group_id=event.group_id)
    if group is not None and group.is_open and group.missing == 1:
        before = tuple(seat.user_id for seat in group.seats if seat.member_id < event.member_id)
        yield _of_group(group, f"one_short:{event.group_id}", before)


def group_soon(order: OrderGist, group: GroupGist) -> Subject:
    """The order's group has an hour left, and takes more people."""
    assert group.deadline_at is not None
    until = _clock(group.deadline_at)
    return _of_group(group, f"group_soon:{order.id}", (order.buyer_id,), until=until)


def group_succeeded(event: Any) -> Iterator[Subject]:
    group = group_gist(group_id=event.group_id)
    if group is None:
        return
    yield Subject(
        key=f"succeeded:{event.group_id}",
        store_id=group.store_id,
        people=tuple(seat.user_id for seat in group.seats),
        path=reverse("groupbuy:group", args=[group.public_id]),
        values=_group_values(group),
    )


def bargain_reached(event: Any) -> Iterator[Subject]:
    """The last cut landed: the price is kept for its launcher, who has not ordered yet."""
    bargain = bargain_gist(event.bargain_id)
    if bargain is not None and bargain.at_floor:
        yield _of_bargain(bargain, f"bargain_reached:{bargain.id}")


def bargain_soon(bargain: BargainGist) -> Subject:
    """The bargain has an hour left; reaching the floor may have given it another end."""
    return _of_bargain(bargain, f"bargain_soon:{bargain.id}:{bargain.deadline_at:%Y%m%d%H%M%S}")


def flash_soon(event: Any) -> Iterator[Subject]:
    """A flash sale opens: whoever asked to be reminded of one of its offers hears of that one."""
    for offer in flash_awaited(event.flash_id):
        yield from _of_flash(offer, f"flash:{offer.offer_id}")


def flash_off(event: Any) -> Iterator[Subject]:
    """A flash sale was called off: whoever waits for it need not."""
    for offer in flash_awaited(event.flash_id, called_off=True):
        yield from _of_flash(offer, f"flash_off:{offer.offer_id}")


def refund_requested(event: Any) -> Iterator[Subject]:
    """Money goes back for a reason that nothing else tells of: of an order that ended, its end does."""
    refund = _refund(event)
    if refund.reason not in TOLD_BY_THE_ORDER and refund.state != "succeeded":
        yield _of_refund(event, refund, f"refunding:{event.refund_id}")


def refund_succeeded(event: Any) -> Iterator[Subject]:
    yield _of_refund(event, _refund(event), f"refunded:{event.refund_id}")


def refund_stuck(event: Any) -> Iterator[Subject]:
    refund = _refund(event)
    if refund.state == "stuck":
        yield _of_refund(event, refund, f"stuck:{event.refund_id}")


def address_changed(event: Any) -> Iterator[Subject]:
    """Somebody of the shop changed where the order goes; who did it themselves knows."""
    order, change = _order(event), address_news(event.order_id)
    if change is not None and change.by_id != order.buyer_id:
        yield _of_order(order, f"address:{change.id}")


def invoice_issued(event: Any) -> Iterator[Subject]:
    order, invoice = _order(event), invoice_news(event.order_id)
    if invoice is not None and invoice.is_issued:
        yield _of_order(order, f"invoice:{event.invoice_id}", path="orders:invoice")


def invoice_declined(event: Any) -> Iterator[Subject]:
    """Each refusal is an event of its own: after it the buyer may ask again."""
    order, invoice = _order(event), invoice_news(event.order_id)
    if invoice is not None and invoice.is_declined and invoice.declined_at is not None:
        yield _of_order(
            order,
            f"no_invoice:{event.invoice_id}:{invoice.declined_at:%Y%m%d%H%M%S%f}",
            path="orders:invoice",
            reason=invoice.decline_reason,
        )


def staff_to_ship(event: Any) -> Iterator[Subject]:
    """An order may be sent: at once when it is paid, or when its last hold is released."""
    order = _order(event)
    if order.state == "to_ship" and order.delivery != "digital":
        yield _for_staff(order, f"to_ship:{order.id}", page="orders_order")


def staff_urged(event: Any) -> Iterator[Subject]:
    """Once a day, as often as a buyer may ask."""
    order = _order(event)
    if order.state == "to_ship" and order.urged_at is not None:
        day = timezone.localtime(order.urged_at).date()
        yield _for_staff(order, f"urged:{order.id}:{day}", page="orders_order")


def staff_address_changed(event: Any) -> Iterator[Subject]:
    """Each time a buyer sends an order elsewhere; news even of a parcel that has left since, by an
    older label perhaps."""
    order, change = _order(event), address_news(event.order_id)
    if change is not None and change.by_id == order.buyer_id and order.state != "cancelled":
        yield _for_staff(order, f"staff:address:{change.id}", page="orders_order")


def staff_refund_stuck(event: Any) -> Iterator[Subject]:
    order = order_gist(order_ref=event.order_ref)
    refund = _refund(event)
    if order is not None and refund.state == "stuck":
        key = f"staff:stuck:{event.refund_id}"
        yield _for_staff(
            order, key, page="payments_refund", pk=refund.pk, amount=yuan(refund.amount_fen)
        )


def staff_invoice_over(event: Any) -> Iterator[Subject]:
    """Money goes back that an invoice was issued for: each time, with all that is to be reversed by
    now."""
    order = order_gist(order_ref=event.order_ref)
    invoice = invoice_news(order.id) if order is not None else None
    if order is not None and invoice is not None and invoice.over_fen:
        key = f"staff:invoice:{event.refund_id}"
        over = yuan(invoice.over_fen)
        yield _for_staff(order, key, page="orders_invoice", pk=invoice.id, amount=over)


def staff_codes_out(event: Any) -> Iterator[Subject]:
    """Somebody wanted to join a group that has no code, and still has none."""
    entry = entry_missing_codes(event.entry_id)
    if entry is not None:
        yield Subject(
            key=f"codes_out:{event.entry_id}:{entry.since:%Y%m%d%H%M%S%f}",
            store_id=event.store_id,
            people=staff_ids(event.store_id),
            path=reverse("admin:community_groupentry_change", args=[event.entry_id]),
            values={"goods": entry.name},
            for_staff=True,
        )


def pay_soon(order: OrderGist) -> Subject:
    """An order that will close unpaid."""
    return _of_order(
        order, f"pay_soon:{order.id}", path="orders:cashier", until=_clock(order.pay_before)
    )


def receive_soon(order: OrderGist) -> Subject:
    """An order that will count as received."""
    until = _clock(order.receive_before) if order.receive_before else ""
    return _of_order(order, f"receive_soon:{order.id}", until=until)


def _clock(at: datetime) -> str:
    return date_format(timezone.localtime(at), "Y-m-d H:i")


def _order(event: Any) -> OrderGist:
    order = order_gist(order_id=event.order_id)
    if order is None:
        raise LookupError(f"no order {event.order_id}")
    return order


def _refund(event: Any) -> Any:
    for refund in refunds_of(event.order_ref):
        if refund.pk == event.refund_id:
            return refund
    raise LookupError(f"no refund {event.refund_id}")


def _group_promise(order: OrderGist, *, is_checked: bool) -> str:
    """What becomes of the money of a group's order, in its campaign's own words."""
    group = group_gist(group_ref=order.offer_ref)
    ending = {"ending": group.deal.ending.rstrip("。") if group is not None else ""}
    if is_checked:
        return _("成团并且商家核对过这笔订单就发货；%(ending)s") % ending
    return _("成团就发货；%(ending)s") % ending


def _wanted(group: GroupGist) -> str:
    """Whom the group waits for, and what becomes of it without them."""
    wanted = group.deal.wanted(missing=group.missing, left=group.seats_left)
    if not group.missing:
        return wanted
    ending = group.deal.ending.rstrip("。")
    return _("%(wanted)s；%(ending)s") % {"wanted": wanted, "ending": ending}


def _group_failure(order: OrderGist) -> str | None:
    """Why the order's group failed, in words for its members; None when there is none, or it did not."""
    if order.offer_kind != "group" or not order.offer_ref:
        return None
    return group_failure(order.offer_ref)


def _order_values(order: OrderGist) -> dict[str, str]:
    return {
        "order_no": order.public_id,
        "store": order.store_name,
        "goods": order.goods,
        "amount": yuan(order.payable_fen),
    }


def _group_values(group: GroupGist) -> dict[str, str]:
    return {
        "store": group.store_name,
        "goods": group.goods,
        "size": str(group.size),
    }


def _of_group(group: GroupGist, key: str, people: tuple[int, ...], **values: str) -> Subject:
    return Subject(
        key=key,
        store_id=group.store_id,
        people=people,
        path=reverse("groupbuy:group", args=[group.public_id]),
        values={
            **_group_values(group),
            "left": str(group.missing),
            "wanted": _wanted(group),
            **values,
        },
    )


def _of_order(order: OrderGist, key: str, *, path: str = "orders:detail", **values: str) -> Subject:
    return Subject(
        key=key,
        store_id=order.store_id,
        people=(order.buyer_id,),
        path=reverse(path, args=[order.public_id]),
        values={**_order_values(order), **values},
    )


def _of_refund(event: Any, refund: Any, key: str) -> Subject:
    order = order_gist(order_ref=event.order_ref)
    if order is None:
        raise LookupError(f"no order {event.order_ref}")
    values = {"amount": yuan(refund.amount_fen), "reason": str(refund.get_reason_display())}
    return _of_order(order, key, **values)


def _of_bargain(bargain: BargainGist, key: str) -> Subject:
    return Subject(
        key=key,
        store_id=bargain.store_id,
        people=(bargain.launcher_id,),
        path=reverse("bargain:bargain", args=[bargain.public_id]),
        values={
            "store": bargain.store_name,
            "goods": bargain.goods,
            "amount": yuan(bargain.price_fen),
            "until": _clock(bargain.deadline_at),
        },
    )


def _of_flash(offer: FlashGist, key: str) -> Iterator[Subject]:
    for start in range(0, len(offer.user_ids), AT_ONCE):
        yield Subject(
            key=key,
            store_id=offer.store_id,
            people=offer.user_ids[start : start + AT_ONCE],
            path=reverse("flash:buy", args=[offer.public_id]),
            values={
                "store": offer.store_name,
                "goods": offer.goods,
                "amount": yuan(offer.flash_fen),
                "until": _clock(offer.starts_at),
            },
        )


def _for_staff(
    order: OrderGist, key: str, *, page: str, pk: int | None = None, **values: str
) -> Subject:
    return Subject(
        key=key,
        store_id=order.store_id,
        people=staff_ids(order.store_id),
        path=reverse(f"admin:{page}_change", args=[pk or order.id]),
        values={**_order_values(order), **values},
        for_staff=True,
    )
