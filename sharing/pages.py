"""What a page of any app needs to be shared: its card, and the visit that a share made.

A card's ticket is signed by us, so only our own canonical pages can be shared, and this app need
not know the apps above it whose pages they are.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from core.guests import guest_keep, guest_new, guest_of
from sharing import services
from wechat.queries import inside_wechat

TICKET_SALT = "sharing.ticket"
TOKEN_MAX = 16
# What WeChat's policy bans prompting for.
QUIET = frozenset({"group", "bargain"})


@dataclass(frozen=True)
class ShareCard:
    """A page as WeChat shows it in a chat. `channels` are those that this page may offer here."""

    ticket: str
    link: str
    title: str
    desc: str
    image: str
    channels: str
    prompt: bool


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
) -> ShareCard:
    """The card of a page, as the sharing policy of this place allows it.

    WeChat's 《微信外部链接内容管理规范》 bans prompts to share and group-buy links in Moments, so
    under WECHAT_SHARE_POLICY=strict a group's or a bargain's page inside WeChat has neither.
    """
    strict = settings.WECHAT_SHARE_POLICY == "strict" and inside_wechat(
        request.headers.get("User-Agent", "")
    )
    quiet = strict and kind in QUIET
    return ShareCard(
        ticket=ticket_sign(ShareTarget(kind, ref, store_id, path)),
        link=settings.SITE_URL + path,
        title=title,
        desc=desc,
        image=image_url if "://" in image_url else settings.SITE_URL + image_url,
        channels="friend" if quiet else "friend moments",
        prompt=not quiet,
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


def share_token(request: HttpRequest) -> str:
    """The share link's token: of the fragment's own address, or of the page that htmx is on."""
    token = request.GET.get("s", "")
    if not token:
        current = request.headers.get("HX-Current-URL", "")
        token = parse_qs(urlsplit(current).query).get("s", [""])[0]
    return token if token.isascii() and token.isalnum() and len(token) <= TOKEN_MAX else ""


def visit_note(request: HttpRequest, response: HttpResponse, *, now: datetime) -> None:
    """Record the visit that a share link made, from a personal fragment.

    A guest is known by a random cookie, set only when there is a visit to remember.
    """
    token = share_token(request)
    if not token:
        return
    user_id = request.user.pk if request.user.is_authenticated else None
    guest = guest_of(request)
    if user_id is None and not guest:
        guest = guest_new()
        guest_keep(request, response, guest)
    services.visit_record(token=token, visitor_id=user_id, guest=guest, now=now)
