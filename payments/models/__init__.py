"""Money: merchant accounts, payment attempts, refunds, the ledger; and what needs a person.

A payment belongs to an order by `order_ref` (the order's public id): payments do not know orders.
"""

from payments.models.money import (
    WAY_FORGOTTEN,
    Channel,
    LedgerEntry,
    MerchantAccount,
    Payment,
    Refund,
)
from payments.models.troubles import BillDifference, BillLine, PaymentIncident, TradeBill

__all__ = [
    "WAY_FORGOTTEN",
    "BillDifference",
    "BillLine",
    "Channel",
    "LedgerEntry",
    "MerchantAccount",
    "Payment",
    "PaymentIncident",
    "Refund",
    "TradeBill",
]
