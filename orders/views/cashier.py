"""The cashier: paying an order by WeChat, inside it (JSAPI), in a phone's browser (H5) or by a QR
code (Native).

What the shopper's phone says about a payment decides nothing: only the provider's word does.
"""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.openids import openid_here
from accounts.queries import signed_in_id
from core import clock
from core.limits import client_address
from core.money import yuan
from core.public_pages import personal
from core.qr import qr_svg
from orders.pages import OrderCard, pickup_code_of, unpaid_of_checkout
from orders.states import OrderState
from orders.views.mine import card_or_404
from payments.queries import payment_live
from payments.services import (
    GatewayTrouble,
    PaymentGone,
    PreparedPayment,
    SumChanged,
    payment_poll,
    payment_prepare,
)
from wechat.queries import inside_wechat, on_phone
from wechat.services import origin_of, sign_in_host

JSAPI, NATIVE, H5 = "jsapi", "native", "h5"
CHANNELS = {JSAPI, H5}
# The page asks us every two seconds; we ask the provider no more often than this.
POLL_S = 5
PAID = (OrderState.ON_HOLD, OrderState.TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)


@require_safe
@personal
@login_required
def cashier(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where an unpaid order is paid; any other order is sent to its result."""
    card = card_or_404(request, public_id)
    if not card.can_pay:
        return redirect("orders:result", public_id)
    return _cashier_page(request, card)


@require_http_methods(["GET", "POST"])
@personal
@login_required
def pay_prepare(request: HttpRequest, public_id: str) -> HttpResponse:
    """POST channel=jsapi|native|h5: have the provider expect this payment. GET leads to the cashier.

    `payable_fen` is what the page said: another sum, or none, is shown before anybody is asked to pay.
    """
    card = card_or_404(request, public_id)
    payment = payment_live(public_id) if card.can_pay else None
    if request.method == "GET" or payment is None or not _is_seen(request, payment.amount_fen):
        return _go(request, reverse("orders:cashier", args=[public_id]))
    channel = request.POST.get("channel", "")
    channel = channel if channel in CHANNELS else NATIVE
    appid = payment.account.appid
    openid = openid_here(request, appid) if channel == JSAPI else ""
    if channel == JSAPI and not openid:
        asked = _openid_url(request, public_id, appid)
        return _go(request, asked or reverse("orders:cashier", args=[public_id]))
    try:
        prepared = payment_prepare(
            payment_public_id=payment.public_id,
            payer_id=signed_in_id(request),
            amount_fen=payment.amount_fen,
            channel=channel,
            openid=openid,
            payer_ip=client_address(request) if channel == H5 else "",
            now=clock.now(),
        )
    except (PaymentGone, SumChanged) as other:
        page = "orders:result"
        if isinstance(other, SumChanged):
            _sum_changed(request, other.amount_fen)
            page = "orders:cashier"
        return _go(request, reverse(page, args=[public_id]))
    except GatewayTrouble as trouble:
        return _cashier_page(request, card, trouble=trouble.message, status=503)
    if channel == NATIVE and not request.htmx:  # type: ignore[attr-defined]
        return redirect("orders:cashier", public_id)
    return _cashier_page(request, card, prepared=prepared)


@require_http_methods(["GET", "POST"])
@personal
@login_required
def pay_status(request: HttpRequest, public_id: str) -> HttpResponse:
    """POST: has the money arrived? Asks the provider, so a lost notice keeps nobody waiting.

    The page's timer and its button "已支付？刷新" send the same form. Paid or closed: on to the
    result. Still open: the state line for a timer, the page with a word about it for a person.
    """
    card = card_or_404(request, public_id)
    result_url = reverse("orders:result", args=[public_id])
    if request.method == "GET":
        return redirect("orders:cashier", public_id)
    if card.state == OrderState.AWAITING_PAYMENT:
        _ask_provider(public_id)
        card = card_or_404(request, public_id)
    from_result = request.POST.get("from") == "result"
    if card.state != OrderState.AWAITING_PAYMENT or (card.closing and not from_result):
        return _go(request, result_url)
    if request.htmx:  # type: ignore[attr-defined]
        context = {"card": card, "now": clock.now(), "asked": True, "from_result": from_result}
        return render(request, "orders/_waiting.html", context)
    messages.info(request, _("还没有收到付款。如果你已经付了，请稍等几秒再刷新，不要重复付款。"))
    return redirect(result_url if from_result else reverse("orders:cashier", args=[public_id]))


@require_safe
@personal
@login_required
def pay_qr(request: HttpRequest, public_id: str) -> HttpResponse:
    """The QR code of the live Native attempt, as SVG; white behind it in dark mode too."""
    card = card_or_404(request, public_id)
    payment = payment_live(public_id) if card.can_pay else None
    if payment is None or not payment.code_url:
        raise Http404
    return qr_svg(payment.code_url)


@require_safe
@personal
@login_required
def result(request: HttpRequest, public_id: str) -> HttpResponse:
    """After paying: what is known by now, and what happens next."""
    card = card_or_404(request, public_id)
    context = {
        "card": card,
        "now": clock.now(),
        "stage": _stage(card),
        "money_back": card.state == OrderState.CANCELLED,
        # What the buyer waits for now: asked about by the fragment of `notices`.
        "ask_topic": _ask_topic(card),
        "pickup_code": pickup_code_of(signed_in_id(request), public_id),
        "waiting": unpaid_of_checkout(signed_in_id(request), card.checkout_ref),
    }
    return render(request, "orders/result.html", context)


def _is_seen(request: HttpRequest, amount_fen: int) -> bool:
    """Whether the page said the attempt's own sum; if not, tell what it is."""
    shown = request.POST.get("payable_fen", "")
    if shown == str(amount_fen):
        return True
    if shown:
        _sum_changed(request, amount_fen)
    else:
        said = _("请先核对应付金额 ¥%(now)s，再点付款。钱还没有付，订单还在。")
        messages.warning(request, said % {"now": yuan(amount_fen)})
    return False


def _sum_changed(request: HttpRequest, amount_fen: int) -> None:
    said = _("应付金额变了：现在是 ¥%(now)s，请核对后再付款。钱还没有付。")
    messages.warning(request, said % {"now": yuan(amount_fen)})


def _cashier_page(
    request: HttpRequest,
    card: OrderCard,
    *,
    prepared: PreparedPayment | None = None,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    payment = payment_live(card.public_id)
    if payment is None or now >= card.pay_before:
        return _go(request, reverse("orders:result", args=[card.public_id]))
    context = {
        "card": card,
        "now": now,
        "trouble": trouble,
        "from_result": False,
        **_channels(
            request,
            card,
            appid=payment.account.appid,
            has_code=payment.channel == NATIVE and bool(payment.code_url),
        ),
        "bridge": json.dumps(prepared.bridge) if prepared and prepared.bridge else "",
        "h5_link": _h5_link(request, card, prepared) if prepared and prepared.h5_url else "",
    }
    template = "orders/cashier.html"
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
        # htmx leaves an answer with an error status out of the page.
        template, status = template + "#pay", 200
    return render(request, template, context, status=status)


def _channels(
    request: HttpRequest, card: OrderCard, *, appid: str, has_code: bool
) -> dict[str, Any]:
    """Which ways of paying this place has. Inside WeChat without an openid: silent sign-in first, where
    the merchant number is of a 服务号 of ours; of another one WeChat tells us nobody's."""
    inside = inside_wechat(request)
    openid = openid_here(request, appid) if inside else ""
    url = _openid_url(request, card.public_id, appid) if inside else ""
    return {
        "inside": inside,
        "pays_inside": bool(openid or url),
        "on_phone": not inside and on_phone(request),
        "openid_url": "" if openid else url,
        # What is known of the payer may be of another WeChat than this phone's.
        "other_url": url if openid else "",
        "has_code": has_code,
        "jsapi": JSAPI,
        "native": NATIVE,
        "h5": H5,
    }


def _h5_link(request: HttpRequest, card: OrderCard, prepared: PreparedPayment) -> str:
    """Where a phone's browser opens WeChat, and what it comes back to, paid or not."""
    back = origin_of(request.get_host()) + reverse("orders:result", args=[card.public_id])
    return f"{prepared.h5_url}&{urlencode({'redirect_url': back})}"


def _openid_url(request: HttpRequest, public_id: str, appid: str) -> str:
    """Where WeChat silently tells the openid at that 服务号, and which brings the payer back here; ""
    when it is none of ours."""
    if sign_in_host(appid, here=request.get_host()) is None:
        return ""
    query = urlencode({"next": reverse("orders:cashier", args=[public_id]), "appid": appid})
    return f"{reverse('accounts:wechat_start')}?{query}"


def _ask_provider(public_id: str) -> None:
    payment = payment_live(public_id)
    if payment is None or not cache.add(f"pay-poll:{payment.public_id}", 1, POLL_S):
        return
    payment_poll(payment_id=payment.pk, now=clock.now())


def _ask_topic(card: OrderCard) -> str:
    if card.state == OrderState.CANCELLED:
        return "refund"
    return "group" if card.waits_for_group else "shipping"


def _stage(card: OrderCard) -> str:
    if card.state in PAID:
        return "paid"
    if card.state == OrderState.AWAITING_PAYMENT:
        return "closing" if card.closing else "waiting"
    return "closed"


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect that htmx follows as a whole page, too."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(url)
    return redirect(url)
