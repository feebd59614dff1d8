"""The cart's page, and putting things into it."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.queries import SkuForSale, sku_for_sale
from core import clock
from core.errors import NotHere
from core.guests import guest_keep, guest_new, guest_of
from core.idempotency import form_key_new
from core.limits import client_address, limit_check
from core.public_pages import personal
from orders.carts import Cart, CartItem, cart_of, cart_size
from orders.pricing import MAX_QUANTITY
from orders.services.cart import CartFull, Owner, cart_add, cart_remove, cart_update

_SKU = re.compile(r"[0-9a-z_]{1,32}")
_KEY = re.compile(r"[0-9a-z]{26}")
# A person fills a cart by hand; behind one address there may be a whole carrier.
ADDS, ADDRESS_ADDS, WINDOW_S = 60, 3000, 60


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def add(request: HttpRequest) -> HttpResponse:
    """?sku=…&quantity=n: GET asks once more, for browsers without scripts; POST puts it in.

    htmx gets the line that says so, with a new form key for the next time.
    """
    sent = request.POST if request.method == "POST" else request.GET
    sku = _sku_asked(sent.get("sku", ""))
    quantity = _number(sent.get("quantity", ""))
    if request.method != "POST":
        context = {"sku": sku, "quantity": quantity, "form_key": form_key_new()}
        return render(request, "orders/cart_add.html", context)
    owner, made = _owner_made(request)
    said, good = _put_in(
        request, owner, sku=sku, quantity=quantity, form_key=sent.get("form_key", "")
    )
    if request.htmx:  # type: ignore[attr-defined]
        context = {"said": said, "good": good, "size": cart_size(owner), "form_key": form_key_new()}
        response = render(request, "orders/_cart_said.html", context)
        size_tell(response, cart_size(owner))
    else:
        (messages.success if good else messages.warning)(request, said)
        response = redirect("orders:cart")
    if made:
        guest_keep(request, response, made)
    return response


SIZE_COOKIE, SIZE_AGE_S = "cart_size", 30 * 86400


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def cart(request: HttpRequest) -> HttpResponse:
    """The cart; POST keeps quantities and selection, and then does what the button asks for."""
    owner = owner_of(request)
    if request.method == "POST":
        _keep(request, owner, cart_of(owner, now=clock.now()))
        if request.POST.get("action") == "checkout":
            return redirect("orders:cart_checkout")
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect("orders:cart")
    found = cart_of(owner, now=clock.now())
    response = render(request, "orders/cart.html", {"cart": found})
    size_tell(response, cart_size(owner))
    return response


def size_tell(response: HttpResponse, size: int) -> None:
    """Tell the browser how much is in the cart: kept pages show it without asking anybody."""
    response.set_cookie(SIZE_COOKIE, str(size), max_age=SIZE_AGE_S, samesite="Lax")


def owner_of(request: HttpRequest) -> Owner:
    """Whose cart this request is about; a guest without a cookie has an empty one."""
    if request.user.is_authenticated:
        return Owner(request.user.pk)
    return Owner(None, guest_of(request))


def _owner_made(request: HttpRequest) -> tuple[Owner, str]:
    """The owner, and the new key of a guest who had none."""
    owner = owner_of(request)
    if owner.user_id is not None or owner.guest:
        return owner, ""
    made = guest_new()
    return Owner(None, made), made


def _put_in(
    request: HttpRequest, owner: Owner, *, sku: SkuForSale, quantity: int, form_key: str
) -> tuple[str, bool]:
    """What to say, and whether it went well."""
    if not sku.on_sale or sku.available < 1:
        return _("这件商品现在买不到，没有放进购物车。"), False
    if sku.is_digital:
        return _("虚拟商品付款后马上交付，请直接购买。"), False
    is_person = owner.user_id is not None
    limits = (
        ("cart", owner.key, ADDS)
        if is_person
        else ("cart-address", client_address(request), ADDRESS_ADDS)
    )
    if not limit_check(*limits, WINDOW_S):
        return _("操作太频繁了，请过一分钟再试。"), False
    key = form_key if _KEY.fullmatch(form_key) else form_key_new()
    try:
        cart_add(owner=owner, sku=sku, quantity=quantity, form_key=key, now=clock.now())
    except CartFull as error:
        return str(error), False
    return _("已加入购物车。"), True


def _keep(request: HttpRequest, owner: Owner, found: Cart) -> None:
    """Take what the page sent: only what it showed, by the names that it gave its fields."""
    # What cannot be bought any more was perhaps still there when the page was made.
    items = [*found.aside, *(item for one in found.stores for item in one.items)]
    selected = set(request.POST.getlist("selected"))
    everything, store = request.POST.get("all", ""), request.POST.get("store", "")
    quantities, chosen = {}, []
    for item in items:
        typed = request.POST.get(f"quantity_{item.sku.public_id}")
        if typed is None:
            continue  # it was put in on another page meanwhile
        quantities[item.sku.id] = _number(typed, otherwise=item.quantity)
        if _is_chosen(item, selected, everything=everything, store=store):
            chosen.append(item.sku.id)
    cart_update(owner=owner, quantities=quantities, selected=chosen)
    _repair(request, owner, found)


def _is_chosen(item: CartItem, selected: set[str], *, everything: str, store: str) -> bool:
    """`all` is on or off for everything, `store` is on-7 or off-7 for the store with that id."""
    if everything in ("on", "off"):
        return everything == "on"
    word, _dash, store_id = store.partition("-")
    if store_id == str(item.sku.store_id):
        return word == "on"
    return item.sku.public_id in selected


def _repair(request: HttpRequest, owner: Owner, found: Cart) -> None:
    """Removing rows, and taking as many as there are left of one."""
    items = [*found.aside, *(item for one in found.stores for item in one.items)]
    if removed := request.POST.get("take_out"):
        gone = found.aside if removed == "aside" else items
        ids = [i.sku.id for i in gone if removed in ("aside", i.sku.public_id)]
        cart_remove(owner=owner, sku_ids=ids)
    rest = next((i for i in found.aside if i.sku.public_id == request.POST.get("take_rest")), None)
    if rest is not None and rest.can_have:
        cart_update(owner=owner, quantities={rest.sku.id: rest.can_have}, selected=[rest.sku.id])


def _sku_asked(text: str) -> SkuForSale:
    sku = sku_for_sale(text) if _SKU.fullmatch(text) else None
    if sku is None:
        raise NotHere(_("没有这件商品，可能链接不完整。"))
    return sku


def _number(text: str, *, otherwise: int = 1) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
        return otherwise
    return min(max(int(digits), 1), MAX_QUANTITY)
