"""An order's life, one file per use case: placed, paid or closed, held, shipped, received."""

from orders.pricing import AmountRefused, PriceChanged, QuantityRefused
from orders.services.address import AddressDoubted, AddressRefused, order_address_change
from orders.services.bulk import BulkRow, bulk_plan, bulk_ship
from orders.services.cancel import CancelRefused, order_cancel
from orders.services.cancel_line import order_line_cancel
from orders.services.close import order_close_if_unpayable, order_close_request, order_expire
from orders.services.collect import (
    CollectRefused,
    collect_refusal,
    order_collect,
    pickup_find,
)
from orders.services.digital import DigitalLine, order_hand_over_digital
from orders.services.give_back import order_give_back
from orders.services.hold import hold_release
from orders.services.invoice import (
    InvoiceRefused,
    invoice_decline,
    invoice_end_if_refunded,
    invoice_file,
    invoice_issue,
    invoice_request,
    invoice_reverse,
)
from orders.services.match import orders_match
from orders.services.offer import Offer, OrderItem
from orders.services.pay import order_payment_take
from orders.services.place import order_buy, order_place
from orders.services.receive import order_receive, order_receive_overdue
from orders.services.refund_line import RefundRefused, order_line_refund
from orders.services.refusals import (
    BuyerGone,
    NotForSale,
    OrderRefused,
    PurchaseLimitReached,
    RiskRefused,
    StoreClosed,
)
from orders.services.reprice import RepriceRefused, order_price_ask, order_price_settle
from orders.services.review import review_refuse, review_release
from orders.services.ship import ShipRefused, order_ship
from orders.services.track import parcel_track
from orders.services.wishes import (
    WishRefused,
    order_note_add,
    order_receive_extend,
    order_urge,
)

__all__ = [
    "AddressDoubted",
    "AddressRefused",
    "AmountRefused",
    "BulkRow",
    "BuyerGone",
    "CancelRefused",
    "CollectRefused",
    "DigitalLine",
    "InvoiceRefused",
    "NotForSale",
    "Offer",
    "OrderItem",
    "OrderRefused",
    "PriceChanged",
    "PurchaseLimitReached",
    "QuantityRefused",
    "RefundRefused",
    "RepriceRefused",
    "RiskRefused",
    "ShipRefused",
    "StoreClosed",
    "WishRefused",
    "bulk_plan",
    "bulk_ship",
    "collect_refusal",
    "hold_release",
    "invoice_decline",
    "invoice_end_if_refunded",
    "invoice_file",
    "invoice_issue",
    "invoice_request",
    "invoice_reverse",
    "order_address_change",
    "order_buy",
    "order_cancel",
    "order_close_if_unpayable",
    "order_close_request",
    "order_collect",
    "order_expire",
    "order_give_back",
    "order_hand_over_digital",
    "order_line_cancel",
    "order_line_refund",
    "order_note_add",
    "order_payment_take",
    "order_place",
    "order_price_ask",
    "order_price_settle",
    "order_receive",
    "order_receive_extend",
    "order_receive_overdue",
    "order_ship",
    "order_urge",
    "orders_match",
    "parcel_track",
    "pickup_find",
    "review_refuse",
    "review_release",
]
