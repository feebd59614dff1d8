"""Reads for other apps, pages and the staff lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q, QuerySet, Sum

from payments.bills import day_missed_in
from payments.models import (
    BillDifference,
    BillLine,
    LedgerEntry,
    MerchantAccount,
    Payment,
    PaymentIncident,
    Refund,
    TradeBill,
)
from payments.states import LIVE_PAYMENT, PaymentState, RefundState

# Where a store is paid, for a statement of an app above that asks for more in the same trip.
ACCOUNT_OF_STORE = (
    "SELECT id FROM payments_merchantaccount WHERE store_id = %(store)s AND is_active"
)


@dataclass(frozen=True)
class OrderMoney:
    """What really moved for an order, from the ledger, and what is on its way back, in fen."""

    paid_fen: int
    refunded_fen: int
    refunding_fen: int

    @property
    def kept_fen(self) -> int:
        return self.paid_fen - self.refunded_fen


def payment_live(order_ref: str) -> Payment | None:
    """The order's one attempt that may still be paid or is being closed; its account without keys."""
    rows = Payment.objects.filter(order_ref=order_ref, state__in=LIVE_PAYMENT)
    keys = ("account__apiv3_key", "account__private_key")
    return rows.select_related("account").defer(*keys).first()


def payment_succeeded(order_ref: str) -> Payment | None:
    """The payment that came first; later ones are duplicates."""
    paid = Payment.objects.filter(order_ref=order_ref, state=PaymentState.SUCCEEDED)
    return paid.order_by("paid_at", "pk").first()


def payments_of(order_ref: str) -> list[Payment]:
    """Every attempt of an order, with its refunds, oldest first: two queries."""
    rows = Payment.objects.filter(order_ref=order_ref).prefetch_related("refunds")
    return list(rows.order_by("pk"))


def refunds_of(order_ref: str) -> list[Refund]:
    """Every refund of an order, oldest first."""
    return list(Refund.objects.filter(order_ref=order_ref).order_by("pk"))


def refund_asked_fen(*, payment_id: int, reason: str, part: str) -> int | None:
    """How much of that part of a payment was asked back for that reason, in fen; None when nothing."""
    asked = Refund.objects.filter(payment_id=payment_id, reason=reason, part=part)
    return asked.values_list("amount_fen", flat=True).first()


def takes_payments(store_id: int) -> bool:
    """Whether the store has an active merchant account, so that an attempt to pay can be opened."""
    return MerchantAccount.objects.filter(store_id=store_id, is_active=True).exists()


def payment_is_returned(payment_id: int) -> bool:
    """Whether all of a payment's money is back with its payer."""
    payment = Payment.objects.filter(pk=payment_id).annotate(
        back_fen=Sum(
            "refunds__amount_fen", filter=Q(refunds__state=RefundState.SUCCEEDED), default=0
        )
    )
    return payment.filter(back_fen__gte=F("amount_fen")).exists()


def order_money(order_ref: str) -> OrderMoney:
    """What came in and went back for an order."""
    moved = LedgerEntry.objects.filter(order_ref=order_ref).aggregate(
        paid=Sum("amount_fen", filter=Q(kind=LedgerEntry.Kind.PAYMENT), default=0),
        back=Sum("amount_fen", filter=Q(kind=LedgerEntry.Kind.REFUND), default=0),
    )
    pending = Refund.objects.filter(order_ref=order_ref).exclude(state=RefundState.SUCCEEDED)
    return OrderMoney(
        paid_fen=moved["paid"],
        refunded_fen=-moved["back"],
        refunding_fen=pending.aggregate(fen=Sum("amount_fen", default=0))["fen"],
    )


def kept_by_orders(order_refs: Iterable[str]) -> dict[str, int]:
    """What stayed of each order's money by now, in fen, by order, in one query; without money, none."""
    rows = LedgerEntry.objects.filter(order_ref__in=list(order_refs)).values_list("order_ref")
    return dict(rows.annotate(fen=Sum("amount_fen")))


def staying_by_orders(order_refs: Iterable[str]) -> dict[str, int]:
    """What stays of each order's money when all that was asked for has gone back, in fen, by order, in
    two queries; without money, none."""
    refs = list(order_refs)
    staying = kept_by_orders(refs)
    going = Refund.objects.filter(order_ref__in=refs).exclude(state=RefundState.SUCCEEDED)
    sums = going.order_by().values_list("order_ref").annotate(fen=Sum("amount_fen"))
    return {**staying, **{ref: staying.get(ref, 0) - fen for ref, fen in sums}}


def stuck_refunds(store_id: int | None = None) -> QuerySet[Refund]:
    """The staff list of refunds that need a person, of one store or of all."""
    rows = Refund.objects.filter(state=RefundState.STUCK, explained_at=None)
    rows = rows.select_related("payment", "store")
    return (rows if store_id is None else rows.filter(store_id=store_id)).order_by("pk")


def open_incidents(store_id: int | None = None) -> QuerySet[PaymentIncident]:
    """The staff list of incidents nobody has explained yet, of one store or of all."""
    rows = PaymentIncident.objects.filter(explained_at=None).select_related("payment", "store")
    return (rows if store_id is None else rows.filter(store_id=store_id)).order_by("pk")


def open_difference_count(store_id: int | None = None) -> int:
    """How many differences with WeChat Pay's bills nobody has explained yet."""
    rows = BillDifference.objects.filter(explained_at=None)
    return (rows if store_id is None else rows.filter(store_id=store_id)).count()


def missing_bill_count(store_id: int | None = None) -> int:
    """How many days' bills did not come, or were no good, and nobody has said why."""
    rows = TradeBill.objects.filter(matched_at=None, explained_at=None)
    return (rows if store_id is None else rows.filter(store_id=store_id)).count()


def bill_orders(bill_id: int) -> dict[str, int]:
    """What payments and refunds leave of the money of each order that a bill, or its day, is about:
    in fen, by the order's public id."""
    bill = TradeBill.objects.get(pk=bill_id)
    during = day_missed_in(bill.day)
    ours = Payment.objects.filter(account=bill.account_id)
    about = (
        ours.filter(paid_at__gte=during[0], paid_at__lt=during[1]),
        ours.filter(refunds__requested_at__gte=during[0], refunds__requested_at__lt=during[1]),
        ours.filter(out_trade_no__in=bill.rows.values("out_trade_no")),
    )
    refs = {ref for rows in about for ref in rows.values_list("order_ref", flat=True)}
    left = Payment.objects.filter(order_ref__in=refs, state=PaymentState.SUCCEEDED)
    sums = left.values_list("order_ref").annotate(fen=Sum(F("amount_fen") - F("refunded_fen")))
    return {**dict.fromkeys(refs, 0), **dict(sums)}


@dataclass(frozen=True)
class AccountTrouble:
    """An account that took no money when somebody last tried: of which store, why and when."""

    id: int
    mchid: str
    store: str
    why: str
    at: datetime


def accounts_in_trouble(store_id: int | None = None) -> list[AccountTrouble]:
    """The accounts that stores are paid by and that took no money, the newest trouble first."""
    rows = MerchantAccount.objects.filter(is_active=True, trouble_at__isnull=False)
    rows = rows if store_id is None else rows.filter(store_id=store_id)
    told = rows.order_by("-trouble_at").values_list(
        "pk", "mchid", "store__name", "trouble", "trouble_at"
    )
    return [
        AccountTrouble(pk, mchid, store, why, at)
        for pk, mchid, store, why, at in told
        if at is not None  # the filter
    ]


def stuck_refund_count(store_id: int | None = None) -> int:
    """How many refunds are on the staff list."""
    return stuck_refunds(store_id).count()


def open_incident_count(store_id: int | None = None) -> int:
    """How many incidents are on the staff list."""
    return open_incidents(store_id).count()


@dataclass(frozen=True)
class LedgerMove:
    """Money that really moved for an order: in (+) or back (−), and what was with the merchant after
    it, in fen."""

    at: datetime
    label: str
    reference: str
    amount_fen: int
    balance_fen: int


@dataclass(frozen=True)
class BilledMoney:
    """What WeChat Pay's bill says of it, in fen, None where no bill has it; `difference` is what
    nobody has explained yet, or ""."""

    day: date
    reference: str
    amount_fen: int | None
    fee: str
    difference: str


def ledger_of(order_ref: str) -> tuple[LedgerMove, ...]:
    """What moved for an order, oldest first, in one query."""
    rows = (
        LedgerEntry.objects.filter(order_ref=order_ref)
        .select_related("payment", "refund")
        .order_by("pk")
    )
    moves, balance = [], 0
    for row in rows:
        balance += row.amount_fen
        reference = row.refund.out_refund_no if row.refund else row.payment.out_trade_no
        label = row.get_kind_display()
        moves.append(LedgerMove(row.entered_at, label, reference, row.amount_fen, balance))
    return tuple(moves)


def billed_of(order_ref: str) -> tuple[BilledMoney, ...]:
    """The bill's lines about an order, and the differences about it, in two queries. A difference
    about what has no line stands by itself."""
    numbers = Payment.objects.filter(order_ref=order_ref).values("out_trade_no")
    lines = BillLine.objects.filter(out_trade_no__in=numbers).select_related("bill")
    open_ones = BillDifference.objects.filter(order_ref=order_ref, explained_at=None)
    differences: dict[str, list[BillDifference]] = {}
    for one in open_ones.select_related("bill").order_by("pk"):
        differences.setdefault(one.reference, []).append(one)
    told = [
        BilledMoney(
            day=line.bill.day,
            reference=line.out_refund_no or line.out_trade_no,
            amount_fen=-line.refund_fen if line.out_refund_no else line.amount_fen,
            fee=line.fee_text,
            difference=_said(differences.pop(line.out_refund_no or line.out_trade_no, [])),
        )
        for line in lines.order_by("bill__day", "number")
    ]
    told += [
        BilledMoney(
            day=rest[0].bill.day,
            reference=reference,
            amount_fen=None,
            fee="",
            difference=_said(rest),
        )
        for reference, rest in differences.items()
    ]
    return tuple(told)


def _said(differences: list[BillDifference]) -> str:
    return "；".join(str(one) for one in differences)
