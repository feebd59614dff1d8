"""The page on which a buyer reads keys and texts: the buyer's alone, and kept by nobody."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.queries import signed_in_id
from core.errors import NotHere
from core.public_pages import personal
from digital.queries import delivered_of
from orders.pages import order_of


@require_safe
@personal
@login_required
def contents(request: HttpRequest, public_id: str) -> HttpResponse:
    card = order_of(signed_in_id(request), public_id)
    if card is None or not card.is_digital:
        raise NotHere(_("没有这个订单。请确认登录的是下单的账号。"))
    context = {"card": card, "items": delivered_of(card.id)}
    return render(request, "digital/contents.html", context)
