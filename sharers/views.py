"""A sharer's showcase, for everybody; and the page where one becomes a sharer and sees why one
earned what."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.queries import signed_in_id
from catalog.queries import product_cards
from core import clock
from core.errors import NotHere
from core.public_pages import page_number, personal, public_page
from sharers import queries
from sharers.forms import ApplyForm, ItemForm
from sharers.posters import ShowcasePoster
from sharers.rates import Rate
from sharers.services import (
    SharerRefused,
    sharer_apply,
    sharer_stop,
    showcase_add,
    showcase_drop,
)
from sharers.states import SharerState
from sharing.pages import is_strict, share_card, showcase_token, visit_note
from sharing.posters.spec import goods_told
from sharing.windows import windows_of
from stores.queries import StoreInfo, store_by_id, store_by_slug

# The number of the page of goods: `page` is that of the earnings.
GOODS = "goods"
WORDS_LENGTH = 40


@public_page(max_age_s=30)
def showcase(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a sharer recommends. Whoever comes from here is theirs, by the link on every product."""
    found, store = _showcase(public_id)
    token = showcase_token(
        person_id=found.person_id,
        store_id=found.store_id,
        ref=found.public_id,
        path=reverse("sharers:showcase", args=[found.public_id]),
        now=clock.now(),
    )
    context = {"showcase": found, "store": store, "token": token}
    return render(request, "sharers/showcase.html", context)


@require_safe
@personal
def showcase_mine(request: HttpRequest, public_id: str) -> HttpResponse:
    """The card with which a showcase is shared; a visit through one is recorded."""
    found, store = _showcase(public_id)
    photo = next((item.card.photo for item in found.items if item.card.photo), None)
    card = share_card(
        request,
        kind="showcase",
        ref=found.public_id,
        store_id=found.store_id,
        path=reverse("sharers:showcase", args=[found.public_id]),
        title=found.name,
        desc=found.intro or store.intro,
        image_url=next((one.card.share_image for one in found.items if one.card.share_image), "")
        or store.logo
        or "/static/img/icon.svg",
        about=ShowcasePoster(
            photo=photo.name if photo else "",
            goods=goods_told(item.card for item in found.items),
        ),
    )
    response = render(request, "sharers/_mine.html", {"card": card})
    visit_note(request, response, now=clock.now())
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    """Become a sharer of a store; once one is, the showcase and the money."""
    store = _store(slug)
    form = ApplyForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                sharer_apply(
                    store_id=store.id,
                    person_id=signed_in_id(request),
                    name=form.cleaned_data["name"],
                    intro=form.cleaned_data["intro"],
                    now=clock.now(),
                )
            except SharerRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("sharers:desk", store.slug)
        status = 422
    sharer = queries.sharer_of(store.id, signed_in_id(request))
    plan, offer = queries.plan_of(store.id), queries.offer_of(store.id)
    found = queries.desk(sharer, page=page_number(request)) if sharer else None
    # 《微信外部链接内容管理规范》: rewards for sharing are not shown inside WeChat.
    shows_money = not is_strict(request, store.id)
    context = {
        "store": store,
        "plan": plan,
        "offer": offer,
        "rate": queries.rate_text(Rate(rate_bp=offer.rate_bp)) if offer else "",
        "form": form,
        "desk": found,
        "shows_money": shows_money,
        "window_days": windows_of(store.id).days_at(clock.now()),
    }
    if found and found.state == SharerState.ACTIVE:
        context |= _goods(request, found, store_id=store.id, shows_money=shows_money)
    return render(request, "sharers/desk.html", context, status=status)


@require_POST
@personal
@login_required
def item(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a product into one's own showcase, or take it out."""
    store = _store(slug)
    sharer = queries.sharer_of(store.id, signed_in_id(request))
    form = ItemForm(request.POST)
    if sharer is None or not form.is_valid():
        said = next(iter(form.errors.get("note", ())), _("没有改成，请再试一次。"))
        messages.error(request, str(said))
        return redirect("sharers:desk", store.slug)
    product = form.cleaned_data["product"]
    try:
        if form.cleaned_data["drop"]:
            showcase_drop(sharer_id=sharer.pk, product_ref=product)
        else:
            note = form.cleaned_data["note"]
            showcase_add(sharer_id=sharer.pk, product_ref=product, note=note, now=clock.now())
    except SharerRefused as refusal:
        messages.error(request, str(refusal))
    # Back to where one was: the next thing to put in is beside the last one.
    place = "#showcase" if form.cleaned_data["drop"] else "#more"
    return redirect(f"{reverse('sharers:desk', args=[store.slug])}?{_here(request)}{place}")


@require_POST
@personal
@login_required
def stop(request: HttpRequest, slug: str) -> HttpResponse:
    """The sharer ends it by themselves; only the merchant can take them back."""
    store = _store(slug)
    sharer = queries.sharer_of(store.id, signed_in_id(request))
    if sharer is not None and sharer_stop(sharer_id=sharer.pk, now=clock.now()):
        messages.success(request, _("已停止分享。"))
    return redirect("sharers:desk", store.slug)


def _showcase(public_id: str) -> tuple[queries.Showcase, StoreInfo]:
    found = queries.showcase(public_id)
    store = store_by_id(found.store_id) if found else None
    if found is None or store is None:
        raise NotHere(_("没有这个橱窗，可能已经停用。"))
    return found, store


def _goods(
    request: HttpRequest, desk: queries.SharerDesk, *, store_id: int, shows_money: bool
) -> dict[str, Any]:
    """What is in the showcase, and a page of what could be: each with what it earns."""
    items = desk.showcase.items
    words = _words(request)
    goods = product_cards(
        store_id=store_id,
        words=words,
        page=page_number(request, GOODS),
        without=[one.card.id for one in items],
    )
    rates: dict[int, str] = {}
    if shows_money:
        ids = {card.id for card in (*goods.cards, *(one.card for one in items))}
        rates = queries.rate_texts(store_id, ids)
    return {
        "items": [(one, rates.get(one.card.id, "")) for one in items],
        "more": [(card, rates.get(card.id, "")) for card in goods.cards],
        "goods": goods,
        "words": words,
        "query": f"{urlencode({'q': words})}&" if words else "",
        "here": _here(request),
    }


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "")[:WORDS_LENGTH].strip()


def _here(request: HttpRequest) -> str:
    """Which of the goods somebody looks at, for an address that leads back to them."""
    return urlencode({"q": _words(request), GOODS: page_number(request, GOODS)})


def _store(slug: str) -> StoreInfo:
    found = store_by_slug(slug)
    if found is None:
        raise NotHere(_("没有这家店。"))
    return found
