"""What happened to an order, for its buyer and its store alike: one timeline, read from facts.

A fact says what and when; the rows that were written with it say the rest, and share its instant.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.facts import Happened, facts_of
from core.money import yuan
from orders.models import Order, OrderChange, RiskReview

Words = str | Promise


@dataclass(frozen=True)
class Step:
    """A line of the timeline: what happened, and when."""

    label: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True)
class _Told:
    """An order with all the rows that a fact of it may be about."""

    order: Order
    refunds: Mapping[int, Any]
    changes: Mapping[tuple[str, datetime], str]
    parcels: Mapping[datetime, str]
    for_buyer: bool


def order_story(order: Order, *, refunds: Sequence[Any], for_buyer: bool) -> tuple[Step, ...]:
    """What happened, oldest first: one query for the facts, and none for rows that were prefetched
    (changes, shipments, reprice, invoice, risk_review). `refunds` are the order's. A buyer is told
    neither of the store's notes nor of a judgement."""
    told = _Told(
        order=order,
        refunds={refund.pk: refund for refund in refunds},
        changes={(one.kind, one.at): one.detail for one in order.changes.all()},
        parcels={
            one.shipped_at: f"{one.get_carrier_display()} {one.tracking_no}"
            for one in order.shipments.all()
        },
        for_buyer=for_buyer,
    )
    subjects = {"order": [order.pk], "refund": list(told.refunds)}
    for subject, name in (("invoice", "invoice"), ("review", "risk_review")):
        row = getattr(order, name, None)
        subjects[subject] = [row.pk] if row is not None else []
    facts = facts_of(subjects, since=order.placed_at)
    return tuple(step for fact in facts if (step := _step(fact, told)) is not None)


def _step(fact: Happened, told: _Told) -> Step | None:
    shown = STEPS.get(fact.name)
    if shown is None:
        return None
    buyers, stores, detail = shown
    words = buyers if told.for_buyer else stores
    label = words(told) if callable(words) else words
    return Step(str(label), fact.at, detail(fact, told)) if label else None


def _nothing(_fact: Happened, _told: _Told) -> str:
    return ""


def _reason(_fact: Happened, told: _Told) -> str:
    return told.order.cancel_reason


def _parcel(fact: Happened, told: _Told) -> str:
    return told.parcels.get(fact.at, "") if told.order.delivery == Order.Delivery.POST else ""


def _change(kind: OrderChange.Kind) -> Callable[[Happened, _Told], str]:
    return lambda fact, told: told.changes.get((kind, fact.at), "")


def _price(_fact: Happened, told: _Told) -> str:
    reprice = getattr(told.order, "reprice", None)
    if reprice is None:
        return ""
    return f"¥{yuan(reprice.before_fen)} → ¥{yuan(reprice.after_fen)}"


def _asked(told: _Told) -> Words:
    """A price that was asked for, as long as it does not hold."""
    reprice = getattr(told.order, "reprice", None)
    if reprice is None or reprice.applied_at is not None:
        return ""
    return _("商家改价，还没有生效")


def _refund(fact: Happened, told: _Told) -> str:
    refund = told.refunds[fact.subject_id]
    said = _("%(amount)s 元（%(reason)s）") % {
        "amount": yuan(refund.amount_fen),
        "reason": refund.get_reason_display(),
    }
    stuck = fact.name == "refund.stuck" and not told.for_buyer
    return f"{said} {refund.error}".strip() if stuck else said


def _declined(_fact: Happened, told: _Told) -> str:
    return told.order.invoice.decline_reason  # type: ignore[attr-defined]


def _why(_fact: Happened, told: _Told) -> str:
    return told.order.risk_review.why  # type: ignore[attr-defined]


def _decision(_fact: Happened, told: _Told) -> str:
    review: RiskReview = told.order.risk_review  # type: ignore[attr-defined]
    if told.for_buyer:
        return ""
    return f"{review.get_outcome_display()} {review.note}".strip()


def _confirmed(told: _Told) -> Words:
    review: RiskReview = told.order.risk_review  # type: ignore[attr-defined]
    return "" if review.outcome == RiskReview.Outcome.REFUSED else _("商家已确认")


def _released(told: _Told) -> Words:
    if told.order.delivery == Order.Delivery.PICKUP:
        return _("等待取货")
    if told.order.delivery == Order.Delivery.DIGITAL:
        return _("等待交付")
    group = told.order.offer_kind == Order.Offer.GROUP
    return _("拼团成功，等待发货") if group else _("等待发货")


def _sent(told: _Told) -> Words:
    how = {Order.Delivery.PICKUP.value: _("已取货"), Order.Delivery.DIGITAL.value: _("已交付")}
    return how.get(told.order.delivery, _("商家已发货"))


def _received(told: _Told) -> Words:
    return _("确认收货") if told.order.delivery == Order.Delivery.POST else ""


Label = Words | Callable[[_Told], Words]
Kind = OrderChange.Kind


def _same(label: Label, detail: Any = _nothing) -> tuple[Label, Label, Any]:
    return label, label, detail


# The fact: what its buyer reads, what the store reads ("" for nothing), and what is said beside it.
STEPS: dict[str, tuple[Label, Label, Callable[[Happened, _Told], str]]] = {
    "order.placed": _same(gettext_lazy("提交订单")),
    "order.reprice_asked": ("", _asked, _price),
    "order.repriced": _same(gettext_lazy("商家修改了价格"), _price),
    "order.paid": _same(gettext_lazy("付款成功")),
    "order.closed": _same(gettext_lazy("订单关闭"), _reason),
    "order.paid_late": _same(gettext_lazy("款项到账，全额退回"), _reason),
    "order.released": _same(_released),
    "order.cancelled": _same(gettext_lazy("订单取消"), _reason),
    "order.part_shipped": _same(gettext_lazy("包裹已寄出"), _parcel),
    "order.shipped": _same(_sent, _parcel),
    "order.received": _same(_received),
    "order.address_changed": _same(gettext_lazy("收货信息已修改"), _change(Kind.ADDRESS)),
    "order.line_cancelled": _same(gettext_lazy("部分商品已取消"), _change(Kind.LINE_CANCELLED)),
    "order.rebated": _same(gettext_lazy("退还差价")),
    "order.line_refunded": _same(gettext_lazy("商家同意退款"), _change(Kind.LINE_REFUNDED)),
    "order.urged": (gettext_lazy("你催了发货"), gettext_lazy("买家催发货"), _nothing),
    "order.receive_extended": (
        gettext_lazy("你延长了收货时间"),
        gettext_lazy("买家延长收货"),
        _nothing,
    ),
    "order.noted": ("", gettext_lazy("商家备注"), _change(Kind.NOTE)),
    "review.opened": ("", gettext_lazy("需要审核"), _why),
    "review.decided": (_confirmed, gettext_lazy("审核结果"), _decision),
    "refund.requested": _same(gettext_lazy("申请退款"), _refund),
    "refund.succeeded": _same(gettext_lazy("退款已到账"), _refund),
    "refund.stuck": _same(gettext_lazy("退款遇到问题，工作人员正在处理"), _refund),
    "refund.explained": _same(gettext_lazy("商家已用其他方式退款"), _refund),
    "invoice.requested": _same(gettext_lazy("申请发票")),
    "invoice.issued": _same(gettext_lazy("发票已开具")),
    "invoice.reversed": _same(gettext_lazy("商家已开红字发票")),
    "invoice.declined": _same(gettext_lazy("未能开票"), _declined),
}
