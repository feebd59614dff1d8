"""What a buyer may ask for after paying: another address, a parcel soon, more time."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import date as date_text
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.paths import with_query
from accounts.queries import AddressNotFound, address_for_order, addresses_of, signed_in_id
from core import clock
from core.errors import NotHere
from core.public_pages import personal
from orders import pages, services
from orders.carriers import Scan
from orders.views.mine import card_or_404


@require_http_methods(["GET", "POST"])
@personal
@login_required
def address(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET offers the buyer's own addresses; POST address=… sends the order there."""
    card = card_or_404(request, public_id)
    buyer_id = signed_in_id(request)
    # In the address of the page it is the one that was just added, or chosen before proving a phone.
    chosen = request.POST.get("address") or request.GET.get("address", "")
    trouble, prove_url = "", ""
    if request.method == "POST":
        try:
            changed = services.order_address_change(
                order_id=card.id,
                address=address_for_order(buyer_id, chosen[:32]),
                by_id=buyer_id,
                now=clock.now(),
            )
        except AddressNotFound as missing:
            trouble = str(missing)
        except services.AddressRefused as refusal:
            if not (isinstance(refusal, services.AddressDoubted) and refusal.wants_proof):
                messages.error(request, str(refusal))
                return redirect("orders:detail", public_id)
            trouble, back = str(refusal), with_query(request.path, address=chosen)
            prove_url = with_query(reverse("account_change_phone"), next=back)
        else:
            said = _("收货信息已修改。") if changed else _("收货信息和原来一样，没有改动。")
            messages.success(request, said)
            return redirect("orders:detail", public_id)
    context = {
        "card": card,
        "addresses": addresses_of(buyer_id),
        "chosen": chosen,
        "trouble": trouble,
        "prove_url": prove_url,
        "next": request.path,
    }
    return render(request, "orders/address.html", context, status=422 if trouble else 200)


@require_http_methods(["GET", "POST"])
@personal
@login_required
def urge(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET asks; POST urges the merchant."""
    card = card_or_404(request, public_id)
    if request.method == "GET":
        context = {
            "card": card,
            "title": _("催商家发货？"),
            "text": _("商家会在订单上看到。每天可以催一次。"),
            "submit": _("催发货"),
        }
        return render(request, "orders/confirm.html", context)
    try:
        services.order_urge(order_id=card.id, by_id=signed_in_id(request), now=clock.now())
    except services.WishRefused as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _("已提醒商家尽快发货。"))
    return redirect("orders:detail", public_id)


@require_http_methods(["GET", "POST"])
@personal
@login_required
def extend(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET asks; POST gives the buyer the store's days once more."""
    card = card_or_404(request, public_id)
    if request.method == "GET":
        context = {
            "card": card,
            "title": _("延长收货时间？"),
            "text": _("每个订单可以延长一次，延长后自动确认收货的时间会顺延。"),
            "submit": _("延长收货"),
        }
        return render(request, "orders/confirm.html", context)
    try:
        until = services.order_receive_extend(
            order_id=card.id, by_id=signed_in_id(request), now=clock.now()
        )
    except services.WishRefused as refusal:
        messages.info(request, str(refusal))
    else:
        day = date_text(timezone.localtime(until), "Y-m-d H:i")
        messages.success(request, _("已延长，%(day)s 之前都可以确认收货。") % {"day": day})
    return redirect("orders:detail", public_id)


@require_safe
@personal
@login_required
def parcel(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """Where one of the order's parcels is, by the carrier's last word."""
    found = pages.order_detail(signed_in_id(request), public_id)
    one = next((one for one in found.parcels if one.number == number), None) if found else None
    if one is None:
        raise NotHere(_("没有这个包裹。请确认登录的是下单的账号。"))
    track = services.parcel_track(shipment_id=one.id, now=clock.now())
    context = {
        "public_id": public_id,
        "parcel": one,
        "delivered": track.delivered if track else False,
        "scans": [Scan(**scan) for scan in track.scans] if track else [],
        "fetched_at": track.fetched_at if track else None,
    }
    return render(request, "orders/parcel.html", context)
