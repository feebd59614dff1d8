"""An order's life, one file per use case: placed, paid or closed, held, shipped, received."""

from orders.pricing import AmountRefused, PriceChanged, QuantityRefused
from orders.services.cancel import CancelRefused, order_cancel
from orders.services.close import order_close_if_unpayable, order_close_request, order_expire
from orders.services.hold import hold_release
from orders.services.pay import order_payment_take
from orders.services.place import (
    NotForSale,
    Offer,
    OrderItem,
    OrderRefused,
    PurchaseLimitReached,
    StoreClosed,
    order_buy,
    order_place,
)
from orders.services.receive import order_receive
from orders.services.ship import ShipRefused, order_ship

__all__ = [
    "AmountRefused",
    "CancelRefused",
    "NotForSale",
    "Offer",
    "OrderItem",
    "OrderRefused",
    "PriceChanged",
    "PurchaseLimitReached",
    "QuantityRefused",
    "ShipRefused",
    "StoreClosed",
    "hold_release",
    "order_buy",
    "order_cancel",
    "order_close_if_unpayable",
    "order_close_request",
    "order_expire",
    "order_payment_take",
    "order_place",
    "order_receive",
    "order_ship",
]
