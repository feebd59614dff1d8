"""The checkout page, whatever is bought on it: one view, subclassed for each way to buy.

It shows what `orders.pricing.quote` says, sends that total back with the form, and asks again when
the price has changed. Whatever is refused, the page comes back with all that was typed.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from accounts.queries import (
    AddressCard,
    AddressNotFound,
    AddressSnapshot,
    address_for_order,
    address_ids_of,
    addresses_of,
)
from catalog.queries import SkuForSale
from catalog.services import OutOfStock
from core import clock
from core.devices import device_keep, device_known
from core.idempotency import form_key_new
from core.public_pages import personal
from orders.adjusters import Asked, Wish, discounts_and_wishes
from orders.destinations import fetched_at, on_screen
from orders.exemption import exemption_agree, notice, wording
from orders.forms import NOTE_MAX, POST, CheckoutForm
from orders.freights import OrderFreight, freight_of
from orders.pricing import (
    KINDS,
    MAX_QUANTITY,
    AmountRefused,
    Discount,
    PricedItem,
    Quote,
    quote,
)
from orders.services import OrderRefused, PriceChanged, QuantityRefused, RiskRefused
from payments.services import NoMerchantAccount
from risk.rules import Verdict
from risk.services import risk_record
from stores.queries import PickupPlace, StoreInfo, pickup_places

DRAFT = "checkout_draft"
DRAFT_AGE = timedelta(minutes=30)
KEPT = (
    *("sku", "quantity", "delivery", "address", "note", "shows_profile", "agrees"),
    *(f"wish_{kind}" for kind in KINDS),
    *(f"auto_{kind}" for kind in KINDS),
)


@dataclass(frozen=True)
class Choice:
    """A SKU that this checkout sells, and what one costs here."""

    sku: SkuForSale
    unit_price_fen: int

    @property
    def buyable(self) -> bool:
        return self.sku.on_sale and self.sku.available > 0


@dataclass(frozen=True)
class ForSale:
    """What a checkout sells: the SKUs of one product, at most `limit` of one in an order."""

    store: StoreInfo
    title: str
    photo: str
    back_url: str
    choices: tuple[Choice, ...]
    limit: int = MAX_QUANTITY
    about: Any = None


@dataclass(frozen=True)
class Refusal:
    """Why not, and what to do now.

    `was_fen` is the total that was shown, when it has changed. After a `final` one there is no use
    in the form: it is shown only when something was typed in it.
    """

    message: str
    next_label: str = ""
    next_url: str = ""
    was_fen: int = 0
    final: bool = False
    status: int = 409


class Refused(Exception):
    """Buying is refused; the page shows the refusal and keeps what was typed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True)
class Typed:
    """What stands in the form's fields, valid or not. `wishes` are the discounts that the shopper
    chose; what the page had chosen by itself is none."""

    sku: str
    quantity: str
    address: str
    note: str
    shows_profile: bool
    agrees: bool = False
    delivery: str = POST
    recipient: str = ""
    phone: str = ""
    wishes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckoutPage:
    """All that the template reads."""

    wares: ForSale
    typed: Typed
    chosen: Choice
    quantity: int
    quote: Quote
    addresses: tuple[AddressCard, ...]
    form_key: str
    note_max: int = NOTE_MAX
    places: tuple[PickupPlace, ...] = ()
    wishes: tuple[Wish, ...] = ()
    freight_depends: bool = False
    not_delivered: str = ""
    exemption: str = ""
    exempt_notice: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None

    @property
    def on_screen(self) -> bool:
        """Nothing is sent, so nothing is asked about it."""
        return self.chosen.sku.is_digital


class CheckoutView(View, ABC):
    """GET shows the form; POST places the order, or does what another button asks for."""

    template_name: str
    # A campaign's price takes none.
    takes_discounts = False
    form_class: type[CheckoutForm] = CheckoutForm

    @abstractmethod
    def wares_find(self, request: HttpRequest, *, now: datetime) -> ForSale:
        """What is sold at this address, buyable or not. Raises NotHere."""

    @abstractmethod
    def place(self, request: HttpRequest, wares: ForSale, form: CheckoutForm, now: datetime) -> str:
        """Place the order once per form key; its public id. Raises Refused."""

    def refusal_foreseen(
        self, request: HttpRequest, wares: ForSale, *, now: datetime
    ) -> Refusal | None:
        """What would be refused whatever is typed: said when the page opens, not after filling it."""
        if not wares.store.is_open:
            text = _("店铺正在休息，暂时不能下单。")
        elif not any(choice.sku.on_sale for choice in wares.choices):
            text = _("这件商品已下架，不能购买。")
        elif not any(choice.buyable for choice in wares.choices):
            text = _("这件商品已售罄。")
        else:
            return None
        return Refusal(text, _("返回商品页"), wares.back_url, final=True)

    @property
    def buyer_id(self) -> int:
        """The signed-in person's id; `dispatch` lets nobody else in."""
        assert self.request.user.pk is not None
        return self.request.user.pk

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return personal(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return super().dispatch(request, *args, **kwargs)
        if request.method == "POST":
            return redirect_to_login(self._draft_keep(request))
        return redirect_to_login(request.get_full_path())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = clock.now()
        wares = self.wares_find(request, now=now)
        refusal = self.refusal_foreseen(request, wares, now=now)
        page = self._page(request, wares, self._typed_first(request), refusal=refusal)
        device_keep(request, page)
        return page

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = clock.now()
        action = request.POST.get("action", "")
        if action == "address":
            query = urlencode({"next": self._draft_keep(request)})
            return redirect(f"{reverse('accounts:address_new')}?{query}")
        wares = self.wares_find(request, now=now)
        typed = _typed(request.POST)
        if action == "refresh":
            return self._page(request, wares, typed)
        form = self._form(request, wares)
        if not form.is_valid():
            errors = {name: str(messages[0]) for name, messages in form.errors.items()}
            return self._page(request, wares, typed, errors=errors)
        sku, _quantity_asked = item_chosen(wares, form)
        if sku.consent_reason:
            if not typed.agrees:
                said = _("请先勾选确认：%(what)s。") % {"what": wording(sku)}
                return self._page(request, wares, typed, errors={"agrees": said})
            exemption_agree(user_id=self.buyer_id, skus=[sku], now=now)
        try:
            order = self._place(request, wares, form, now)
        except Refused as refused:
            self._draft_keep(request)  # the way out may lead to another checkout
            fresh = self.wares_find(request, now=now)
            return self._page(request, fresh, typed, refusal=refused.refusal)
        request.session.pop(DRAFT, None)
        return redirect("orders:cashier", order)

    def _form(self, request: HttpRequest, wares: ForSale) -> CheckoutForm:
        return self.form_class(
            request.POST,
            skus=[choice.sku.public_id for choice in wares.choices],
            addresses=address_ids_of(self.buyer_id),
            limit=wares.limit,
            places=[place.public_id for place in _places(wares)],
            on_screen={c.sku.public_id for c in wares.choices if c.sku.is_digital},
        )

    def _place(
        self, request: HttpRequest, wares: ForSale, form: CheckoutForm, now: datetime
    ) -> str:
        try:
            with device_known(request):
                return self.place(request, wares, form, now)
        except PriceChanged as error:
            raise Refused(Refusal(str(error), was_fen=error.shown_fen)) from error
        except (OutOfStock, QuantityRefused, AmountRefused, AddressNotFound) as error:
            raise Refused(Refusal(str(error))) from error
        except RiskRefused as error:
            risk_record(
                error.assessed,
                store_id=wares.store.id,
                user_id=self.buyer_id,
                order_ref="",
                now=now,
            )
            code = error.assessed.verdict == Verdict.CODE
            label = _("去验证手机号") if code else _("返回商品页")
            url = reverse("account_change_phone") if code else wares.back_url
            raise Refused(Refusal(str(error), label, url)) from error
        except (OrderRefused, NoMerchantAccount) as error:
            raise Refused(Refusal(str(error), _("返回商品页"), wares.back_url)) from error

    def _page(
        self,
        request: HttpRequest,
        wares: ForSale,
        typed: Typed,
        *,
        errors: dict[str, str] | None = None,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        chosen = _chosen(wares, typed.sku)
        quantity = _quantity(typed.quantity, wares.limit)
        addresses, places = addresses_of(self.buyer_id), _places(wares)
        typed = _with_address(typed, chosen, addresses)
        typed = _with_place(typed, places, self.buyer_id)
        freight = freight_of(
            wares.store.freight_fen,
            [chosen.sku],
            province=_province(typed, addresses),
            is_posted=typed.delivery == POST and not chosen.sku.is_digital,
        )
        try:
            cost, wishes = self._quote(wares, typed, chosen, quantity, freight=freight)
        except AmountRefused as error:
            quantity, refusal = 1, refusal or Refusal(str(error))
            cost, wishes = self._quote(wares, typed, chosen, quantity, freight=freight)
        page = CheckoutPage(
            wares=wares,
            typed=typed,
            chosen=chosen,
            quantity=quantity,
            quote=cost,
            addresses=addresses,
            form_key=_key_kept(request.POST),
            places=places,
            wishes=wishes,
            freight_depends=freight.depends_on_address,
            not_delivered=freight.refusal,
            exemption=wording(chosen.sku),
            exempt_notice=notice(chosen.sku),
            errors=errors or {},
            refusal=refusal,
        )
        status = 422 if errors else refusal.status if refusal else 200
        return render(request, self.template_name, {"page": page}, status=status)

    def _quote(
        self,
        wares: ForSale,
        typed: Typed,
        choice: Choice,
        quantity: int,
        *,
        freight: OrderFreight,
    ) -> tuple[Quote, tuple[Wish, ...]]:
        """What placing would charge, and what else there is to choose.

        A wish that cannot be granted is left out: placing says why.
        """
        item = PricedItem(choice.sku.id, quantity, choice.sku.price_fen, choice.unit_price_fen)
        asked = Asked(self.buyer_id, wares.store.id, (item,), typed.wishes)
        discounts: list[Discount] = []
        wishes: tuple[Wish, ...] = ()
        if self.takes_discounts:
            try:
                discounts, wishes = discounts_and_wishes(asked, now=clock.now())
            except OrderRefused:
                asked = replace(asked, wishes={})
                discounts, wishes = discounts_and_wishes(asked, now=clock.now())
        cost = quote(asked.items, freight=freight, discounts=discounts)
        return cost, wishes

    def _typed_first(self, request: HttpRequest) -> Typed:
        """What the fields hold when the page opens: a draft kept on the way to another page."""
        draft = request.session.get(DRAFT)
        if (
            "draft" in request.GET
            and draft
            and draft["kept_at"] > (clock.now() - DRAFT_AGE).timestamp()
        ):
            return _typed(draft["fields"])
        return _typed(request.GET)

    def _draft_keep(self, request: HttpRequest) -> str:
        """Keep what is typed in the session; the address that brings it back."""
        fields = {key: request.POST[key][:2000] for key in KEPT if key in request.POST}
        request.session[DRAFT] = {
            "kept_at": clock.now().timestamp(),
            "fields": fields,
        }
        query: dict[str, str] = {"draft": "1"}
        query |= {key: fields[key][:40] for key in ("sku", "quantity") if key in fields}
        return f"{request.path}?{urlencode(query)}"


def wishes_of(data: QueryDict | dict[str, str]) -> dict[str, str]:
    """The discounts that the shopper chose in a form: `wish_coupon` and the like."""
    return {kind: str(data[f"wish_{kind}"])[:64] for kind in KINDS if data.get(f"wish_{kind}")}


def address_chosen(buyer_id: int, wares: ForSale, form: CheckoutForm) -> AddressSnapshot:
    """Where the order goes, as chosen. Raises AddressNotFound."""
    if _chosen(wares, form.cleaned_data["sku"]).sku.is_digital:
        return on_screen()
    for place in _places(wares):
        if place.public_id == form.cleaned_data["delivery"]:
            return fetched_at(
                place,
                recipient=form.cleaned_data["recipient"],
                phone=form.cleaned_data["phone"],
            )
    return address_for_order(buyer_id, form.cleaned_data["address"])


def item_chosen(wares: ForSale, form: CheckoutForm) -> tuple[SkuForSale, int]:
    """The chosen SKU, which is one of those for sale here, and how many of it."""
    return _chosen(wares, form.cleaned_data["sku"]).sku, form.cleaned_data["quantity"]


def _typed(data: QueryDict | dict[str, str]) -> Typed:
    return Typed(
        sku=data.get("sku", "") or "",
        quantity=data.get("quantity", "") or "1",
        address=data.get("address", "") or "",
        note=data.get("note", "") or "",
        shows_profile=bool(data.get("shows_profile")),
        agrees=bool(data.get("agrees")),
        delivery=data.get("delivery", "") or POST,
        recipient=(data.get("recipient", "") or "")[:100],
        phone=(data.get("phone", "") or "")[:40],
        # What the page chose by itself is chosen anew: with another quantity another may be best.
        wishes={
            kind: value
            for kind, value in wishes_of(data).items()
            if value != data.get(f"auto_{kind}")
        },
    )


def _chosen(wares: ForSale, sku: str) -> Choice:
    """The SKU that is marked: the one asked for, or the first that can be bought."""
    asked = [choice for choice in wares.choices if choice.sku.public_id == sku]
    buyable = [choice for choice in wares.choices if choice.buyable]
    return (asked or buyable or list(wares.choices))[0]


def _quantity(text: str, limit: int) -> int:
    """The quantity to show a price for; what can't be read counts as one."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
        return 1
    return min(max(int(digits), 1), limit)


def _with_address(typed: Typed, chosen: Choice, addresses: tuple[AddressCard, ...]) -> Typed:
    known = [address.public_id for address in addresses]
    address = typed.address if typed.address in known else (known[0] if known else "")
    return replace(typed, sku=chosen.sku.public_id, address=address)


def _places(wares: ForSale) -> tuple[PickupPlace, ...]:
    """Where the buyer may fetch what is sold; nowhere what is delivered on a screen."""
    if all(choice.sku.is_digital for choice in wares.choices):
        return ()
    return pickup_places({wares.store.id}).get(wares.store.id, ())


def _with_place(typed: Typed, places: tuple[PickupPlace, ...], buyer_id: int) -> Typed:
    """The way that is marked, and whom to ask for: as the default address says until one types."""
    known = typed.delivery in [place.public_id for place in places]
    typed = replace(typed, delivery=typed.delivery if known else POST)
    if not places or typed.recipient or typed.phone or not typed.address:
        return typed
    usual = address_for_order(buyer_id, typed.address)
    return replace(typed, recipient=usual.recipient, phone=usual.phone)


def _province(typed: Typed, addresses: tuple[AddressCard, ...]) -> str:
    """Where the marked address is; "" without one."""
    marked = (one.province_code for one in addresses if one.public_id == typed.address)
    return next(marked, "")


def _key_kept(data: QueryDict) -> str:
    """The form's key; a refused form keeps its own, so that sending it twice stays one order."""
    key = data.get("form_key", "")
    return key if len(key) == 26 and key.isascii() and key.isalnum() else form_key_new()
