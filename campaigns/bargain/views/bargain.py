"""The page of a bargain: the same for everyone, with one fragment for whoever looks at it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.paths import with_query
from accounts.queries import signed_in_id
from campaigns.bargain import services
from campaigns.bargain.posters import BargainPoster
from campaigns.bargain.queries import BargainBoard, BargainMine, bargain_board, bargain_mine
from catalog.queries import ProductCard, cards_of
from core import clock
from core.errors import NotHere
from core.limits import limit_check
from core.money import yuan
from core.public_pages import personal, public_page
from sharing.pages import ShareCard, share_card, visit_note
from stores.queries import store_by_id
from wechat.queries import inside_wechat

# A person helps a few friends; a script tries more.
HELPS, HELPS_WINDOW_S = 20, 60
# A guest's tap is kept while they sign in, and becomes the help when they are back.
PENDING, PENDING_AGE_S = "bargain_help", 600


@public_page(max_age_s=2)
def bargain(request: HttpRequest, public_id: str) -> HttpResponse:
    """The price now, who helped by how much, and until when."""
    board = _board(public_id)
    context = {
        **_about(board),
        "now": clock.now(),
        "site_url": settings.SITE_URL,
        # The same bytes for everyone, so they are fit for WeChat; the fragment brings the rest.
        "quiet": not services.helping_allowed(
            store_id=board.store_id, risk_accepted=board.risk_accepted, in_wechat=True
        ),
    }
    return render(request, "bargain/bargain.html", context)


@public_page(max_age_s=2)
def verify(request: HttpRequest, public_id: str) -> HttpResponse:
    """The commitment, and when the bargain has ended the schedule, to be checked in the browser."""
    return render(request, "bargain/verify.html", _about(_board(public_id)))


@require_safe
@personal
def mine(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the reader can do here, and the card with which the page is shared."""
    return _fragment(request, _board(public_id))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def help_(request: HttpRequest, public_id: str) -> HttpResponse:
    """One tap helps. Without a script this is a page of its own; a guest comes here after signing
    in, and the tap that led there counts."""
    board = _board(public_id)
    htmx: bool = request.htmx  # type: ignore[attr-defined]
    path = reverse("bargain:help", args=[public_id])
    if request.method == "POST" and request.user.pk is None:
        request.session[PENDING] = {"bargain": public_id, "at": clock.now().timestamp()}
        url = with_query(reverse("accounts:sign_in"), next=path)
        return HttpResponseClientRedirect(url) if htmx else redirect(url)
    tapped = request.method == "POST" or _tapped_before(request, public_id)
    if not tapped:
        return render(request, "bargain/help.html", _personal(request, board))
    said, refused = _help(request, board)
    if htmx:
        return _fragment(request, _board(public_id), said=said, refused=refused)
    (messages.warning if refused else messages.success)(request, said)
    return redirect(path)


@require_POST
@personal
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """The helper agrees to be shown on the page, or takes it back."""
    board = _board(public_id)
    if request.user.pk is None:
        return redirect_to_login(reverse("bargain:help", args=[public_id]))
    services.help_show(
        bargain_public_id=board.public_id,
        user_id=request.user.pk,
        shows_profile=request.POST.get("shows_profile") == "on",
    )
    if request.htmx:  # type: ignore[attr-defined]
        return _fragment(request, _board(public_id))
    return redirect("bargain:help", public_id)


def _help(request: HttpRequest, board: BargainBoard) -> tuple[str, bool]:
    """What to say, and whether it is a refusal."""
    user_id = signed_in_id(request)
    if not limit_check("help", f"user:{user_id}", HELPS, HELPS_WINDOW_S):
        return _("操作太频繁了，请过一分钟再试。"), True
    try:
        cut_fen = services.bargain_help(
            bargain_public_id=board.public_id,
            user_id=user_id,
            in_wechat=inside_wechat(request),
            now=clock.now(),
        )
    except services.HelpRefused as refused:
        return str(refused), True
    return _("帮砍成功，砍掉了 %(cut)s 元。") % {"cut": yuan(cut_fen)}, False


def _tapped_before(request: HttpRequest, public_id: str) -> bool:
    """Whether this guest tapped here and has signed in since; told once."""
    pending = request.session.get(PENDING)
    if request.method != "GET" or request.user.pk is None or not pending:
        return False
    if pending["bargain"] != public_id:
        return False
    del request.session[PENDING]
    age_s: float = clock.now().timestamp() - pending["at"]
    return age_s < PENDING_AGE_S


def _fragment(
    request: HttpRequest, board: BargainBoard, *, said: str = "", refused: bool = False
) -> HttpResponse:
    context = {**_personal(request, board), "said": said, "refused": refused, "fragment": True}
    response = render(request, "bargain/_mine.html", context)
    visit_note(request, response, now=clock.now(), store_id=board.store_id)
    return response


def _personal(request: HttpRequest, board: BargainBoard) -> dict[str, Any]:
    now = clock.now()
    who: BargainMine | None = None
    if request.user.pk is not None:
        who = bargain_mine(board.public_id, request.user.pk, now=now)
    allowed = services.helping_allowed(
        store_id=board.store_id, risk_accepted=board.risk_accepted, in_wechat=inside_wechat(request)
    )
    return {
        **_about(board),
        "now": now,
        "mine": who,
        "quiet": not allowed,
        "may_help": board.can_help and allowed and not (who and (who.is_launcher or who.help_fen)),
        "card": _card(request, board),
        "share_label": _("复制链接，发给朋友"),
        "sign_in_url": with_query(
            reverse("accounts:sign_in"), next=reverse("bargain:bargain", args=[board.public_id])
        )
        if who is None
        else "",
    }


def _about(board: BargainBoard) -> dict[str, Any]:
    return {"board": board, "product": _product(board), "store": store_by_id(board.store_id)}


def _product(board: BargainBoard) -> ProductCard:
    return cards_of([board.product_id])[board.product_id]


def _board(public_id: str) -> BargainBoard:
    board = bargain_board(public_id, now=clock.now())
    if board is None:
        raise NotHere(_("没有这个砍价，请核对链接。"))
    return board


def _card(request: HttpRequest, board: BargainBoard) -> ShareCard:
    product = _product(board)
    # A list price that fell below the floor is what one pays.
    floor_fen = min(board.floor_fen, board.price_fen)
    prices = {"price": yuan(board.price_fen), "floor": yuan(floor_fen)}
    return share_card(
        request,
        kind="bargain",
        ref=board.public_id,
        store_id=board.store_id,
        path=reverse("bargain:bargain", args=[board.public_id]),
        title=product.title,
        desc=_("现价 %(price)s 元，底价 %(floor)s 元") % prices,
        image_url=product.share_image or "/static/img/icon.svg",
        about=None
        if board.is_over or board.deadline_at <= clock.now()
        else BargainPoster(
            photo=product.photo.name if product.photo else "",
            price_fen=board.price_fen,
            list_fen=board.list_fen,
            floor_fen=floor_fen,
            helps=board.helps,
            helpers=board.helpers,
            ends_at=board.deadline_at.isoformat(),
        ),
        watched=not board.risk_accepted,
    )
