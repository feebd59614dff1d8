"""The office's pages about orders, one file per page; registered by being imported."""

from orders.admin.invoice import InvoicePage
from orders.admin.order import OrderPage
from orders.admin.review import RiskReviewPage

__all__ = ["InvoicePage", "OrderPage", "RiskReviewPage"]
