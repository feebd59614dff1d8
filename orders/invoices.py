"""Invoices as pages show them; and what an issued one says too much, because money went back since.

That is read and never kept: what was invoiced is compared with what stays of the order's money.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.money import yuan
from orders.models import Invoice
from orders.states import InvoiceState
from payments.queries import staying_by_orders


@dataclass(frozen=True)
class InvoiceCard:
    """How an order's invoice stands, for its buyer. `reversed_fen` of `issued_fen` is reversed, and
    `over_fen` more is to be; `is_ended` as the function says."""

    state: str
    state_label: str
    kind_label: str
    title: str
    tax_no: str
    decline_reason: str
    is_ended: bool = False
    issued_fen: int = 0
    over_fen: int = 0
    reversed_fen: int = 0

    @property
    def is_issued(self) -> bool:
        return self.state == InvoiceState.ISSUED

    @property
    def may_ask(self) -> bool:
        return self.state == InvoiceState.DECLINED and not self.is_ended

    @property
    def is_waiting(self) -> bool:
        return self.state == InvoiceState.REQUESTED

    @property
    def is_void(self) -> bool:
        """All that it says went back."""
        return self.is_issued and self.over_fen + self.reversed_fen == self.issued_fen


def over_fens(invoices: Iterable[Invoice]) -> dict[int, int]:
    """How much of each issued invoice is to be reversed, in fen, by its id, in two queries: of money
    that went back, or is on its way, what no credit note took back. Those that say what they should
    are left out. Orders are prefetched."""
    issued = [one for one in invoices if one.state == InvoiceState.ISSUED]
    if not issued:
        return {}
    staying = staying_by_orders([one.order.public_id for one in issued])
    over = {
        one.pk: (one.issued_fen or 0)
        - one.reversed_fen
        - max(staying.get(one.order.public_id, 0), 0)
        for one in issued
    }
    return {pk: fen for pk, fen in over.items() if fen > 0}


def reversal_words(*, over_fen: int, reversed_fen: int) -> str:
    """What is reversed of an issued invoice and what is to be, for the store; "" when nothing is."""
    done = _("已红冲 %(amount)s 元") % {"amount": yuan(reversed_fen)} if reversed_fen else ""
    owed = _("需红冲 %(amount)s 元") % {"amount": yuan(over_fen)} if over_fen else ""
    return "，".join(one for one in (done, owed) if one)


def is_ended(invoice: Invoice) -> bool:
    """Whether the request ended because all of the order's money went back: nobody of the store said
    so, and asking again is in vain. The order is prefetched; two queries for what nobody declined."""
    if invoice.state != InvoiceState.DECLINED or invoice.by_id is not None:
        return False
    ref = invoice.order.public_id
    return staying_by_orders([ref]).get(ref, 0) <= 0


def invoice_row(order_id: int) -> Invoice | None:
    """The order's invoice; whose order it is was asked before."""
    return Invoice.objects.select_related("order").filter(order_id=order_id).first()


def invoice_of(order_id: int) -> InvoiceCard | None:
    """The order's invoice for its page."""
    row = invoice_row(order_id)
    if row is None:
        return None
    return InvoiceCard(
        state=row.state,
        state_label=row.get_state_display(),
        kind_label=row.get_kind_display(),
        title=row.title,
        tax_no=row.tax_no,
        decline_reason=row.decline_reason,
        is_ended=is_ended(row),
        issued_fen=row.issued_fen or 0,
        over_fen=over_fens([row]).get(row.pk, 0),
        reversed_fen=row.reversed_fen,
    )
