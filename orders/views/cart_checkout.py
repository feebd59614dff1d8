"""Checking out a cart: one form, and one order for each store, each standing on its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.queries import (
    AddressCard,
    AddressNotFound,
    AddressSnapshot,
    address_for_order,
    addresses_of,
)
from catalog.services import OutOfStock
from core import clock
from core.devices import device_keep, device_known
from core.idempotency import form_key_new
from core.public_pages import personal
from orders.carts import Cart, CartStore, cart_of, cart_size
from orders.destinations import fetched_at
from orders.exemption import exemption_agree
from orders.forms import POST, CartCheckoutForm
from orders.pages import unpaid_of_checkout
from orders.pricing import KINDS, AmountRefused, QuantityRefused
from orders.services import OrderRefused, PriceChanged, RiskRefused
from orders.services.cart import Owner, cart_buy
from orders.views.cart import size_tell
from payments.services import NoMerchantAccount
from risk.services import risk_record
from stores.queries import PickupPlace, pickup_places

REFUSALS = (
    AmountRefused,
    NoMerchantAccount,
    OrderRefused,
    OutOfStock,
    PriceChanged,
    QuantityRefused,
)


@dataclass(frozen=True)
class Section:
    """One store's part of the form; `was_fen` is what it cost when the page was sent, if not now."""

    one: CartStore
    note: str
    was_fen: int = 0
    error: str = ""
    agrees: bool = False
    agrees_error: str = ""
    places: tuple[PickupPlace, ...] = ()

    @property
    def delivery(self) -> str:
        return self.one.fetched_at or POST

    @property
    def delivery_field(self) -> str:
        return f"delivery_{self.key}"

    @property
    def key(self) -> str:
        """What its fields' names end with."""
        return str(self.one.store.id)


@dataclass(frozen=True)
class CartCheckoutPage:
    """All that the template reads."""

    sections: tuple[Section, ...]
    payable_fen: int
    addresses: tuple[AddressCard, ...]
    address: str
    form_key: str
    recipient: str = ""
    phone: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def may_fetch(self) -> bool:
        return any(section.places for section in self.sections)

    @property
    def has_changed(self) -> bool:
        return any(section.was_fen for section in self.sections)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def checkout(request: HttpRequest) -> HttpResponse:
    """GET shows what is selected, by store; POST places one order per store.

    Sent twice, or again after it stopped half-way, it places what is missing and nothing more.
    """
    assert request.user.pk is not None
    user_id, now = request.user.pk, clock.now()
    addresses = addresses_of(user_id)
    asked = _fetched_asked(request.POST)
    found = cart_of(
        Owner(user_id),
        now=now,
        province=_province(request, addresses),
        wishes=_wishes(request.POST),
        fetched=_fetched_known(asked, pickup_places(set(asked)) if asked else {}),
    )
    if request.method != "POST":
        return _opened(request, found, addresses)
    if request.POST.get("action") == "address":
        query = urlencode({"next": request.path})
        return redirect(f"{reverse('accounts:address_new')}?{query}")
    form = CartCheckoutForm(
        request.POST,
        addresses=[card.public_id for card in addresses],
        stores=[one.store.id for one in found.chosen],
        places={one.store.id: [one.fetched_at] for one in found.chosen if one.fetched_at},
    )
    ref = _checkout_ref(request.POST.get("form_key", ""))
    if not found.chosen:
        waiting = unpaid_of_checkout(user_id, ref)
        return (
            redirect("orders:cashier", waiting[0].public_id)
            if waiting
            else _nothing_chosen(request)
        )
    if request.POST.get("action") == "refresh":
        return _page(request, found, addresses)
    errors = {name: str(said[0]) for name, said in form.errors.items()}
    changed = not errors and any(
        form.shown_fen(one.store.id) != one.cost.payable_fen for one in found.chosen if one.cost
    )
    if not changed:
        errors = errors or _not_agreed(request, found)
    if errors or changed:
        return _page(request, found, addresses, errors=errors, status=409)
    return _place(request, found, form, ref, addresses=addresses, now=now)


def _opened(request: HttpRequest, found: Cart, addresses: tuple[AddressCard, ...]) -> HttpResponse:
    if not found.chosen:
        return _nothing_chosen(request)
    page = _page(request, found, addresses)
    device_keep(request, page)
    return page


def _not_agreed(request: HttpRequest, found: Cart) -> dict[str, str]:
    """What the buyer has to tick first, by field."""
    return {
        f"agrees_{one.store.id}": _("请先勾选确认：%(what)s。")
        % {"what": "；".join(one.exemptions)}
        for one in found.chosen
        if one.exemptions and not request.POST.get(f"agrees_{one.store.id}")
    }


def _place(
    request: HttpRequest,
    found: Cart,
    form: CartCheckoutForm,
    ref: str,
    *,
    addresses: tuple[AddressCard, ...],
    now: datetime,
) -> HttpResponse:
    assert request.user.pk is not None
    user_id = request.user.pk
    try:
        address = _address(user_id, form)
    except AddressNotFound as error:
        return _page(request, found, addresses, errors={"address": str(error)})
    places = pickup_places({one.store.id for one in found.chosen if one.fetched_at})
    chosen_by_store = _wishes(request.POST)
    refused = []
    for one in found.chosen:
        wishes = chosen_by_store.get(one.store.id)
        where = _fetching(one, form, places.get(one.store.id, ())) or address
        if where is None:  # the place closed since the page was checked
            refused.append(_("%(store)s：这个自提点刚刚关闭。") % {"store": one.store.name})
            continue
        with device_known(request):
            said = _buy(one, form, ref, user_id=user_id, address=where, wishes=wishes, now=now)
        if said:
            refused.append(f"{one.store.name}：{said}")
    for said in refused:
        messages.warning(request, said)
    waiting = unpaid_of_checkout(user_id, ref)
    if not waiting:
        return redirect("orders:cart")
    if refused:
        messages.info(request, _("没有下成的商品还在购物车里，其余的可以先付款。"))
    response = redirect("orders:cashier", waiting[0].public_id)
    size_tell(response, cart_size(Owner(user_id)))
    return response


def _address(user_id: int, form: CartCheckoutForm) -> AddressSnapshot | None:
    """Where what comes by carrier goes; None when everything is fetched. Raises AddressNotFound."""
    chosen = form.cleaned_data["address"]
    return address_for_order(user_id, chosen) if chosen else None


def _fetching(
    one: CartStore, form: CartCheckoutForm, places: tuple[PickupPlace, ...]
) -> AddressSnapshot | None:
    for place in places:
        if place.public_id == form.place(one.store.id):
            return fetched_at(
                place,
                recipient=form.cleaned_data["recipient"],
                phone=form.cleaned_data["phone"],
            )
    return None


def _fetched_asked(data: QueryDict) -> dict[int, str]:
    """The places that the form names, by store: `delivery_7` and the like."""
    asked = {}
    for name in data:
        store = name.removeprefix("delivery_")
        if name != store and store.isascii() and store.isdigit() and data[name] != POST:
            asked[int(store[:12])] = str(data[name])[:32]
    return asked


def _fetched_known(
    asked: dict[int, str], places: Mapping[int, tuple[PickupPlace, ...]]
) -> dict[int, str]:
    """Those of them that the store really has."""
    return {
        store_id: ref
        for store_id, ref in asked.items()
        if ref in [place.public_id for place in places.get(store_id, ())]
    }


def _buy(
    one: CartStore,
    form: CartCheckoutForm,
    ref: str,
    *,
    user_id: int,
    address: AddressSnapshot,
    wishes: dict[str, str] | None,
    now: datetime,
) -> str:
    """Order one store's part; why not, or ""."""
    exemption_agree(user_id=user_id, skus=[item.sku for item in one.chosen], now=now)
    try:
        cart_buy(
            form_key=form.cleaned_data["form_key"],
            user_id=user_id,
            store_id=one.store.id,
            quantities={item.sku.id: item.quantity for item in one.chosen},
            address=address,
            note=form.note(one.store.id),
            expected_payable_fen=form.shown_fen(one.store.id),
            checkout_ref=ref,
            wishes=wishes,
            now=now,
        )
    except RiskRefused as error:
        risk_record(error.assessed, store_id=one.store.id, user_id=user_id, order_ref="", now=now)
        return str(error)
    except REFUSALS as error:
        return str(error)
    return ""


def _page(
    request: HttpRequest,
    found: Cart,
    addresses: tuple[AddressCard, ...],
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    errors = errors or {}
    assert request.user.pk is not None
    places = pickup_places({one.store.id for one in found.chosen})
    marked = _marked(request, addresses)
    recipient, phone = _contact(request, marked) if places else ("", "")
    page = CartCheckoutPage(
        sections=tuple(
            _section(request, one, errors, places.get(one.store.id, ())) for one in found.chosen
        ),
        recipient=recipient,
        phone=phone,
        payable_fen=found.payable_fen,
        addresses=addresses,
        address=marked.public_id if marked else "",
        form_key=_key_kept(request),
        errors=errors,
    )
    return render(
        request, "orders/cart_checkout.html", {"page": page}, status=422 if errors else status
    )


def _contact(request: HttpRequest, marked: AddressCard | None) -> tuple[str, str]:
    """Whom to ask for, as typed; as the marked address says until one types."""
    recipient, phone = request.POST.get("recipient", ""), request.POST.get("phone", "")
    if recipient or phone or marked is None:
        return recipient[:100], phone[:40]
    assert request.user.pk is not None
    usual = address_for_order(request.user.pk, marked.public_id)
    return usual.recipient, usual.phone


def _marked(request: HttpRequest, addresses: tuple[AddressCard, ...]) -> AddressCard | None:
    """The address that the form names, or the first."""
    typed = request.POST.get("address", "")
    return next((one for one in addresses if one.public_id == typed), None) or next(
        iter(addresses), None
    )


def _wishes(data: QueryDict) -> dict[int, dict[str, str]]:
    """The discounts that the shopper chose, by store: `wish_coupon_7` and the like. What the page
    had chosen by itself is chosen anew."""
    found: dict[int, dict[str, str]] = {}
    for kind in KINDS:
        start = f"wish_{kind}_"
        for name in data:
            store = name.removeprefix(start)
            if not name.startswith(start) or not (store.isascii() and store.isdigit()):
                continue
            value = str(data[name])[:64]
            if value and value != data.get(f"auto_{kind}_{store}"):
                found.setdefault(int(store[:12]), {})[kind] = value
    return found


def _province(request: HttpRequest, addresses: tuple[AddressCard, ...]) -> str:
    marked = _marked(request, addresses)
    return marked.province_code if marked else ""


def _section(
    request: HttpRequest, one: CartStore, errors: dict[str, str], places: tuple[PickupPlace, ...]
) -> Section:
    shown = request.POST.get(f"shown_{one.store.id}", "")
    shown_fen = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 15 else 0
    now_fen = one.cost.payable_fen if one.cost else 0
    return Section(
        one=one,
        note=request.POST.get(f"note_{one.store.id}", "")[:2000],
        was_fen=shown_fen if shown_fen != now_fen else 0,
        error=errors.get(f"note_{one.store.id}", ""),
        agrees=bool(request.POST.get(f"agrees_{one.store.id}")),
        agrees_error=errors.get(f"agrees_{one.store.id}", ""),
        places=places,
    )


def _nothing_chosen(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("请先在购物车里勾选要买的商品。"))
    return redirect("orders:cart")


def _key_kept(request: HttpRequest) -> str:
    key = request.POST.get("form_key", "")
    return key if len(key) == 26 and key.isascii() and key.isalnum() else form_key_new()


def _checkout_ref(form_key: str) -> str:
    return f"chk_{form_key}" if len(form_key) == 26 and form_key.isalnum() else ""
