"""The page of a group: the same for everyone, with one fragment for whoever looks at it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.paths import with_query
from campaigns.groupbuy.again import way_on
from campaigns.groupbuy.joinable import open_groups
from campaigns.groupbuy.pages import Unopened, group_unopened
from campaigns.groupbuy.posters import GroupPoster
from campaigns.groupbuy.queries import GroupBoard, GroupMine, group_board
from campaigns.groupbuy.queries import group_mine as group_mine_query
from catalog.queries import ProductCard, cards_of
from core import clock
from core.errors import NotHere
from core.money import yuan
from core.public_pages import personal, public_page
from sharing.pages import ShareCard, share_card, visit_note
from stores.queries import StoreInfo, store_by_id

OTHERS = 5


@public_page(max_age_s=2)
def group(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who is in, how many seats are left and for how long, and where else one could join.

    A group whose leader has not paid has a page, too: its orders lead to it.
    """
    now = clock.now()
    board = group_board(public_id, now=now)
    unopened = group_unopened(public_id, now=now) if board is None else None
    found = board or unopened
    if found is None:
        raise NotHere(_("没有这个团，请核对链接。"))
    product, store = _product(found), store_by_id(found.store_id)
    others = open_groups(found.campaign_id, now=now, limit=OTHERS, without=public_id)
    context = {
        "now": now,
        "board": board,
        "unopened": unopened,
        "product": product,
        "store": store,
        "others": others,
        "act": _act(found, product, store),
        "site_url": settings.SITE_URL,
    }
    template = "groupbuy/group.html" if board else "groupbuy/unopened.html"
    return render(request, template, context)


@require_safe
@personal
def group_mine(request: HttpRequest, public_id: str) -> HttpResponse:
    """The reader's own seat, and the card with which the page is shared."""
    now = clock.now()
    board = group_board(public_id, now=now)
    found = board or group_unopened(public_id, now=now)
    if found is None:
        raise NotHere(_("没有这个团，请核对链接。"))
    return _personal(request, found, "groupbuy/_mine.html", now=now)


@require_safe
@personal
def seat(request: HttpRequest, public_id: str) -> HttpResponse:
    """How the group stands now, for the page after paying."""
    now = clock.now()
    board = group_board(public_id, now=now)
    if board is None:
        raise NotHere(_("这个团还没有开。"))
    return _personal(request, board, "groupbuy/_seat.html", now=now)


@require_safe
@personal
def again(request: HttpRequest, public_id: str) -> HttpResponse:
    """For somebody whose seat was lost: straight to a form, filled in as the lost one was."""
    user_id = request.user.pk
    way = way_on(public_id, user_id, now=clock.now())
    if way is None:
        raise NotHere(_("没有这个团，请核对链接。"))
    if way.group:
        path = reverse("groupbuy:join", args=[way.group])
    elif way.product:
        path = reverse("groupbuy:lead", args=[way.product])
    else:
        path = reverse("groupbuy:group", args=[way.page])
    return redirect(with_query(path, sku=way.sku, quantity=str(way.quantity)) if way.sku else path)


def _personal(
    request: HttpRequest, found: GroupBoard | Unopened, template: str, *, now: datetime
) -> HttpResponse:
    board = found if isinstance(found, GroupBoard) else None
    context: dict[str, Any] = {
        "now": now,
        "board": board,
        "mine": _mine(request, found.public_id),
        "card": _card(request, board) if board else None,
        # Nobody is called to what cannot be joined.
        "share_label": _("复制链接，叫朋友一起拼") if board and board.can_join else "",
        "sign_in_url": "",
    }
    if not request.user.is_authenticated:
        page = reverse("groupbuy:group", args=[found.public_id])
        context["sign_in_url"] = with_query(reverse("accounts:sign_in"), next=page)
    response = render(request, template, context)
    visit_note(request, response, now=now, store_id=found.store_id)
    return response


def _mine(request: HttpRequest, public_id: str) -> GroupMine | None:
    user_id = request.user.pk
    return group_mine_query(public_id, user_id) if user_id is not None else None


def _act(found: GroupBoard | Unopened, product: ProductCard, store: StoreInfo | None) -> str:
    """What a stranger can do next here: `join`, `lead`, or "" when nothing is for sale."""
    if store is None or not store.is_open or product.sold_out:
        return ""
    if isinstance(found, GroupBoard) and found.can_join:
        return "join"
    return "lead" if found.can_lead else ""


def _product(found: GroupBoard | Unopened) -> ProductCard:
    return cards_of([found.product_id])[found.product_id]


def _card(request: HttpRequest, board: GroupBoard) -> ShareCard:
    product = _product(board)
    if board.can_join:
        desc = _("%(wanted)s，%(price)s 元拼团。%(ending)s") % {
            "wanted": board.wanted,
            "price": yuan(board.from_fen),
            "ending": board.deal.ending,
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
        image_url=product.share_image or "/static/img/icon.svg",
        about=_poster(board, product) if board.can_join else None,
        watched=True,
    )


def _poster(board: GroupBoard, product: ProductCard) -> GroupPoster:
    assert board.deadline_at is not None, "a group that can be joined has a deadline"
    return GroupPoster(
        photo=product.photo.name if product.photo else "",
        price_fen=board.from_fen,
        has_more=product.has_price_range,
        alone_fen=product.price_fen,
        size=board.size,
        left=board.seats_left,
        missing=board.missing,
        ends_at=board.deadline_at.isoformat(),
    )
