"""The form to buy at a flash price. Whoever cannot win is answered before the order path opens."""

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.flash import queries, services
from catalog.queries import skus_for_sale
from core import clock
from core.errors import NotHere
from core.ids import ALPHABET
from core.limits import limit_check
from orders.checkout import (
    KEPT,
    CheckoutView,
    Choice,
    ForSale,
    Refusal,
    Refused,
    address_chosen,
    item_chosen,
    wishes_of,
)
from orders.forms import CheckoutForm
from orders.pricing import CAMPAIGN_KINDS

# A person who really wants to buy tries some times; a script tries more.
BUYS, BUYS_WINDOW_S = 20, 60
TOO_OFTEN = 429
CART_ACTIONS = frozenset({"address", "refresh"})


class BuyView(CheckoutView):
    """/flash/<offer>/buy/"""

    template_name = "flash/checkout.html"

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """The gate first; only who may win goes on to the form and the order."""
        if request.POST.get("action", "") in CART_ACTIONS:
            return super().post(request, *args, **kwargs)
        ref, key = str(self.kwargs["public_id"]), request.POST.get("form_key", "")
        if not (len(key) == 26 and set(key) <= set(ALPHABET)):
            return super().post(request, *args, **kwargs)  # the form says what is wrong
        if not limit_check("flash-buy", f"user:{self.buyer_id}", BUYS, BUYS_WINDOW_S):
            return self._turned_away(request, _("操作太频繁了，请过一分钟再试。"), TOO_OFTEN)
        try:
            first = services.flash_enter(
                offer_public_id=ref,
                user_id=self.buyer_id,
                quantity=_quantity(request),
                form_key=key,
                now=clock.now(),
            )
        except services.BuyRefused as refused:
            return self._turned_away(request, str(refused), 409, refused)
        if first:
            return redirect("orders:cashier", first)
        has_order = False
        try:
            response = super().post(request, *args, **kwargs)
            has_order = response.status_code == 302
            return response
        finally:
            if not has_order:
                services.flash_leave(offer_public_id=ref, form_key=key)

    def wares_find(self, request: HttpRequest, *, now: datetime) -> ForSale:
        terms = queries.flash_terms(str(self.kwargs["public_id"]), now=now)
        sku = skus_for_sale([terms.sku_id]).get(terms.sku_id) if terms else None
        if terms is None or sku is None:
            raise NotHere(_("没有这个秒杀，请核对链接。"))
        return ForSale(
            store_id=terms.store_id,
            title=sku.title,
            photo=sku.photo,
            back_url=reverse("storefront:product", args=[sku.product_public_id]),
            choices=(Choice(sku, terms.flash_fen),),
            limit=terms.per_person,
            takes=CAMPAIGN_KINDS if terms.takes_coupons else (),
            about=terms,
        )

    def refusal_foreseen(
        self, request: HttpRequest, wares: ForSale, *, now: datetime
    ) -> Refusal | None:
        terms: queries.FlashTerms = wares.about
        refused = queries.buy_refused(terms.public_id, self.buyer_id, now=now)
        if refused is not None:
            return _refusal(refused, wares, final=True)
        return super().refusal_foreseen(request, wares, now=now)

    def place(self, request: HttpRequest, wares: ForSale, form: CheckoutForm, now: datetime) -> str:
        sku, quantity = item_chosen(wares, form)
        if not sku.on_sale:
            raise Refused(Refusal(_("这件商品已下架，不能购买。"), _("返回商品页"), wares.back_url))
        try:
            return services.flash_buy(
                offer_public_id=wares.about.public_id,
                quantity=quantity,
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

    def _turned_away(
        self,
        request: HttpRequest,
        message: str,
        status: int,
        refused: services.BuyRefused | None = None,
    ) -> HttpResponse:
        """A small page without a query. What was typed stays in its form, which tries again while that
        may help."""
        names = (*KEPT, "form_key", "shown_fen")
        kept = [(name, request.POST[name][:2000]) for name in names if name in request.POST]
        return render(
            request,
            "flash/turned_away.html",
            {
                "message": message,
                "kept": kept,
                "now": clock.now(),
                "is_over": isinstance(refused, services.SlotOver),
                "alone_url": _alone_url(request, refused),
            },
            status=status,
        )


def _refusal(refused: services.BuyRefused, wares: ForSale, *, final: bool = False) -> Refusal:
    """The refusal's own words, and the way out that fits it."""
    if isinstance(refused, services.NotStarted):
        label, url = _("看秒杀时段"), reverse("flash:slot", args=[wares.about.slot])
    elif isinstance(refused, services.SoldOut) and refused.left > 0:
        return Refusal(str(refused))
    elif wares.alone_url:
        label, url = _("直接购买"), wares.alone_url
    else:
        label, url = _("返回商品页"), wares.back_url
    return Refusal(str(refused), label, url, final=final)


def _alone_url(request: HttpRequest, refused: services.BuyRefused | None) -> str:
    """Where the same is bought at its own price, for whoever is told to; "" for others. It is the form
    that says what was wanted: nothing is looked up for a crowd."""
    sku = request.POST.get("sku", "")[:40]
    is_gone = isinstance(refused, services.SoldOut) and refused.left < 1
    if not sku or not (is_gone or isinstance(refused, services.SlotOver)):
        return ""
    wanted = {"sku": sku, "quantity": str(_quantity(request))}
    return f"{reverse('orders:checkout')}?{urlencode(wanted)}"


def _quantity(request: HttpRequest) -> int:
    """How many tokens to ask for; what cannot be read is the form's to refuse."""
    digits = request.POST.get("quantity", "").strip()
    return max(int(digits), 1) if digits.isascii() and digits.isdigit() and len(digits) < 4 else 1
