"""A group's page: the same for everybody; and the code in it, which is for one person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from community.queries import EntryPage, code_known, code_picture, entry_page
from community.services import code_show
from core import clock
from core.errors import NotHere
from core.guests import guest_keep, guest_new, guest_of
from core.limits import client_address, limit_check
from core.public_pages import personal, public_page
from sharing.pages import visit_note
from stores.queries import StoreInfo, store_by_id

# Each newcomer costs a place. One address may be a shop's own network, or a carrier's.
NEWCOMERS, NEWCOMERS_WINDOW_S = 200, 600


@public_page(max_age_s=30)
def entry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whose group it is and what is talked about. No code: it would be the same for everybody, and
    whoever only reads the page takes no place."""
    page, store = _entry(public_id)
    return render(request, "community/entry.html", {"entry": page, "store": store})


@require_GET
@personal
def code(request: HttpRequest, public_id: str) -> HttpResponse:
    """The code for this person; a fragment of the page above, or a page without a script.

    A guest is known by a cookie, so that looking twice takes one place.
    """
    page, store = _entry(public_id)
    now = clock.now()
    user_id = request.user.pk
    guest = guest_of(request)
    has_cookie = bool(guest)
    # A cookie is easily made up: what counts is whether it takes a place.
    is_busy = (
        page.is_open
        and user_id is None
        and code_known(page.id, person_id=None, guest=guest, now=now) is None
        and not limit_check("group-code", client_address(request), NEWCOMERS, NEWCOMERS_WINDOW_S)
    )
    picture = None
    if page.is_open and not is_busy:
        guest = guest or ("" if user_id else guest_new())
        code_id = code_show(entry_id=page.id, person_id=user_id, guest=guest, now=now)
        picture = code_picture(code_id) if code_id is not None else None
    part = "community/_code.html" if request.headers.get("HX-Request") else "community/code.html"
    context = {"entry": page, "store": store, "picture": picture, "is_busy": is_busy}
    response = render(request, part, context)
    if user_id is None and not has_cookie and picture is not None:
        guest_keep(request, response, guest)
    visit_note(request, response, now=now, store_id=store.id)
    return response


def _entry(public_id: str) -> tuple[EntryPage, StoreInfo]:
    page = entry_page(public_id)
    store = store_by_id(page.store_id) if page else None
    if page is None or store is None:
        raise NotHere(_("没有这个群，可能已经停用。"))
    return page, store
