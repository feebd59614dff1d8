"""Why an order cannot be placed: each with a sentence that says so to the shopper."""

from django.utils.translation import gettext as _

from orders.risks import refusal_words
from risk.rules import Assessed, Verdict


class OrderRefused(Exception):
    """An order that cannot be placed; the message says why, for the shopper. Nothing is written."""


class NotForSale(OrderRefused):
    """A SKU is not sold, or not by this store."""

    def __init__(self, sku_id: int) -> None:
        self.sku_id = sku_id
        super().__init__(_("商品已下架，看看店里的其他好物吧。"))


class StoreClosed(OrderRefused):
    """The store takes no orders now."""

    def __init__(self) -> None:
        super().__init__(_("店铺正在休息，暂时不能下单。"))


class BuyerGone(OrderRefused):
    """The account was closed, or folded into another one, since the shopper signed in."""

    def __init__(self) -> None:
        super().__init__(_("这个账号已经注销或停用，请重新登录后再试。"))


class NotDelivered(OrderRefused):
    """Something of the order is not sent to its address; the message names it."""


class ExemptionNotAgreed(OrderRefused):
    """Something is not taken back without a reason, and the buyer did not agree to that."""

    def __init__(self, what: str) -> None:
        super().__init__(_("%(what)s，请勾选确认后再提交。") % {"what": what})


class RiskRefused(OrderRefused):
    """Risk wants something done before this order, or refuses it. What was found is in `assessed`:
    the transaction is gone, so whoever hears this writes it down."""

    def __init__(self, assessed: Assessed) -> None:
        self.assessed = assessed
        super().__init__(refusal_words(assessed.verdict))

    @property
    def wants_proof(self) -> bool:
        """Whether it is placed once the buyer has proved a phone."""
        return self.assessed.verdict == Verdict.CODE


class PurchaseLimitReached(OrderRefused):
    """One person's orders would hold more of a product than its limit. `left` is what may be."""

    def __init__(self, title: str, limit: int, left: int) -> None:
        self.limit, self.left = limit, left
        if left > 0:
            message = _("“%(title)s”每人限购 %(limit)d 件，你还可以买 %(left)d 件。")
        else:
            message = _("“%(title)s”每人限购 %(limit)d 件，你已经买满了。")
        super().__init__(message % {"title": title, "limit": limit, "left": left})
