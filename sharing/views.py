"""Making a share link. Opening one is an ordinary page; its fragment records the visit."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
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
from sharing.pages import ShareTarget, poster_read, ticket_read
from sharing.posters.draw import HEIGHT, STYLES, WIDTH
from sharing.posters.services import poster_url
from sharing.posters.spec import PosterSpec
from stores.queries import store_by_id

# Waiting for one asks once a second.
POSTERS_A_MINUTE = 90


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
    link = _link(request, target, form.cleaned_data["channel"])
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        return render(request, "sharing/link.html", {"link": link, "back": target.path})
    return JsonResponse({"link": link})


@require_safe
@personal
def poster(request: HttpRequest) -> HttpResponse:
    """A page's poster in one of three styles. The first to want it waits while it is drawn; the
    code leads through the person's own link, or to the plain page for somebody without a name."""
    form = PosterForm(request.GET)
    found = poster_read(form.cleaned_data["t"]) if form.is_valid() else None
    if found is None:
        return HttpResponseBadRequest(_("这张海报打不开，请回到商品页重新生成。"))
    target, title, desc, about = found
    store = store_by_id(target.store_id)
    if store is None:
        raise NotHere(_("没有这家店。"))
    style = form.cleaned_data["style"] or next(iter(STYLES))
    link = _link(request, target, form.cleaned_data["channel"] or Channel.POSTER)
    spec = PosterSpec(title, desc, store.name, link, style, about)
    who = str(request.user.pk or client_address(request))
    context = {
        "image": None,
        "is_busy": not limit_check("poster", who, POSTERS_A_MINUTE, 60),
        "back": target.path,
        "title": title,
        "styles": [
            {"label": label, "is_here": name == style, "query": _query(request, style=name)}
            for name, (label, *_rest) in STYLES.items()
        ],
        "query": _query(request, style=style),
        "is_mine": request.user.is_authenticated,
        "width": WIDTH,
        "height": HEIGHT,
    }
    if not context["is_busy"]:
        context["image"] = poster_url(spec, now=clock.now())
    part = "sharing/_poster.html" if request.headers.get("HX-Request") else "sharing/poster.html"
    return render(request, part, context)


def _query(request: HttpRequest, *, style: str) -> str:
    query = request.GET.copy()
    query["style"] = style
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
