"""Orders, their lines, holds and shipments; one file per part of an order's life."""

from orders.models.cart import CartLine
from orders.models.changes import OrderChange, OrderReprice
from orders.models.holds import OrderHold, RiskReview
from orders.models.invoice import Invoice
from orders.models.lines import ExemptionConsent, OrderAdjustment, OrderLine
from orders.models.order import Order
from orders.models.parcels import ParcelTrack, Shipment, ShipmentLine

__all__ = [
    "CartLine",
    "ExemptionConsent",
    "Invoice",
    "Order",
    "OrderAdjustment",
    "OrderChange",
    "OrderHold",
    "OrderLine",
    "OrderReprice",
    "ParcelTrack",
    "RiskReview",
    "Shipment",
    "ShipmentLine",
]
