"""The checkout page, whatever is bought on it: one view, subclassed for each way to buy.

It shows what `orders.pricing.quote` says, sends that total back with the form, and asks again when
the price has changed. Whatever is refused, the page comes back with all that was typed.
"""

from orders.checkout.typed import KEPT, wishes_of
from orders.checkout.view import CheckoutView, address_chosen, item_chosen
from orders.checkout.wares import Choice, ForSale, Refusal, Refused

__all__ = [
    "KEPT",
    "CheckoutView",
    "Choice",
    "ForSale",
    "Refusal",
    "Refused",
    "address_chosen",
    "item_chosen",
    "wishes_of",
]
