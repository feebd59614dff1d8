"""Pages for everyone, and the fragments in them that are for one person."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.queries import document_version, signed_in_id
from campaigns.bargain.queries import BargainTerms, bargains_for_product
from campaigns.groupbuy.joinable import acquainted_groups
from campaigns.groupbuy.queries import has_campaign
from campaigns.groupbuy.queries import product_mine as product_mine_query
from catalog.queries import ProductPage, product_cards, product_page
from catalog.suggestions import suggestions
from core import clock
from core.errors import NotHere
from core.idempotency import form_key_new
from core.public_pages import page_number, personal, public_page
from guard.policy import is_strict
from notices.queries import unread_count
from sharers.queries import desks_of, plan_of
from sharing.pages import share_card, visit_note
from sharing.posters.spec import GOODS_TOLD, goods_told
from storefront import queries
from storefront.posters import ProductPoster, StorePoster
from stores.queries import store_by_slug, stores_open
from wechat.queries import inside_wechat

LICENCES = 500
WORD_LENGTH = 40
# What a poster says of a product beside its title.
FACTS, FACT_LENGTH = 5, 14


@public_page(max_age_s=5)
def home(request: HttpRequest) -> HttpResponse:
    """The platform's first page; ?page= counts from 1."""
    page = queries.home_page(page_number(request), now=clock.now())
    return render(request, "storefront/home.html", {"home": page, "site_url": settings.SITE_URL})


@public_page(max_age_s=5)
def store(request: HttpRequest, slug: str, category: str | None = None) -> HttpResponse:
    """A store, or one of its categories; ?page= counts from 1.

    With ?tag= it is rendered afresh: the words that somebody may put there are without number, and
    would push the pages that many people read out of the cache.
    """
    tag = _words(request, "tag")
    found = queries.store_page(
        slug, category=category, page=page_number(request), now=clock.now(), tag=tag
    )
    if found is None:
        raise NotHere(_("没有这家店或这个分类。"))
    context = {
        "store": found.store,
        "shelf": found.shelf,
        "items": found.items,
        "has_coupons": found.has_coupons,
        "tag": tag,
        "entries": found.entries,
        "query": f"{urlencode({'tag': tag})}&" if tag else "",
        "site_url": settings.SITE_URL,
    }
    return render(request, "storefront/store.html", context)


@public_page(max_age_s=5)
def search(request: HttpRequest) -> HttpResponse:
    """Goods on sale with the words in ?q=. The same for everyone, yet kept by no cache of ours, as
    there is no end of words."""
    words = _words(request, "q")
    found = queries.search_page(words, page_number(request), now=clock.now())
    context = {
        "words": words,
        "items": found.items,
        "page": found.page,
        "query": f"{urlencode({'q': words})}&",
    }
    return render(request, "storefront/search.html", context)


@public_page(max_age_s=30)
def suggest(request: HttpRequest) -> HttpResponse:
    """What one may be about to type: categories and goods with what is in ?q= so far. A fragment."""
    found = suggestions(_words(request, "q"))
    return render(request, "storefront/_suggestions.html", {"found": found})


@public_page(max_age_s=5)
def product(request: HttpRequest, public_id: str) -> HttpResponse:
    """A product with its prices, its SKUs, and the groups that are open now."""
    view = queries.product_view(public_id, now=clock.now())
    if view is None:
        raise NotHere(_("没有这件商品，可能链接不完整。"))
    context = {name: getattr(view, name) for name in view.__dataclass_fields__}
    return render(request, "storefront/product.html", {**context, "site_url": settings.SITE_URL})


@require_safe
@personal
def product_mine(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a product's page shows to one person: their seat, and the card to share."""
    found = product_page(public_id)
    if found is None:
        raise NotHere(_("没有这件商品，可能链接不完整。"))
    now = clock.now()
    user_id = request.user.pk
    mine = product_mine_query(found.id, user_id) if user_id is not None else None
    card = share_card(
        request,
        kind="product",
        ref=found.public_id,
        store_id=found.store_id,
        path=reverse("storefront:product", args=[found.public_id]),
        title=found.title,
        desc=found.subtitle,
        image_url=found.share_image or "/static/img/icon.svg",
        about=ProductPoster(
            photo=found.gallery[0].name if found.gallery else "",
            price_fen=found.price_fen,
            has_more=found.price_max_fen > found.price_fen,
            was_fen=found.struck_fen,
            facts=_facts(found),
        ),
        watched=has_campaign(found.id, now=now),
    )
    context = {
        "now": now,
        "mine": mine,
        "acquainted": acquainted_groups(found.id, user_id, now=now)
        if user_id is not None and mine is None
        else (),
        "card": card,
        "form_key": form_key_new(),
        "bargains": _bargains_outside(request, found, now=now),
    }
    response = render(request, "storefront/_product_mine.html", context)
    visit_note(request, response, now=now, store_id=found.store_id)
    return response


@require_safe
@personal
def store_mine(request: HttpRequest, slug: str) -> HttpResponse:
    """The card with which a store is shared; how the reader came is recorded."""
    found = store_by_slug(slug)
    if found is None:
        raise NotHere(_("没有这家店。"))
    goods = product_cards(store_id=found.id, limit=GOODS_TOLD).cards
    photos = [one.photo.name for one in goods if one.photo]
    card = share_card(
        request,
        kind="store",
        ref=found.slug,
        store_id=found.id,
        path=reverse("storefront:store", args=[found.slug]),
        title=found.name,
        desc=found.intro,
        image_url=found.logo or "/static/img/icon.svg",
        about=StorePoster(
            photo=photos[0] if photos else "",
            goods=goods_told(goods),
        ),
    )
    context = {"card": card, "store": found, "takes_sharers": card.prompt and plan_of(found.id)}
    response = render(request, "storefront/_store_mine.html", context)
    visit_note(request, response, now=clock.now(), store_id=found.id)
    return response


@require_safe
@personal
@login_required
def me(request: HttpRequest) -> HttpResponse:
    """The shopper's own corner."""
    user_id = signed_in_id(request)
    context = {
        "person": request.user,
        "unread": unread_count(user_id),
        "sharer_desks": desks_of(user_id),
    }
    return render(request, "storefront/me.html", context)


@public_page(max_age_s=60)
def licences(request: HttpRequest) -> HttpResponse:
    """Who trades here: the licences that the E-Commerce Law, article 15, wants shown."""
    return render(request, "storefront/licences.html", {"stores": stores_open(limit=LICENCES)})


@public_page(max_age_s=60)
def agreement(request: HttpRequest) -> HttpResponse:
    """The user agreement in its present version."""
    context = {"version": document_version("agreement"), "operator": settings.OPERATOR}
    return render(request, "storefront/agreement.html", context)


@public_page(max_age_s=60)
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy policy in its present version."""
    context = {"version": document_version("privacy"), "operator": settings.OPERATOR}
    return render(request, "storefront/privacy.html", context)


@public_page(max_age_s=3600)
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read: goods and stores, nothing of people and their groups."""
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")


def _facts(found: ProductPage) -> tuple[str, ...]:
    """What is short about a product: its kinds first, then brand and tags."""
    words = (*(sku.name for sku in found.skus), found.brand, *found.tags)
    return tuple(dict.fromkeys(word[:FACT_LENGTH] for word in words if word))[:FACTS]


def _bargains_outside(
    request: HttpRequest, found: ProductPage, *, now: datetime
) -> tuple[BargainTerms, ...]:
    """Bargains that the public page leaves out because it may be read inside WeChat."""
    inside = inside_wechat(request)
    if inside or not is_strict() or not found.on_sale:
        return ()
    public = bargains_for_product(found.id, in_wechat=True, now=now)
    every = bargains_for_product(found.id, in_wechat=False, now=now)
    return tuple(one for one in every if one not in public)


def _words(request: HttpRequest, name: str) -> str:
    """What somebody looks for, cut to a length that is worth looking for."""
    return request.GET.get(name, "").replace("\0", "")[:WORD_LENGTH].strip()
