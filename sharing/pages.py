"""What a page of any app needs to be shared: its card, and the visit that a share made.

A card's ticket is signed by us, so only our own canonical pages can be shared, and this app need
not know the apps above it whose pages they are.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from core.guests import guest_keep, guest_new, guest_of
from sharing import services
from sharing.domains import card_origin
from sharing.posters.spec import PosterAbout
from sharing.searches import search_record
from wechat.queries import inside_wechat

TICKET_SALT = "sharing.ticket"
POSTER_SALT = "sharing.poster"
TOKEN_MAX = 16
# What the search adds to the addresses that it finds, as `from`, outside the cache key.
FROM_SEARCH = "search"
# What WeChat's policy bans prompting for.
QUIET = frozenset({"group", "bargain"})


@dataclass(frozen=True)
class ShareCard:
    """A page as WeChat shows it in a chat. `channels` are those that this page may offer here,
    `poster` is the ticket of its poster, or ""."""

    ticket: str
    link: str
    title: str
    desc: str
    image: str
    channels: str
    prompt: bool
    poster: str = ""


@dataclass(frozen=True)
class ShareTarget:
    """What a ticket says: one of our own pages."""

    kind: str
    ref: str
    store_id: int
    path: str


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
) -> ShareCard:
    """The card of a page, as the sharing policy of this place allows it.

    WeChat's 《微信外部链接内容管理规范》 bans prompts to share and group-buy links in Moments, so
    under WECHAT_SHARE_POLICY=strict a group's or a bargain's page inside WeChat has neither.
    """
    strict = settings.WECHAT_SHARE_POLICY == "strict" and inside_wechat(
        request.headers.get("User-Agent", "")
    )
    target = ShareTarget(kind, ref, store_id, path)
    quiet = strict and kind in QUIET
    origin = card_origin(request, store_id)
    return ShareCard(
        ticket=ticket_sign(target),
        link=origin + path,
        title=title,
        desc=desc,
        image=image_url if "://" in image_url else origin + image_url,
        channels="friend" if quiet else "friend moments",
        prompt=not quiet,
        poster=poster_sign(target, title, desc, about) if about and not quiet else "",
    )


def ticket_sign(target: ShareTarget) -> str:
    """A ticket that only this site can make; it never expires, as its page does not."""
    value = [target.kind, target.ref, target.store_id, target.path]
    return signing.dumps(value, salt=TICKET_SALT, compress=True)


def ticket_read(ticket: str) -> ShareTarget | None:
    """What a ticket names; None when it is not ours."""
    try:
        kind, ref, store_id, path = signing.loads(ticket, salt=TICKET_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return ShareTarget(kind, ref, store_id, path)


def poster_sign(target: ShareTarget, title: str, desc: str, about: PosterAbout) -> str:
    """What a poster of one of our own pages says, signed, so that nobody else writes our posters."""
    value = [asdict(target), title, desc, asdict(about)]
    return signing.dumps(value, salt=POSTER_SALT, compress=True)


def poster_read(ticket: str) -> tuple[ShareTarget, str, str, PosterAbout] | None:
    """Target, title, description and the rest of a poster's ticket; None when it is not ours."""
    try:
        target, title, desc, about = signing.loads(ticket, salt=POSTER_SALT)
        return ShareTarget(**target), title, desc, PosterAbout(**about)
    except (signing.BadSignature, ValueError, TypeError):
        return None


def share_token(request: HttpRequest) -> str:
    """The share link's token: of the fragment's own address, or of the page that htmx is on."""
    token = _asked(request, "s")
    return token if token.isascii() and token.isalnum() and len(token) <= TOKEN_MAX else ""


def _asked(request: HttpRequest, name: str) -> str:
    """A value of the fragment's own address, or of the page that htmx is on."""
    if value := request.GET.get(name, ""):
        return value
    current = request.headers.get("HX-Current-URL", "")
    return parse_qs(urlsplit(current).query).get(name, [""])[0]


def link_of_person(
    *, person_id: int, store_id: int, kind: str, ref: str, path: str, now: datetime
) -> str:
    """The token of a person's own link to a page of ours, for pages that are theirs."""
    link = services.link_for(
        sharer_id=person_id,
        store_id=store_id,
        target_kind=kind,
        target_ref=ref,
        path=path,
        channel="copy",
        now=now,
    )
    return link.token


def visit_note(
    request: HttpRequest, response: HttpResponse, *, now: datetime, store_id: int | None = None
) -> None:
    """Record the visit that a share link made, from a personal fragment; or, with the `store_id` of
    the goods, that somebody came from the search.

    A guest is known by a random cookie, set only when there is a visit to remember.
    """
    token = share_token(request)
    from_search = store_id is not None and not token and _asked(request, "from") == FROM_SEARCH
    if not (token or from_search):
        return
    user_id = request.user.pk if request.user.is_authenticated else None
    guest = guest_of(request)
    if user_id is None and not guest:
        guest = guest_new()
        guest_keep(request, response, guest)
    if token:
        services.visit_record(token=token, visitor_id=user_id, guest=guest, now=now)
    elif store_id is not None:
        search_record(store_id=store_id, visitor_id=user_id, guest=guest, now=now)
