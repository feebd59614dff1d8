"""The inbox: one person's own messages, never kept by a cache."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.queries import signed_in_id
from core import clock
from core.errors import NotHere
from core.public_pages import personal
from notices import queries, services


@require_safe
@personal
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """?page= counts from 1."""
    number = request.GET.get("page", "1")
    is_number = number.isascii() and number.isdigit() and len(number) < 6
    found = queries.inbox(signed_in_id(request), page=max(int(number), 1) if is_number else 1)
    return render(request, "notices/inbox.html", {"inbox": found})


@require_safe
@personal
@login_required
def notice(request: HttpRequest, public_id: str) -> HttpResponse:
    """On to what a notice of the reader's own is about. Opening it again changes nothing more."""
    path = services.notice_open(user_id=signed_in_id(request), public_id=public_id, now=clock.now())
    if path is None:
        raise NotHere(_("没有这条消息，可能已经过期。请确认登录的账号。"))
    return redirect(path)


@require_POST
@personal
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Everything up to the newest one on the page counts as read: the inbox's, or the office's."""
    for_staff = request.POST.get("which") == "staff"
    until = request.POST.get("until", "")
    is_number = until.isascii() and until.isdigit() and len(until) < 19
    count = services.notices_read_all(
        user_id=signed_in_id(request),
        until_id=int(until) if is_number else 0,
        now=clock.now(),
        for_staff=for_staff,
    )
    if count:
        messages.success(request, _("都标为已读了。"))
    return redirect("admin:index" if for_staff else "notices:inbox")
