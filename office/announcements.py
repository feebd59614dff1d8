"""Group announcements (群公告): what is on offer, as plain text to paste into a chat group.

The words say what it is, what it costs, until when and how much is left, and never ask to pass
anything on. Bargains have none: WeChat's rules name calling for help with a price in a chat first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.coupons.queries import Offered, coupons_offered
from campaigns.flash.queries import FlashTerms, flash_for_product
from campaigns.groupbuy.joinable import open_groups
from campaigns.groupbuy.queries import OfferCard, campaign_for_product
from campaigns.reductions.queries import RunningReduction, reductions_offered
from catalog.queries import ProductPage
from core.money import yuan
from core.words import shorten
from guard.rules import Finding, wording
from stores.queries import store_by_id, store_terms

TITLE_MAX, SUBTITLE_MAX, SKU_MAX = 28, 24, 12
# Of a store's coupons and of its full reductions, so many fit into a text.
OFFERS_MAX = 3


@dataclass(frozen=True)
class Announcement:
    """One text. `findings` are what the rules object to: in the merchant's own words, if at all."""

    key: str
    label: str
    text: str
    findings: tuple[Finding, ...]


def announcements(
    product: ProductPage, *, link: Callable[[str, str], str], now: datetime
) -> tuple[Announcement, ...]:
    """The texts about a product on sale: its group-buy, its flash sales, and the plain goods, as
    far as anything of it can be had; in at most five queries, and what `link` of a kind of page and its
    reference costs."""
    made = []
    if not store_terms(product.store_id).is_open:
        return ()
    goods = ("product", product.public_id)
    offer = campaign_for_product(product.id, now=now)
    left = _group_left(product, offer, now=now) if offer is not None else 0
    if offer is not None and left > 0:
        made.append(("group", _("拼团公告"), _group(product, offer, left=left), goods))
    for terms in flash_for_product(product.id, now=now):
        if terms.left > 0:
            key, page = f"flash-{terms.offer_id}", ("flash", terms.public_id)
            made.append((key, _("秒杀公告"), _flash(product, terms), page))
    if not product.sold_out:
        made.append(("product", _("商品公告"), _plain(product), goods))
    return tuple(
        _announcement(key, label, [*lines, link(*page)]) for key, label, lines, page in made
    )


def store_announcements(
    store_id: int, *, link: Callable[[str, str], str], now: datetime
) -> tuple[Announcement, ...]:
    """The one text about what a store takes off: its coupons to be had and its full reductions that
    run, the soonest to end first; none where there is neither. In four queries, and what `link` costs.
    It leads to the store's page, and that to the coupons: a visit through a link is recorded there."""
    store = store_by_id(store_id)
    if store is None or not store.is_open:
        return ()
    coupons = [_coupon(one) for one in coupons_offered(store_id, now=now) if not one.is_gone]
    reductions = [_reduction(*one) for one in reductions_offered(store_id, now=now)]
    lines = [*coupons[:OFFERS_MAX], *reductions[:OFFERS_MAX]]
    if not lines:
        return ()
    lines = [_title(_("优惠"), store.name), *lines, link("store", store.slug)]
    return (_announcement("store", _("优惠公告"), lines),)


def _announcement(key: str, label: str, lines: Sequence[str]) -> Announcement:
    text = "\n".join(line for line in lines if line)
    return Announcement(key, label, text, tuple(wording({_("公告"): text})))


def _plain(product: ProductPage) -> list[str]:
    said = _("%(price)s，现货 %(left)d 件")
    told = {"price": _price(product), "left": sum(sku.available for sku in product.skus)}
    return [*_head(_("好物"), product), said % told]


def _group(product: ProductPage, offer: OfferCard, *, left: int) -> list[str]:
    group = _("%(people)d 人拼团价 %(price)s 元") % {
        "people": offer.size,
        "price": yuan(offer.from_fen),
    }
    if len(set(offer.prices.values())) > 1:
        group = _("%(price)s起") % {"price": group}
    return [
        *_head(_("拼团"), product),
        _("%(group)s，单独购买 %(alone)s") % {"group": group, "alone": _price(product)},
        _("老朋友可以开团，新朋友可以参团") if offer.deal.newcomers_only else "",
        _("%(until)s 截止，还剩 %(left)d 件") % {"until": _clock(offer.ends_at), "left": left},
    ]


def _flash(product: ProductPage, terms: FlashTerms) -> list[str]:
    goods = shorten(terms.sku_name, SKU_MAX)
    title, _subtitle = _head(_("秒杀"), product)
    said = _("%(goods)s 秒杀价 %(price)s 元")
    if terms.saves:
        said = _("%(goods)s 秒杀价 %(price)s 元，单独购买 %(list)s 元")
    return [
        title,
        said % {"goods": goods, "price": yuan(terms.flash_fen), "list": yuan(terms.list_fen)},
        _("%(from)s 开始，%(until)s 结束，还剩 %(left)d 件，每人限 %(limit)d 件")
        % {
            "from": _clock(terms.starts_at),
            "until": _clock(terms.ends_at),
            "left": terms.left,
            "limit": terms.per_person,
        },
    ]


def _coupon(one: Offered) -> str:
    said = _("%(name)s：%(off)s，%(condition)s，%(scope)s，%(until)s 截止，还剩 %(left)d 张")
    return said % {
        "name": _("%(name)s（新客礼）") % {"name": one.name} if one.to_newcomers else one.name,
        "off": one.worth.headline,
        "condition": one.worth.condition,
        "scope": one.scope,
        "until": _clock(one.take_until),
        "left": one.left,
    }


def _reduction(one: RunningReduction, scope: str) -> str:
    said = _("%(name)s：%(terms)s，%(scope)s，%(until)s 截止")
    told = {"name": one.name, "terms": one.terms, "scope": scope}
    return said % {**told, "until": _clock(one.ends_at)}


def _head(kind: str, product: ProductPage) -> list[str]:
    return [_title(kind, product.title), shorten(product.subtitle, SUBTITLE_MAX)]


def _title(kind: str, title: str) -> str:
    return _("【%(kind)s】%(title)s") % {"kind": kind, "title": shorten(title, TITLE_MAX)}


def _price(product: ProductPage) -> str:
    said = _("%(price)s 元起") if product.price_max_fen > product.price_fen else _("%(price)s 元")
    return said % {"price": yuan(product.price_fen)}


def _group_left(product: ProductPage, offer: OfferCard, *, now: datetime) -> int:
    """Neither more than the campaign gives nor more than there is; nothing where it could fill no
    other group and none is open."""
    if not offer.can_lead and not open_groups(offer.campaign_id, now=now, limit=1):
        return 0
    stock = sum(sku.available for sku in product.skus if sku.id in offer.prices)
    return min(offer.quota_left, stock)


def _clock(at: datetime) -> str:
    local = timezone.localtime(at)
    return _("%(month)d月%(day)d日 %(clock)s") % {
        "month": local.month,
        "day": local.day,
        "clock": f"{local:%H:%M}",
    }
