"""A shopper's own orders: the list, one order, giving up an unpaid one, confirming a parcel."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.queries import signed_in_id
from core import clock
from core.errors import NotHere
from core.public_pages import personal
from core.qr import qr_svg
from orders import pages, services
from orders.states import OrderState


@require_safe
@personal
@login_required
def order_list(request: HttpRequest) -> HttpResponse:
    """?state=TAB&page=n"""
    page = request.GET.get("page", "1")
    found = pages.order_list(
        signed_in_id(request),
        tab=request.GET.get("state", ""),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )
    return render(request, "orders/list.html", {"orders": found, "now": clock.now()})


@require_safe
@personal
@login_required
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    found = pages.order_detail(signed_in_id(request), public_id)
    if found is None:
        raise NotHere(_("没有这个订单。请确认登录的是下单的账号。"))
    context = {"order": found, "now": clock.now()}
    return render(request, "orders/detail.html", context)


@require_safe
@personal
@login_required
def pickup_qr(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the merchant scans, as SVG: the office's page for this code, white behind it."""
    code = pages.pickup_code_of(signed_in_id(request), public_id)
    if not code:
        raise Http404
    address = f"{settings.SITE_URL}{reverse('admin:orders_order_collect')}?code={code}"
    return qr_svg(address)


@require_http_methods(["GET", "POST"])
@personal
@login_required
def close(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET asks whether the buyer is sure; POST gives the unpaid order up."""
    card = card_or_404(request, public_id)
    if card.state != OrderState.AWAITING_PAYMENT:
        messages.info(request, _("这个订单现在是“%s”，不能取消付款。") % card.state_label)
        return redirect("orders:detail", public_id)
    if request.method == "GET":
        return render(request, "orders/close.html", {"card": card})
    if services.order_close_request(order_id=card.id, now=clock.now(), by_buyer=True):
        messages.success(request, _("已取消。如果你刚刚付了款，钱会全额原路退回。"))
    else:
        messages.info(request, _("付款已经到账，订单没有取消。不想要了请联系商家退款。"))
    return redirect("orders:detail", public_id)


@require_http_methods(["GET", "POST"])
@personal
@login_required
def receive(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET asks whether the parcel is really there; POST says so."""
    card = card_or_404(request, public_id)
    if not card.can_receive:
        messages.info(request, _("这个订单现在是“%s”，不需要确认收货。") % card.state_label)
        return redirect("orders:detail", public_id)
    if request.method == "GET":
        return render(request, "orders/receive.html", {"card": card})
    services.order_receive(order_id=card.id, now=clock.now())
    messages.success(request, _("已确认收货，谢谢你的支持。"))
    return redirect("orders:detail", public_id)


def card_or_404(request: HttpRequest, public_id: str) -> pages.OrderCard:
    """The signed-in buyer's order. Raises NotHere for everybody else."""
    card = pages.order_of(signed_in_id(request), public_id)
    if card is None:
        raise NotHere(_("没有这个订单。请确认登录的是下单的账号。"))
    return card
