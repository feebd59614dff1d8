"""A person's own addresses. Somebody else's does not exist."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import queries
from accounts.address_parse import LINE_MAX, address_parse
from accounts.divisions import division_children, division_get
from accounts.forms import AddressForm
from accounts.paths import asked_path, with_query
from accounts.queries import signed_in_id
from accounts.services import (
    AddressRefused,
    address_remove,
    address_save,
    address_set_default,
    consent_give_basic,
)
from core import clock
from core.errors import NotHere
from core.limits import limit_check


@never_cache
@login_required
@require_GET
def addresses(request: HttpRequest) -> HttpResponse:
    """The list; with `next`, each one leads back there with `address=` set."""
    target = asked_path(request)
    rows = [
        {"card": card, "use_url": with_query(target, address=card.public_id) if target else ""}
        for card in queries.addresses_of(signed_in_id(request))
    ]
    return render(request, "accounts/addresses.html", {"rows": rows, "next": target})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def address_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, public_id=None, initial={})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def address_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        address = queries.address_for_order(signed_in_id(request), public_id)
    except queries.AddressNotFound:
        raise NotHere(_("没有这个地址，可能已经删除。")) from None
    district_first = not address.city_code  # a district right below its province
    initial = {
        "recipient": address.recipient,
        "phone": address.phone,
        "province_code": address.province_code,
        "city_code": address.district_code if district_first else address.city_code,
        "district_code": "" if district_first else address.district_code,
        "street": address.street,
        "is_default": queries.is_default_address(signed_in_id(request), public_id),
    }
    return _edit(request, public_id=public_id, initial=initial)


@login_required
@require_POST
def address_make_default(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        address_set_default(user_id=signed_in_id(request), public_id=public_id)
    except AddressRefused:
        raise NotHere(_("没有这个地址，可能已经删除。")) from None
    return redirect(_list_url(request))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def address_remove_view(request: HttpRequest, public_id: str) -> HttpResponse:
    """Confirm on GET, remove on POST; removing what is gone is no error."""
    user_id = signed_in_id(request)
    if request.method == "POST":
        if address_remove(user_id=user_id, public_id=public_id, now=clock.now()):
            messages.success(request, _("地址已删除。"))
        return redirect(_list_url(request))
    card = next((c for c in queries.addresses_of(user_id) if c.public_id == public_id), None)
    if card is None:
        raise NotHere(_("没有这个地址，可能已经删除。"))
    context = {"address": card, "next": asked_path(request)}
    return render(request, "accounts/address_remove.html", context)


@require_GET
@cache_control(public=True, max_age=86400)
def divisions(request: HttpRequest) -> JsonResponse:
    """`?parent=140000` → {"parent": …, "children": [[code, name], …]}; the provinces without it."""
    parent = request.GET.get("parent", "")
    if parent and division_get(parent) is None:
        return JsonResponse({"parent": "", "children": []}, status=404)
    children = [[one.code, one.name] for one in division_children(parent)]
    return JsonResponse(
        {"parent": parent, "children": children}, json_dumps_params={"ensure_ascii": False}
    )


def _edit(request: HttpRequest, *, public_id: str | None, initial: dict[str, Any]) -> HttpResponse:
    user_id = signed_in_id(request)
    asks_consent = not queries.has_basic_consent(user_id)
    if request.method != "POST":
        form = AddressForm(initial=initial, asks_consent=asks_consent)
        return _form_page(request, form, public_id)
    form = AddressForm(request.POST, asks_consent=asks_consent)
    if "refill" in request.POST:
        return _form_page(request, form.refill(), public_id)
    if request.POST.get("action") == "parse":
        return _parsed_page(request, form, public_id)
    if form.is_valid() and not limit_check("address", str(user_id), 30, 3600):
        form.add_error(None, _("操作太频繁，请稍后再试。"))
    if form.is_valid():
        if asks_consent:
            consent_give_basic(user_id=user_id, now=clock.now())
        fields = {k: v for k, v in form.cleaned_data.items() if k != "agree"}
        try:
            address = address_save(user_id=user_id, public_id=public_id, now=clock.now(), **fields)
        except AddressRefused as refused:
            for name, message in refused.errors.items():
                form.add_error("province_code" if name == "region" else name or None, message)
        else:
            messages.success(request, _("地址已保存。"))
            target = asked_path(request)
            return redirect(
                with_query(target, address=address.public_id) if target else _list_url(request)
            )
    return _form_page(request, form, public_id)


def _parsed_page(request: HttpRequest, form: AddressForm, public_id: str | None) -> HttpResponse:
    """The form filled from the pasted line, and what the line does not say."""
    pasted = request.POST.get("pasted", "")[:LINE_MAX]
    parsed = address_parse(pasted)
    filled = form.filled_from(parsed)
    labels = [str(filled.fields[name].label) for name in parsed.missing if not filled.initial[name]]
    if labels:
        said = _("没有认出：%(fields)s。请补上后保存。") % {"fields": _("、").join(labels)}
    else:
        said = _("已填好，请核对后保存。")
    return _form_page(request, filled, public_id, pasted=pasted, said=said)


def _form_page(
    request: HttpRequest,
    form: AddressForm,
    public_id: str | None,
    *,
    pasted: str = "",
    said: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "public_id": public_id,
        "next": asked_path(request),
        "pasted": pasted or request.POST.get("pasted", "")[:LINE_MAX],
        "pasted_max": LINE_MAX,
        "said": said,
    }
    return render(request, "accounts/address_form.html", context)


def _list_url(request: HttpRequest) -> str:
    target, url = asked_path(request), reverse("accounts:addresses")
    return with_query(url, next=target) if target else url
