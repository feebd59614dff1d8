"""What leaves no piece of a flash offer to be had, by name, with what its pages say then."""

from collections.abc import Callable

from campaigns.flash.models import FlashOffer
from campaigns.flash.services import campaign_cancel
from campaigns.flash.tests.factories import over
from catalog.models import Product, Sku
from core import clock
from stores.models import Store


def quota_gone(offer: FlashOffer) -> None:
    FlashOffer.objects.filter(pk=offer.pk).update(sold=offer.quota)


def sold_out(offer: FlashOffer) -> None:
    Sku.objects.filter(pk=offer.sku_id).update(on_hand=0)


def removed(offer: FlashOffer) -> None:
    Sku.objects.filter(pk=offer.sku_id).update(removed_at=clock.now())


def withdrawn(offer: FlashOffer) -> None:
    Product.objects.filter(pk=offer.sku.product_id).update(state="withdrawn")


def lapsed(offer: FlashOffer) -> None:
    Product.objects.filter(pk=offer.sku.product_id).update(on_sale_until=clock.now())


def resting(offer: FlashOffer) -> None:
    Store.objects.filter(pk=offer.store_id).update(is_open=False)


def called_off(offer: FlashOffer) -> None:
    campaign_cancel(campaign_id=offer.campaign_id, now=clock.now())


ENDED = "已经结束"
GONE: dict[str, tuple[Callable[[FlashOffer], None], str]] = {
    "quota gone": (quota_gone, "已抢光"),
    "sold out": (sold_out, "商品暂时售罄"),
    "removed": (removed, "商品已下架"),
    "withdrawn": (withdrawn, "商品已下架"),
    "lapsed": (lapsed, "商品已下架"),
    "resting": (resting, "店铺正在休息"),
    "called off": (called_off, ENDED),
    "over": (over, ENDED),
}
