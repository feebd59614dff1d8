"""The facts of orders."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class OrderEvent(Event):
    """What every fact of an order carries."""

    order_id: int
    store_id: int
    buyer_id: int


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(OrderEvent):
    """Stock is reserved and a payment is open."""

    name: ClassVar[str] = "order.placed"


@dataclass(frozen=True, kw_only=True)
class OrderPaid(OrderEvent):
    """The money is there and the order keeps it."""

    name: ClassVar[str] = "order.paid"


@dataclass(frozen=True, kw_only=True)
class OrderClosed(OrderEvent):
    """Never paid in time, or given up by the buyer: stock is free again, or its offer's."""

    name: ClassVar[str] = "order.closed"


@dataclass(frozen=True, kw_only=True)
class OrderPaidLate(OrderEvent):
    """Money came after closing, or after the buyer gave it up: it goes back in full."""

    name: ClassVar[str] = "order.paid_late"


@dataclass(frozen=True, kw_only=True)
class OrderReleased(OrderEvent):
    """The last hold closed: ready to ship."""

    name: ClassVar[str] = "order.released"


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """Paid, then given up: stock is free again and the money goes back."""

    name: ClassVar[str] = "order.cancelled"


@dataclass(frozen=True, kw_only=True)
class OrderPartShipped(OrderEvent):
    """A parcel is with the carrier, and more is to follow."""

    name: ClassVar[str] = "order.part_shipped"


@dataclass(frozen=True, kw_only=True)
class OrderShipped(OrderEvent):
    """The parcel is with the carrier."""

    name: ClassVar[str] = "order.shipped"


@dataclass(frozen=True, kw_only=True)
class OrderReceived(OrderEvent):
    """The buyer has the goods, or the time to say otherwise is over."""

    name: ClassVar[str] = "order.received"


@dataclass(frozen=True, kw_only=True)
class OrderRepriced(OrderEvent):
    """The merchant changed what an unpaid order costs, and a new payment is open."""

    name: ClassVar[str] = "order.repriced"


@dataclass(frozen=True, kw_only=True)
class OrderRepriceAsked(OrderEvent):
    """The merchant wants another price; it holds when the old payment is closed."""

    name: ClassVar[str] = "order.reprice_asked"


@dataclass(frozen=True, kw_only=True)
class OrderAddressChanged(OrderEvent):
    """It goes to somewhere else now."""

    name: ClassVar[str] = "order.address_changed"


@dataclass(frozen=True, kw_only=True)
class OrderLineCancelled(OrderEvent):
    """One line will not be sent: its stock is free again and what was paid for it goes back."""

    name: ClassVar[str] = "order.line_cancelled"


@dataclass(frozen=True, kw_only=True)
class OrderRebated(OrderEvent):
    """A part of what it cost goes back; it stays bought."""

    name: ClassVar[str] = "order.rebated"


@dataclass(frozen=True, kw_only=True)
class OrderLineRefunded(OrderEvent):
    """The store gives back what one line cost, or a part of it; its goods were sent and stay sent."""

    name: ClassVar[str] = "order.line_refunded"


@dataclass(frozen=True, kw_only=True)
class OrderUrged(OrderEvent):
    """The buyer asks when it will be sent."""

    name: ClassVar[str] = "order.urged"


@dataclass(frozen=True, kw_only=True)
class OrderReceiveExtended(OrderEvent):
    """The buyer wants more time before it counts as received."""

    name: ClassVar[str] = "order.receive_extended"


@dataclass(frozen=True, kw_only=True)
class OrderNoted(OrderEvent):
    """The store wrote a note for its own staff."""

    name: ClassVar[str] = "order.noted"


@dataclass(frozen=True, kw_only=True)
class ReviewEvent(Event):
    """What every fact of a judgement carries."""

    review_id: int
    store_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class ReviewOpened(ReviewEvent):
    """An order was found so strange that a person shall look at it before it is sent."""

    name: ClassVar[str] = "review.opened"


@dataclass(frozen=True, kw_only=True)
class ReviewDecided(ReviewEvent):
    """Somebody released or refused it, or nobody did in time."""

    name: ClassVar[str] = "review.decided"


@dataclass(frozen=True, kw_only=True)
class InvoiceEvent(Event):
    """What every fact of an invoice carries."""

    invoice_id: int
    store_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceRequested(InvoiceEvent):
    """The buyer asks for an invoice."""

    name: ClassVar[str] = "invoice.requested"


@dataclass(frozen=True, kw_only=True)
class InvoiceIssued(InvoiceEvent):
    """The merchant uploaded it."""

    name: ClassVar[str] = "invoice.issued"


@dataclass(frozen=True, kw_only=True)
class InvoiceReversed(InvoiceEvent):
    """The merchant took back what it says too much, by a credit note."""

    name: ClassVar[str] = "invoice.reversed"


@dataclass(frozen=True, kw_only=True)
class InvoiceDeclined(InvoiceEvent):
    """The merchant said why not; the buyer may correct and ask again."""

    name: ClassVar[str] = "invoice.declined"
