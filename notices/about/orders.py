"""News of an order for its buyer: what happened to it, to its money, its parcels, its invoice."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.groupbuy.gist import group_failure, group_gist
from core.money import yuan
from notices.about.subject import Subject, clock_words, order_of, order_values, refund_of
from orders.news import (
    address_news,
    invoice_news,
    is_being_checked,
    is_extended,
    lines_gone_for_nothing,
)
from orders.queries import OrderGist, order_gist

TOLD_BY_THE_ORDER = frozenset({"cancelled", "late", "group_failed"})


def order_paid(event: Any) -> Iterator[Subject]:
    """An order's money came: what happens next, or what it waits for."""
    order = order_of(event)
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
    order = order_of(event)
    if order.state == "awaiting_payment" and not order.closing:
        yield _of_order(order, f"repriced:{order.id}", path="orders:cashier")


def order_closed(event: Any) -> Iterator[Subject]:
    order = order_of(event)
    if order.state == "closed":
        yield _of_order(order, f"closed:{order.id}")


def order_paid_late(event: Any) -> Iterator[Subject]:
    """The same news as the cancelling of the order that this leads to."""
    order = order_of(event)
    yield _of_order(order, f"ended:{order.id}")


def order_cancelled(event: Any) -> Iterator[Subject]:
    """An order that was cancelled, unless its group failed."""
    order = order_of(event)
    if _group_failure(order) is None:
        reason = order.cancel_reason or _("订单已取消")
        yield _of_order(order, f"ended:{order.id}", reason=reason)


def group_failed(event: Any) -> Iterator[Subject]:
    """An order that was cancelled because its group failed: nobody came, or its merchant gave it up."""
    order = order_of(event)
    failure = _group_failure(order)
    if failure is not None:
        yield Subject(
            key=f"ended:{order.id}",
            store_id=order.store_id,
            people=(order.buyer_id,),
            path=reverse("orders:detail", args=[order.public_id]),
            values={**order_values(order), "reason": failure},
        )


def line_cancelled(event: Any) -> Iterator[Subject]:
    """Goods that will not be sent, and for which nothing goes back; of the others their refund tells."""
    order = order_of(event)
    for line in lines_gone_for_nothing(order.id):
        yield _of_order(order, f"line_cancelled:{line.id}", goods=line.goods)


def parcels(event: Any) -> Iterator[Subject]:
    """Every parcel of the order is an event of its own, whichever fact tells of it."""
    order = order_of(event)
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
    order = order_of(event)
    if order.delivery == "digital" and order.parcels:
        yield _of_order(order, f"delivered:{order.id}")


def refund_requested(event: Any) -> Iterator[Subject]:
    """Money goes back for a reason that nothing else tells of: of an order that ended, its end does."""
    refund = refund_of(event)
    if refund.reason not in TOLD_BY_THE_ORDER and refund.state != "succeeded":
        yield _of_refund(event, refund, f"refunding:{event.refund_id}")


def refund_succeeded(event: Any) -> Iterator[Subject]:
    yield _of_refund(event, refund_of(event), f"refunded:{event.refund_id}")


def refund_stuck(event: Any) -> Iterator[Subject]:
    refund = refund_of(event)
    if refund.state == "stuck":
        yield _of_refund(event, refund, f"stuck:{event.refund_id}")


def address_changed(event: Any) -> Iterator[Subject]:
    """Somebody of the shop changed where the order goes; who did it themselves knows."""
    order, change = order_of(event), address_news(event.order_id)
    if change is not None and change.by_id != order.buyer_id:
        yield _of_order(order, f"address:{change.id}")


def invoice_issued(event: Any) -> Iterator[Subject]:
    order, invoice = order_of(event), invoice_news(event.order_id)
    if invoice is not None and invoice.is_issued:
        yield _of_order(order, f"invoice:{event.invoice_id}", path="orders:invoice")


def invoice_declined(event: Any) -> Iterator[Subject]:
    """Each refusal is an event of its own: after it the buyer may ask again, unless there is nothing
    any more to ask for."""
    order, invoice = order_of(event), invoice_news(event.order_id)
    if invoice is not None and invoice.is_declined and invoice.declined_at is not None:
        yield _of_order(
            order,
            f"no_invoice:{event.invoice_id}:{invoice.declined_at:%Y%m%d%H%M%S%f}",
            path="orders:invoice",
            reason=invoice.decline_reason,
            next="" if invoice.is_ended else _("改好后可以重新申请。"),
        )


def pay_soon(order: OrderGist) -> Subject:
    """An order that will close unpaid."""
    return _of_order(
        order, f"pay_soon:{order.id}", path="orders:cashier", until=clock_words(order.pay_before)
    )


def receive_soon(order: OrderGist) -> Subject:
    """An order that will count as received."""
    until = clock_words(order.receive_before) if order.receive_before else ""
    next_step = _("请马上联系商家") if is_extended(order.id) else _("请延长收货")
    return _of_order(order, f"receive_soon:{order.id}", until=until, next=next_step)


def _group_promise(order: OrderGist, *, is_checked: bool) -> str:
    """What becomes of the money of a group's order, in its campaign's own words."""
    group = group_gist(group_ref=order.offer_ref)
    ending = {"ending": group.deal.ending.rstrip("。") if group is not None else ""}
    if is_checked:
        return _("成团并且商家核对过这笔订单就发货；%(ending)s") % ending
    return _("成团就发货；%(ending)s") % ending


def _group_failure(order: OrderGist) -> str | None:
    """Why the order's group failed, in words for its members; None when there is none, or it did not."""
    if order.offer_kind != "group" or not order.offer_ref:
        return None
    return group_failure(order.offer_ref)


def _of_order(order: OrderGist, key: str, *, path: str = "orders:detail", **values: str) -> Subject:
    return Subject(
        key=key,
        store_id=order.store_id,
        people=(order.buyer_id,),
        path=reverse(path, args=[order.public_id]),
        values={**order_values(order), **values},
    )


def _of_refund(event: Any, refund: Any, key: str) -> Subject:
    order = order_gist(order_ref=event.order_ref)
    if order is None:
        raise LookupError(f"no order {event.order_ref}")
    values = {"amount": yuan(refund.amount_fen), "reason": str(refund.get_reason_display())}
    return _of_order(order, key, **values)
