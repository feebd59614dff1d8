"""What an order's buyer may hear of beside its states: for whoever tells them."""

from dataclasses import dataclass
from datetime import datetime

from orders.amounts import line_paid_fen
from orders.invoices import is_ended, over_fens
from orders.models import Invoice, OrderChange, OrderHold, OrderLine
from orders.states import InvoiceState


@dataclass(frozen=True)
class AddressNews:
    """The last change of where an order goes; `by_id` None for nobody in particular."""

    id: int
    by_id: int | None


@dataclass(frozen=True)
class InvoiceNews:
    """How an order's invoice stands. `declined_at` and the reason are of the last refusal, or of its
    end because all money went back (`is_ended`); `over_fen` is what an issued one says too much,
    because money went back since."""

    id: int
    is_issued: bool
    is_declined: bool
    is_ended: bool
    declined_at: datetime | None
    decline_reason: str
    over_fen: int


@dataclass(frozen=True)
class LineNews:
    """A line of an order, as its buyer knows it: "红枣 500g × 2"."""

    id: int
    goods: str


def address_news(order_id: int) -> AddressNews | None:
    """None for an order that goes where it always went."""
    rows = OrderChange.objects.filter(order_id=order_id, kind=OrderChange.Kind.ADDRESS)
    last = rows.order_by("-pk").first()
    return AddressNews(last.pk, last.by_id) if last is not None else None


def invoice_news(order_id: int) -> InvoiceNews | None:
    """None for an order without an invoice."""
    row = Invoice.objects.select_related("order").filter(order_id=order_id).first()
    if row is None:
        return None
    return InvoiceNews(
        id=row.pk,
        is_issued=row.state == InvoiceState.ISSUED,
        is_declined=row.state == InvoiceState.DECLINED,
        is_ended=is_ended(row),
        declined_at=row.declined_at,
        decline_reason=row.decline_reason,
        over_fen=over_fens([row]).get(row.pk, 0),
    )


def lines_gone_for_nothing(order_id: int) -> tuple[LineNews, ...]:
    """The lines that were cancelled, or the rests of lines, for which there was nothing to give back."""
    gone = OrderLine.objects.filter(order_id=order_id, cancelled_at__isnull=False).order_by("pk")
    return tuple(LineNews(line.pk, str(line)) for line in gone if not line_paid_fen(line))


def is_extended(order_id: int) -> bool:
    """Whether its buyer got more time to receive it, which one may once."""
    extended = OrderChange.objects.filter(order_id=order_id, kind=OrderChange.Kind.EXTENDED)
    return extended.exists()


def is_being_checked(order_id: int) -> bool:
    """Whether somebody looks at the paid order before it may go."""
    holds = OrderHold.objects.filter(order_id=order_id, kind=OrderHold.Kind.RISK)
    return holds.filter(closed_at=None).exists()
