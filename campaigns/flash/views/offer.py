"""The page of one offer: the same for everyone, with one fragment for whoever looks at it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.flash.posters import FlashPoster
from campaigns.flash.queries import COMING, ENDED, FlashTerms, flash_terms, reminded
from catalog.queries import ProductCard, cards_of
from core import clock
from core.errors import NotHere
from core.money import yuan
from core.public_pages import personal, public_page
from sharing.pages import ShareCard, share_card, visit_note
from stores.queries import store_by_id


@public_page(max_age_s=1)
def offer(request: HttpRequest, public_id: str) -> HttpResponse:
    """The price, the slot and what is left of the quota."""
    terms, product = _offer(public_id)
    context = {
        "deal": terms,
        "product": product,
        "store": store_by_id(terms.store_id),
        "now": clock.now(),
        "site_url": settings.SITE_URL,
    }
    return render(request, "flash/offer.html", context)


@require_safe
@personal
def mine(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whether the reader has reserved, and the card with which the page is shared."""
    terms, product = _offer(public_id)
    user_id = request.user.pk
    context = {
        "deal": terms,
        "now": clock.now(),
        "is_reserved": bool(user_id and reminded(user_id, [terms.offer_id])),
        "card": _card(request, terms, product),
    }
    response = render(request, "flash/_offer_mine.html", context)
    visit_note(request, response, now=clock.now(), store_id=terms.store_id)
    return response


def _offer(public_id: str) -> tuple[FlashTerms, ProductCard]:
    terms = flash_terms(public_id, now=clock.now())
    product = cards_of([terms.product_id]).get(terms.product_id) if terms else None
    if terms is None or product is None:
        raise NotHere(_("没有这个秒杀，请核对链接。"))
    return terms, product


def _card(request: HttpRequest, terms: FlashTerms, product: ProductCard) -> ShareCard:
    """What is promised is what can still be had: without it the card says what the goods are."""
    promises = terms.phase != ENDED and terms.left > 0
    return share_card(
        request,
        kind="flash",
        ref=terms.public_id,
        store_id=terms.store_id,
        path=reverse("flash:offer", args=[terms.public_id]),
        title=product.title,
        desc=_promise(terms) if promises else product.subtitle,
        image_url=product.share_image or "/static/img/icon.svg",
        about=_poster(terms, product) if promises else None,
    )


def _promise(terms: FlashTerms) -> str:
    """The price, the slot and the pieces, in one line."""
    starts_at = timezone.localtime(terms.starts_at)
    told = {
        "price": yuan(terms.flash_fen),
        "day": date_format(starts_at, "MONTH_DAY_FORMAT"),
        "from": f"{starts_at:%H:%M}",
        "until": f"{timezone.localtime(terms.ends_at):%H:%M}",
        "left": terms.left,
    }
    if terms.phase == COMING:
        return _("秒杀价 %(price)s 元，%(day)s %(from)s 开抢，共 %(left)d 件") % told
    return _("秒杀价 %(price)s 元，%(until)s 结束，还剩 %(left)d 件") % told


def _poster(terms: FlashTerms, product: ProductCard) -> FlashPoster:
    return FlashPoster(
        photo=product.photo.name if product.photo else "",
        price_fen=terms.flash_fen,
        list_fen=terms.list_fen,
        sku=terms.sku_name,
        quota=terms.quota,
        per_person=terms.per_person,
        starts_at=terms.starts_at.isoformat(),
        ends_at=terms.ends_at.isoformat(),
    )
