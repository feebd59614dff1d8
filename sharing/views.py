"""Making a share link. Opening one is an ordinary page; its fragment records the visit."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.public_pages import personal
from sharing import services
from sharing.forms import ShareForm
from sharing.pages import ShareTarget, ticket_read


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


def _link(request: HttpRequest, target: ShareTarget, channel: str) -> str:
    plain = settings.SITE_URL + target.path
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
