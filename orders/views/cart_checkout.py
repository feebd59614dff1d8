"""Checking out a cart: one form, and one order for each store, each standing on its own."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.paths import with_query
from accounts.queries import AddressNotFound, AddressSnapshot, address_for_order
from accounts.services import consent_give_basic
from catalog.services import OutOfStock
from core import clock
from core.devices import device_keep, device_known
from core.idempotency import form_key_kept
from core.public_pages import personal
from orders.carts import Cart, CartStore, cart_size, ordered_stores
from orders.checkout.cart import CartSeen, CartTyped, cart_page_of, cart_seen
from orders.checkout.drafts import CART_DRAFT, draft_drop, draft_keep, draft_read
from orders.destinations import fetched_at
from orders.exemption import exemption_agree
from orders.forms import CartCheckoutForm
from orders.pages import unpaid_of_checkout
from orders.pricing import AmountRefused, QuantityRefused
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
class _Refusal:
    """Why a store's part was not ordered; `wants_proof` when it would be after a phone is proved."""

    said: str
    wants_proof: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def checkout(request: HttpRequest) -> HttpResponse:
    """GET shows what is selected, by store; POST places one order per store.

    Sent twice, or again after it stopped half-way, it places what is missing and nothing more.
    """
    if request.user.pk is None:
        back = _draft_keep(request) if request.method == "POST" else request.get_full_path()
        return redirect_to_login(back)
    now = clock.now()
    seen = cart_seen(request.user.pk, _typed(request), now=now)
    if request.method != "POST":
        return _opened(request, seen)
    if request.POST.get("action") == "address":
        query = urlencode({"next": _draft_keep(request)})
        return redirect(f"{reverse('accounts:address_new')}?{query}")
    return _sent(request, seen, now=now)


def _typed(request: HttpRequest) -> CartTyped:
    """What was sent; what was typed before a detour, when the page opens."""
    if request.method == "POST":
        return CartTyped.read(request.POST)
    typed = CartTyped.read(draft_read(request, CART_DRAFT))
    return typed if "draft" in request.GET else typed.unticked


def _draft_keep(request: HttpRequest) -> str:
    """Keep what is typed in the session; the address that brings it back."""
    draft_keep(request, CART_DRAFT, CartTyped.read(request.POST).kept)
    return f"{request.path}?draft=1"


def _opened(request: HttpRequest, seen: CartSeen) -> HttpResponse:
    if not seen.found.chosen:
        return _nothing_chosen(request, seen.found)
    page = _page(request, seen)
    device_keep(request, page)
    return page


def _sent(request: HttpRequest, seen: CartSeen, *, now: datetime) -> HttpResponse:
    found, ref = seen.found, _checkout_ref(request.POST.get("form_key", ""))
    if seen.lost - ordered_stores(seen.user_id, ref):
        return _page(request, seen, lost=True, status=409)
    if not found.chosen:
        waiting = unpaid_of_checkout(seen.user_id, ref)
        return (
            redirect("orders:cashier", waiting[0].public_id)
            if waiting
            else _nothing_chosen(request, found)
        )
    if request.POST.get("action") == "refresh":
        return _page(request, seen)
    form = CartCheckoutForm(
        request.POST,
        addresses=[card.public_id for card in seen.addresses],
        stores=[one.store.id for one in found.chosen],
        places={one.store.id: [one.fetched_at] for one in found.chosen if one.fetched_at},
        asks_consent=seen.asks_consent,
    )
    errors = {name: str(said[0]) for name, said in form.errors.items()}
    changed = not errors and any(
        form.shown_fen(one.store.id) != one.cost.payable_fen for one in found.chosen if one.cost
    )
    if not changed:
        errors = errors or _not_agreed(seen)
    if errors or changed:
        return _page(request, seen, errors=errors, status=409)
    if seen.asks_consent:
        consent_give_basic(user_id=seen.user_id, now=now)
        seen = replace(seen, asks_consent=False)
    return _place(request, seen, form, ref, now=now)


def _not_agreed(seen: CartSeen) -> dict[str, str]:
    """What the buyer has to tick first, by field."""
    return {
        f"agrees_{one.store.id}": _("请先勾选确认：%(what)s。")
        % {"what": "；".join(one.exemptions)}
        for one in seen.found.chosen
        if one.exemptions and not seen.typed.of("agrees", one.store.id)
    }


def _place(
    request: HttpRequest, seen: CartSeen, form: CartCheckoutForm, ref: str, *, now: datetime
) -> HttpResponse:
    found, wishes = seen.found, seen.typed.wishes
    try:
        address = _address(seen.user_id, form)
    except AddressNotFound as error:
        return _page(request, seen, errors={"address": str(error)})
    places = pickup_places({one.store.id for one in found.chosen if one.fetched_at})
    refused = []
    for one in found.chosen:
        where = _fetching(one, form, places.get(one.store.id, ())) or address
        if where is None:  # the place closed since the page was checked
            refused.append(
                _Refusal(_("%(store)s：这个自提点刚刚关闭。") % {"store": one.store.name})
            )
            continue
        with device_known(request):
            refusal = _buy(
                one,
                form,
                ref,
                user_id=seen.user_id,
                address=where,
                wishes=wishes.get(one.store.id),
                now=now,
            )
        if refusal:
            refused.append(replace(refusal, said=f"{one.store.name}：{refusal.said}"))
    return _placed(request, seen, ref, refused, now=now)


def _placed(
    request: HttpRequest, seen: CartSeen, ref: str, refused: list[_Refusal], *, now: datetime
) -> HttpResponse:
    """On to paying what was ordered; what was refused stays in the cart, with what was typed."""
    waiting = unpaid_of_checkout(seen.user_id, ref)
    if refused and not waiting:
        return _page(
            request,
            cart_seen(seen.user_id, seen.typed, now=now),
            refused=tuple(one.said for one in refused),
            prove_url=_prove_url(request) if any(one.wants_proof for one in refused) else "",
            status=409,
        )
    if refused:
        prove_url = _prove_url(request)
        for one in refused:
            messages.warning(request, _with_way(one, prove_url))
        messages.info(request, _("没有下成的商品还在购物车里，其余的可以先付款。"))
    else:
        draft_drop(request, CART_DRAFT)
    if not waiting:
        return redirect("orders:cart")
    response = redirect("orders:cashier", waiting[0].public_id)
    size_tell(response, cart_size(Owner(seen.user_id)))
    return response


def _with_way(refusal: _Refusal, prove_url: str) -> str:
    """What was refused, said on the next page, with the way on where there is one."""
    if not refusal.wants_proof:
        return refusal.said
    way = format_html('<a href="{}">{}</a>', prove_url, _("去验证手机号"))
    return format_html("{} {}", refusal.said, way)


def _prove_url(request: HttpRequest) -> str:
    """Where a phone is proved, and back to here with all that is typed."""
    return with_query(reverse("account_change_phone"), next=_draft_keep(request))


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


def _buy(
    one: CartStore,
    form: CartCheckoutForm,
    ref: str,
    *,
    user_id: int,
    address: AddressSnapshot,
    wishes: dict[str, str] | None,
    now: datetime,
) -> _Refusal | None:
    """Order one store's part; why not."""
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
        return _Refusal(str(error), wants_proof=error.wants_proof)
    except REFUSALS as error:
        return _Refusal(str(error))
    return None


def _page(
    request: HttpRequest,
    seen: CartSeen,
    *,
    errors: dict[str, str] | None = None,
    refused: tuple[str, ...] = (),
    prove_url: str = "",
    lost: bool = False,
    status: int = 200,
) -> HttpResponse:
    key = form_key_kept(request.POST)
    page = cart_page_of(
        seen, form_key=key, errors=errors, refused=refused, prove_url=prove_url, lost=lost
    )
    return render(
        request, "orders/cart_checkout.html", {"page": page}, status=422 if errors else status
    )


def _nothing_chosen(request: HttpRequest, found: Cart) -> HttpResponse:
    if found.left_out:
        messages.warning(request, _("你勾选的商品现在都买不了，原因写在下面每件商品上。"))
    else:
        messages.info(request, _("请先在购物车里勾选要买的商品。"))
    return redirect("orders:cart")


def _checkout_ref(form_key: str) -> str:
    return f"chk_{form_key}" if len(form_key) == 26 and form_key.isalnum() else ""
