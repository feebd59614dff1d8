"""The form to buy at a bargain's price: a checkout of one piece, by its launcher."""

from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.bargain import services
from campaigns.bargain.queries import BargainBoard, bargain_board, buy_refused
from catalog.queries import skus_for_sale
from core.errors import NotHere
from core.limits import limit_check
from orders.checkout import (
    CheckoutView,
    Choice,
    ForSale,
    Refusal,
    Refused,
    address_chosen,
    wishes_of,
)
from orders.forms import CheckoutForm
from orders.pricing import CAMPAIGN_KINDS

# A person who really wants to buy tries a few times; a script tries more.
BUYS, BUYS_WINDOW_S = 10, 60


class BuyView(CheckoutView):
    """/b/<bargain>/buy/"""

    template_name = "bargain/checkout.html"

    def wares_find(self, request: HttpRequest, *, now: datetime) -> ForSale:
        board = bargain_board(self.kwargs["public_id"], now=now)
        sku = skus_for_sale([board.terms.sku_id]).get(board.terms.sku_id) if board else None
        if board is None or sku is None:
            raise NotHere(_("没有这个砍价，请核对链接。"))
        return ForSale(
            store_id=board.store_id,
            title=sku.title,
            photo=sku.photo,
            back_url=reverse("bargain:bargain", args=[board.public_id]),
            # A withdrawn product's bargains go on; and the piece that is kept for the launcher is not among
            # those that others may buy.
            choices=(
                Choice(sku, board.price_fen, goes_on=True, kept=1 if board.keeps_piece else 0),
            ),
            limit=1,
            takes=CAMPAIGN_KINDS if board.terms.takes_coupons else (),
            about=board,
        )

    def refusal_foreseen(
        self, request: HttpRequest, wares: ForSale, *, now: datetime
    ) -> Refusal | None:
        board: BargainBoard = wares.about
        refused = buy_refused(board.public_id, self.buyer_id, now=now)
        if refused is not None:
            return _refusal(refused, wares, final=True)
        return super().refusal_foreseen(request, wares, now=now)

    def place(self, request: HttpRequest, wares: ForSale, form: CheckoutForm, now: datetime) -> str:
        if not limit_check("bargain-buy", f"user:{self.buyer_id}", BUYS, BUYS_WINDOW_S):
            raise Refused(
                Refusal(_("操作太频繁了，请过一分钟再试。你填写的内容还在。"), status=429)
            )
        try:
            return services.bargain_buy(
                bargain_public_id=wares.about.public_id,
                user_id=self.buyer_id,
                address=address_chosen(wares, form),
                note=form.cleaned_data["note"],
                expected_payable_fen=form.cleaned_data["shown_fen"],
                form_key=form.cleaned_data["form_key"],
                wishes=wishes_of(request.POST),
                now=now,
            )
        except services.BuyRefused as refused:
            raise Refused(_refusal(refused, wares)) from refused


def _refusal(refused: services.BuyRefused, wares: ForSale, *, final: bool = False) -> Refusal:
    """The refusal's own words, and the way out that fits it."""
    if isinstance(refused, services.AlreadyOrdered):
        label, url = _("去那个订单"), reverse("orders:detail", args=[refused.order_public_id])
    elif isinstance(refused, services.NotMidway) or not wares.alone_url:
        label, url = _("看看砍价"), wares.back_url
    else:
        label, url = _("直接购买"), wares.alone_url
    return Refusal(str(refused), label, url, final=final)
