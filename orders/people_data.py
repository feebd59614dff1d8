"""What orders hold about a buyer."""

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.people_data import Held, held_register, obstacle_register
from orders.models import Invoice, Order, OrderChange
from orders.states import InvoiceState, OrderState

TRADE = "a record of a trade: article 31 of the E-Commerce Law has it kept for three years"

held_register(
    Held(
        "orders.order",
        "buyer",
        gettext_lazy("订单"),
        (
            *("public_id", "store__name", "state", "goods_fen", "discount_fen", "freight_fen"),
            *("adjust_fen", "payable_fen", "note", "delivery", "recipient", "phone", "region"),
            *("street", "placed_at", "paid_at", "shipped_at", "received_at", "closed_at"),
            *("cancelled_at", "cancel_reason"),
        ),
        kept=TRADE,
    ),
    Held(
        "orders.orderline",
        "order__buyer",
        gettext_lazy("订单商品"),
        (
            *("order__public_id", "title", "sku_name", "unit_price_fen", "quantity"),
            *("amount_fen", "discount_fen", "adjust_fen", "rebate_fen", "cancelled_at"),
        ),
        kept=TRADE,
    ),
    Held(
        "orders.shipment",
        "order__buyer",
        gettext_lazy("包裹"),
        ("order__public_id", "carrier", "tracking_no", "shipped_at"),
        kept=TRADE,
    ),
    Held(
        "orders.orderchange",
        "order__buyer",
        gettext_lazy("订单改动"),
        ("order__public_id", "kind", "detail", "at"),
        kept=TRADE,
        # What the store's staff write for one another is promised to stay among them.
        only=~Q(kind=OrderChange.Kind.NOTE),
    ),
    Held(
        "orders.invoice",
        "order__buyer",
        gettext_lazy("发票"),
        (
            *("order__public_id", "state", "kind", "title", "tax_no", "email"),
            *("requested_at", "issued_at", "issued_fen", "reversed_fen", "reversed_at"),
            *("declined_at", "decline_reason"),
        ),
        kept="a voucher of the books",
        unlink={"email": ""},
    ),
    Held(
        "orders.exemptionconsent",
        "user",
        gettext_lazy("不适用七天无理由退货的确认"),
        ("sku__product__title", "wording", "given_at"),
        kept="the proof of what was agreed to when buying",
    ),
    Held(
        "orders.cartline",
        "user",
        gettext_lazy("购物车"),
        ("sku__product__title", "sku__name", "quantity", "added_at"),
    ),
)


def unfinished(user_id: int) -> str:
    over = (OrderState.COMPLETED, OrderState.CLOSED, OrderState.CANCELLED)
    if Order.objects.filter(buyer_id=user_id).exclude(state__in=over).exists():
        return _("你还有没完成的订单：请先付款、取消，或等收货之后再注销。")
    asked = Invoice.objects.filter(order__buyer_id=user_id, state=InvoiceState.REQUESTED)
    return _("你申请的发票还没有开好。") if asked.exists() else ""


obstacle_register("orders.unfinished", unfinished)
