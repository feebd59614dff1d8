"""The facts of payments. `order_ref` is the public id of the order that is paid for."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class PaymentSucceeded(Event):
    """The provider has the money. What it means is the order's business."""

    name: ClassVar[str] = "payment.succeeded"
    payment_id: int
    store_id: int
    order_ref: str


@dataclass(frozen=True, kw_only=True)
class PaymentClosed(Event):
    """An attempt can take no money any more."""

    name: ClassVar[str] = "payment.closed"
    payment_id: int
    store_id: int
    order_ref: str


@dataclass(frozen=True, kw_only=True)
class RefundRequested(Event):
    """A refund has its number and must be submitted."""

    name: ClassVar[str] = "refund.requested"
    refund_id: int
    store_id: int
    order_ref: str


@dataclass(frozen=True, kw_only=True)
class RefundSucceeded(Event):
    """The money is back with the payer."""

    name: ClassVar[str] = "refund.succeeded"
    refund_id: int
    store_id: int
    order_ref: str


@dataclass(frozen=True, kw_only=True)
class RefundStuck(Event):
    """A refund needs a person; it is on the staff list."""

    name: ClassVar[str] = "refund.stuck"
    refund_id: int
    store_id: int
    order_ref: str


@dataclass(frozen=True, kw_only=True)
class RefundExplained(Event):
    """A person says of a stuck refund how its money went back without WeChat Pay."""

    name: ClassVar[str] = "refund.explained"
    refund_id: int
    store_id: int
    order_ref: str


@dataclass(frozen=True, kw_only=True)
class BillMatched(Event):
    """A day's bill was kept and compared with payments and refunds; orders compare themselves."""

    name: ClassVar[str] = "bill.matched"
    bill_id: int
    store_id: int


@dataclass(frozen=True, kw_only=True)
class AccountTroubled(Event):
    """WeChat Pay refuses what a store's account asks for, and will until somebody mends it. Once for
    each reason; `account_id` is the merchant account."""

    name: ClassVar[str] = "account.troubled"
    account_id: int
    store_id: int
