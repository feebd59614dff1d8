"""The page of a group: the same for everyone, with one fragment for whoever looks at it."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.groupbuy.queries import GroupBoard, group_board, open_groups
from campaigns.groupbuy.queries import group_mine as group_mine_query
from catalog.queries import ProductCard, cards_of
from core import clock
from core.money import yuan
from core.public_pages import personal, public_page
from sharing.pages import ShareCard, share_card, visit_note
from stores.queries import store_by_id

OTHERS = 5


@public_page(max_age_s=2)
def group(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who is in, how many seats are left and for how long, and where else one could join."""
    now = clock.now()
    board = _board(public_id, now)
    context = {
        "board": board,
        "product": _product(board),
        "store": store_by_id(board.store_id),
        "others": open_groups(board.campaign_id, now=now, limit=OTHERS, without=board.public_id),
    }
    return render(request, "groupbuy/group.html", context)


@require_safe
@personal
def group_mine(request: HttpRequest, public_id: str) -> HttpResponse:
    """The reader's own seat, and the card with which the page is shared."""
    return _personal(request, public_id, "groupbuy/_mine.html")


@require_safe
@personal
def seat(request: HttpRequest, public_id: str) -> HttpResponse:
    """How the group stands now, for the page after paying."""
    return _personal(request, public_id, "groupbuy/_seat.html")


def _personal(request: HttpRequest, public_id: str, template: str) -> HttpResponse:
    now = clock.now()
    board = _board(public_id, now)
    user_id = request.user.pk if request.user.is_authenticated else None
    context = {
        "now": now,
        "board": board,
        "mine": group_mine_query(public_id, user_id) if user_id is not None else None,
        "card": _card(request, board),
        "share_label": _("复制链接，叫朋友一起拼"),
    }
    response = render(request, template, context)
    visit_note(request, response, now=now)
    return response


def _board(public_id: str, now: datetime) -> GroupBoard:
    board = group_board(public_id, now=now)
    if board is None:
        raise Http404(_("没有这个团，或者团长还没有付款"))
    return board


def _product(board: GroupBoard) -> ProductCard:
    return cards_of([board.product_id])[board.product_id]


def _card(request: HttpRequest, board: GroupBoard) -> ShareCard:
    product = _product(board)
    if board.state == "open" and board.seats_left:
        desc = _("还差 %(left)d 人，%(price)s 元拼团，人不齐全额退") % {
            "left": board.seats_left,
            "price": yuan(board.from_fen),
        }
    else:
        desc = product.subtitle
    return share_card(
        request,
        kind="group",
        ref=board.public_id,
        store_id=board.store_id,
        path=reverse("groupbuy:group", args=[board.public_id]),
        title=product.title,
        desc=desc,
        image_url=product.photo.src if product.photo else "/static/img/icon.svg",
    )
