"""Group announcements (群公告): what is on offer, as plain text to paste into a chat group.

The words say what it is, what it costs, until when and how much is left, and never ask to pass
anything on. Bargains have none: WeChat's rules name calling for help with a price in a chat first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.flash.queries import FlashTerms, flash_for_product
from campaigns.groupbuy.joinable import open_groups
from campaigns.groupbuy.queries import OfferCard, campaign_for_product
from catalog.queries import ProductPage
from core.money import yuan
from core.words import shorten
from guard.rules import Finding, wording
from stores.queries import store_terms

TITLE_MAX, SUBTITLE_MAX, SKU_MAX = 28, 24, 12


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


def _head(kind: str, product: ProductPage) -> list[str]:
    title = _("【%(kind)s】%(title)s") % {"kind": kind, "title": shorten(product.title, TITLE_MAX)}
    return [title, shorten(product.subtitle, SUBTITLE_MAX)]


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
