"""A buyer's invoice, as its page shows it."""

from dataclasses import dataclass

from orders.models import Invoice
from orders.states import InvoiceState


@dataclass(frozen=True)
class InvoiceCard:
    """How an order's invoice stands, for its buyer."""

    state: str
    state_label: str
    kind_label: str
    title: str
    tax_no: str
    decline_reason: str

    @property
    def is_issued(self) -> bool:
        return self.state == InvoiceState.ISSUED

    @property
    def may_ask(self) -> bool:
        return self.state == InvoiceState.DECLINED


def invoice_row(order_id: int) -> Invoice | None:
    """The order's invoice; whose order it is was asked before."""
    return Invoice.objects.filter(order_id=order_id).first()


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
    )
