"""Making a share link. Opening one is an ordinary page; its fragment records the visit."""

from datetime import datetime

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    JsonResponse,
)
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.errors import NotHere
from core.limits import client_address, limit_check
from core.public_pages import personal
from sharing import services
from sharing.domains import card_origin, share_origin
from sharing.forms import PosterForm, ShareForm
from sharing.models import Channel
from sharing.pages import ShareTarget, is_quiet, poster_read, ticket_read
from sharing.posters.kinds import poster_kind
from sharing.posters.queue import poster_claim, poster_order, poster_unclaim
from sharing.posters.services import poster_url
from sharing.posters.sheet import HEIGHT, WIDTH
from sharing.posters.spec import PosterSpec
from stores.queries import store_by_id

# Drawings a minute of a person, and of everybody behind one address who has no name.
DRAWINGS, DRAWINGS_OF_GUESTS = 30, 300
# Waiting asks once a second; a drawing that takes longer has failed.
PATIENCE = 15
POSTER_READY, POSTER_WAITING, POSTER_BUSY, POSTER_LOST = "ready", "waiting", "busy", "lost"


@require_POST
@personal
def share(request: HttpRequest) -> HttpResponse:
    """The link of (person, page, channel): JSON for a script, a page to copy it from without one.

    Somebody who is not signed in gets the page's plain address: there is nobody to attribute to.
    """
    form = ShareForm(request.POST)
    target = ticket_read(form.cleaned_data["ticket"]) if form.is_valid() else None
    if target is None:
        return HttpResponseBadRequest(_("这个页面不能分享，请刷新后再试。"))
    channel = form.cleaned_data["channel"]
    if channel == Channel.MOMENTS and is_quiet(request, target):
        return HttpResponseForbidden(_("按微信的规定，这个页面不分享到朋友圈。"))
    link = _link(request, target, channel)
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        return render(request, "sharing/link.html", {"link": link, "back": target.path})
    return JsonResponse({"link": link})


@require_safe
@personal
def poster(request: HttpRequest) -> HttpResponse:
    """A page's poster in one of its kind's templates. The first to want it waits while it is drawn; the
    code leads through the person's own link, or to the plain page for somebody without a name."""
    form = PosterForm(request.GET)
    found = poster_read(form.cleaned_data["t"]) if form.is_valid() else None
    if found is None:
        return HttpResponseBadRequest(_("这张海报打不开，请回到商品页重新生成。"))
    target, title, desc, about = found
    kind = poster_kind(target.kind)
    assert kind is not None, "a poster's ticket is read with its kind"
    style = form.cleaned_data["style"] or next(iter(kind.templates))
    if style not in kind.templates:
        return HttpResponseBadRequest(_("这张海报打不开，请回到商品页重新生成。"))
    if is_quiet(request, target):
        return HttpResponseForbidden(_("按微信的规定，这个页面没有海报。"))
    store = store_by_id(target.store_id)
    if store is None:
        raise NotHere(_("没有这家店。"))
    channel = form.cleaned_data["channel"] or Channel.POSTER
    link = _link(request, target, channel)
    spec = PosterSpec(target.kind, title, desc, store.name, link, style, about)
    asked = form.cleaned_data["asked"] or 0
    now = clock.now()
    image, stage = poster_url(spec, now=now), POSTER_READY
    if image is None:
        stage = _have_drawn(request, spec, now=now) if asked < PATIENCE else POSTER_LOST
        image = poster_url(spec, now=now)  # without a broker it is drawn by now
    again = {"style": style, "channel": channel}
    context = {
        "image": image,
        "stage": POSTER_READY if image else stage,
        "back": target.path,
        "title": title,
        "styles": [
            {
                "label": template.label,
                "is_here": name == style,
                "query": _query(request, **again | {"style": name}),
            }
            for name, template in kind.templates.items()
        ],
        "uses": [
            {
                "label": label,
                "is_here": name == channel,
                "query": _query(request, **again | {"channel": name}),
            }
            for name, label in (
                (Channel.POSTER, _("手机上发")),
                (Channel.PAPER, _("打印张贴")),
                (Channel.WECOM, _("企业微信发")),
            )
        ],
        "waiting_query": _query(request, **again, asked=str(asked + 1)),
        "retry_query": _query(request, **again),
        "is_for_print": channel == Channel.PAPER,
        "is_mine": request.user.is_authenticated,
        "width": WIDTH,
        "height": HEIGHT,
    }
    part = "sharing/_poster.html" if request.headers.get("HX-Request") else "sharing/poster.html"
    return render(request, part, context)


def _have_drawn(request: HttpRequest, spec: PosterSpec, *, now: datetime) -> str:
    """Have a poster drawn, unless somebody is at it; what is counted and limited are drawings."""
    if not poster_claim(spec):
        return POSTER_WAITING
    user_id = request.user.pk
    who = str(user_id or client_address(request))
    if not limit_check("poster", who, DRAWINGS if user_id else DRAWINGS_OF_GUESTS, 60):
        poster_unclaim(spec)
        return POSTER_BUSY
    poster_order(spec, now=now)
    return POSTER_WAITING


def _query(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    query.pop("asked", None)
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def _link(request: HttpRequest, target: ShareTarget, channel: str) -> str:
    on_a_card = channel in {Channel.FRIEND, Channel.MOMENTS}
    origin = card_origin(request, target.store_id) if on_a_card else share_origin(target.store_id)
    plain = origin + target.path
    if not request.user.is_authenticated:
        return plain
    link = services.link_for(
        sharer_id=request.user.pk,
        store_id=target.store_id,
        target_kind=target.kind,
        target_ref=target.ref,
        path=target.path,
        channel=channel,
        now=clock.now(),
    )
    return f"{plain}?s={link.token}"
