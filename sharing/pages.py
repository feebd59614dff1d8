"""What a page of any app needs to be shared: its card, and the visit that a share made.

A card's ticket is signed by us, so only our own canonical pages can be shared, and this app need
not know the apps above it whose pages they are.
"""

from dataclasses import asdict, astuple, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse

from core.guests import guest_keep, guest_new, guest_of
from core.limits import client_address, limit_check
from guard.policy import wechat_allows
from sharing import services
from sharing.arrivals import AWHILE, arrival_record, arrival_record_alone
from sharing.domains import card_origin
from sharing.models import Arrival
from sharing.posters.kinds import poster_kind
from sharing.posters.spec import DESC_TOLD, PosterAbout
from wechat.queries import inside_wechat

TICKET_SALT = "sharing.ticket"
POSTER_SALT = "sharing.poster"
TOKEN_MAX = 16
# What the search adds to the addresses that it finds, as `from`, outside the cache key.
FROM_SEARCH = "search"
# New guests behind one address, which may be a whole carrier's: each is a row for every link or store.
# Those whom a share brings are counted apart: nobody who strolls in takes their place.
NEWCOMERS, NEWCOMERS_WINDOW_S = 3000, 600
BROUGHT, UNBROUGHT = "guests", "guests-alone"


@dataclass(frozen=True)
class ShareCard:
    """A page as WeChat shows it in a chat. `channels` are those that this page may offer here,
    `prompt` says whether it may point at WeChat's own menu, `copies` whether it may offer its link,
    `poster` is the ticket of its poster, or ""."""

    ticket: str
    link: str
    title: str
    desc: str
    image: str
    channels: str
    prompt: bool
    copies: bool
    poster: str = ""


@dataclass(frozen=True)
class ShareTarget:
    """What a ticket says: one of our own pages, and whether it is one that WeChat's policy watches."""

    kind: str
    ref: str
    store_id: int
    path: str
    watched: bool = False


def share_card(
    request: HttpRequest,
    *,
    kind: str,
    ref: str,
    store_id: int,
    path: str,
    title: str,
    desc: str,
    image_url: str,
    about: PosterAbout | None = None,
    watched: bool = False,
) -> ShareCard:
    """The card of a page, as the sharing policy of this place allows it.

    WeChat's 《微信外部链接内容管理规范》 bans overlays that prompt to share, and group-buy links in
    Moments. So under WECHAT_SHARE_POLICY=strict no page inside WeChat points at the menu, and one
    that is `watched` (a group's, that of goods with a running group-buy, a bargain's whose store has
    not taken the risk) asks for nothing at all.
    """
    target = ShareTarget(kind, ref, store_id, path, watched)
    strict = is_strict(request, store_id)
    quiet = watched and strict
    origin = card_origin(request, store_id)
    return ShareCard(
        ticket=ticket_sign(target),
        link=origin + path,
        title=title,
        desc=desc,
        image=image_url if "://" in image_url else origin + image_url,
        channels="friend" if quiet else "friend moments",
        prompt=not strict,
        copies=not quiet,
        poster=poster_sign(target, title, desc, about) if about and not quiet else "",
    )


def is_strict(request: HttpRequest, store_id: int) -> bool:
    """Whether a page of the store is read where WeChat's policy is kept (`guard.policy`)."""
    in_wechat = inside_wechat(request)
    return not wechat_allows(store_id=store_id, in_wechat=in_wechat)


def is_quiet(request: HttpRequest, target: ShareTarget) -> bool:
    """Whether a page has neither Moments nor posters here."""
    return target.watched and is_strict(request, target.store_id)


def ticket_sign(target: ShareTarget) -> str:
    """A ticket that only this site can make; it never expires, as its page does not."""
    return signing.dumps(astuple(target), salt=TICKET_SALT, compress=True)


def ticket_read(ticket: str) -> ShareTarget | None:
    """What a ticket names; None when it is not ours."""
    try:
        return ShareTarget(*signing.loads(ticket, salt=TICKET_SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def poster_sign(target: ShareTarget, title: str, desc: str, about: PosterAbout) -> str:
    """What a poster of one of our own pages says, signed, so that nobody else writes our posters."""
    value = [asdict(target), title, desc[:DESC_TOLD], asdict(about)]
    return signing.dumps(value, salt=POSTER_SALT, compress=True)


def poster_read(ticket: str) -> tuple[ShareTarget, str, str, PosterAbout] | None:
    """Target, title, description and the rest of a poster's ticket; None when it is not ours."""
    try:
        told, title, desc, about = signing.loads(ticket, salt=POSTER_SALT)
        target = ShareTarget(**told)
        kind = poster_kind(target.kind)
        return (target, title, desc, kind.about.read(about)) if kind else None
    except (signing.BadSignature, ValueError, TypeError):
        return None


def showcase_token(*, person_id: int, store_id: int, ref: str, path: str, now: datetime) -> str:
    """The token that every link of a person's own showcase carries, for whoever came there plainly."""
    link = services.link_for(
        sharer_id=person_id,
        store_id=store_id,
        target_kind="showcase",
        target_ref=ref,
        path=path,
        channel="showcase",
        now=now,
    )
    return link.token


def visit_note(
    request: HttpRequest, response: HttpResponse, *, now: datetime, store_id: int | None = None
) -> None:
    """Record how its reader came to a page, from the page's personal fragment: by a share link; or,
    with the `store_id` of the one store whose page it is, by the search or by themselves.

    Pages of many stores give no store, and neither does a showcase: whoever opens one plainly goes on
    by its sharer's link. A guest is known by a random cookie.
    """
    token = _token(_asked(request, "s"))
    if token:
        visit_keep(request, response, token=token, now=now)
        return
    # Without a script the share is in the address before, where the middleware finds it.
    if store_id is None or token_of_referer(request):
        return
    user_id, guest = _visitor(request, response, UNBROUGHT)
    if not (user_id or guest):
        return
    came: dict[str, Any] = {"store_id": store_id, "visitor_id": user_id, "guest": guest, "now": now}
    if _asked(request, "from") == FROM_SEARCH:
        arrival_record(source=Arrival.Source.SEARCH, **came)
    else:
        arrival_record_alone(**came)


def visit_keep(
    request: HttpRequest, response: HttpResponse, *, token: str, now: datetime, anew: bool = True
) -> None:
    """Record a visit through the link with that token; unless `anew`, only if the same visitor has
    not come by the same sharer within AWHILE."""
    user_id, guest = _visitor(request, response, BROUGHT)
    if not (user_id or guest):
        return
    if anew or not services.visited_since(
        token=token, visitor_id=user_id, guest=guest, since=now - AWHILE
    ):
        services.visit_record(token=token, visitor_id=user_id, guest=guest, now=now)


def token_of_referer(request: HttpRequest) -> str:
    """The share link's token of the page of ours that the reader comes from, or ""."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc != request.get_host():
        return ""
    return _token(parse_qs(referer.query).get("s", [""])[0])


def _token(asked: str) -> str:
    return asked if asked.isascii() and asked.isalnum() and len(asked) <= TOKEN_MAX else ""


def _asked(request: HttpRequest, name: str) -> str:
    """A value of the fragment's own address, or of the page that htmx is on."""
    if value := request.GET.get(name, ""):
        return value
    current = request.headers.get("HX-Current-URL", "")
    return parse_qs(urlsplit(current).query).get(name, [""])[0]


def _visitor(
    request: HttpRequest, response: HttpResponse, newcomers: str
) -> tuple[int | None, str]:
    """The person, or the guest's key: a new one for whoever has none, "" where too many of such
    `newcomers` come from one address."""
    if request.user.is_authenticated:
        return request.user.pk, ""
    guest = guest_of(request)
    if not guest and limit_check(newcomers, client_address(request), NEWCOMERS, NEWCOMERS_WINDOW_S):
        guest = guest_new()
        guest_keep(request, response, guest)
    return None, guest
