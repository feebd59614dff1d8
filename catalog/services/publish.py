"""Publishing: what must be there before a product goes on sale, and taking it off again."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.locks import product_lock, sku_lock
from catalog.models import (
    Fulfilment,
    Product,
    ReturnReason,
    ReturnRule,
    Sku,
    StockMovement,
)
from catalog.services.prices import price_check, price_record
from catalog.services.stock import stock_restock
from catalog.states import PRODUCT, ProductState
from freight.queries import unmeasured_words

LAST_SKU = gettext_lazy("在售商品至少要有一个规格；请先下架商品，或添加新规格。")
_DIGITAL = {"return_rule": ReturnRule.EXEMPT, "return_reason": ReturnReason.DIGITAL}


class PublishRefused(Exception):
    """What keeps the product, or the SKU, from it, in words for the merchant."""


def product_publish(*, product_id: int, now: datetime) -> list[str]:
    """Put a product on sale; what would make it sell better, as advice to show the merchant.

    Raises PublishRefused when it has no title or no SKU. A product already on sale stays so.
    """
    with transaction.atomic():
        product = product_lock(product_id)
        if not product.title.strip():
            raise PublishRefused(_("请先填写商品标题，再上架。"))
        if not _live_skus(product).exists():
            raise PublishRefused(_("请至少添加一个规格和价格，再上架。"))
        if product.fulfilment == Fulfilment.CONTENT and any(
            not sku.content.strip() for sku in _live_skus(product)
        ):
            raise PublishRefused(_("请先为每个规格填写“交付内容”，再上架。"))
        PRODUCT.move_row(product, "publish", now=now, changes={"published_at": now})
        return _advice(product)


def product_times_keep(
    *, product_id: int, begins: datetime | None, ends: datetime | None, now: datetime
) -> None:
    """Keep when a product on sale is sold (None: always). One that is not sold at present goes on sale
    anew by it: what it is said to have cost while nobody could buy it is no price."""
    with transaction.atomic():
        product = product_lock(product_id)
        is_sold = (product.on_sale_from is None or product.on_sale_from <= now) and (
            product.on_sale_until is None or product.on_sale_until > now
        )
        product.on_sale_from, product.on_sale_until = begins, ends
        if product.published_at is not None and not is_sold:
            product.published_at = now
        product.save(update_fields=["on_sale_from", "on_sale_until", "published_at"])


def product_withdraw(*, product_id: int, now: datetime) -> bool:
    """Take a product off sale; orders and open groups go on. False when it was not on sale."""
    with transaction.atomic():
        return PRODUCT.move_row(product_lock(product_id), "withdraw", now=now)


def fulfilment_check(*, product_id: int, fulfilment: str) -> None:
    """Raises PublishRefused when a product may not be delivered another way any more: what was
    sold keeps its way, stock that was typed in has no keys, and what is on sale has a text."""
    skus = Sku.objects.filter(product_id=product_id)
    if StockMovement.objects.filter(sku__in=skus, kind=StockMovement.Kind.RESERVE).exists():
        raise PublishRefused(_("这件商品已经有订单，不能再改交付方式；请新建一个商品。"))
    if fulfilment == Fulfilment.CARD_KEYS and skus.filter(on_hand__gt=0).exists():
        raise PublishRefused(_("改成卡密前，请先把所有规格的库存改为 0，再导入卡密。"))
    on_sale = skus.filter(removed_at=None, product__state=ProductState.ON_SALE)
    if fulfilment == Fulfilment.CONTENT and any(not sku.content.strip() for sku in on_sale):
        raise PublishRefused(_("这件商品在售：请先为每个规格填写“交付内容”，或先下架。"))
    if skus.filter(product__fulfilment=Fulfilment.CARD_KEYS, on_hand__gt=0).exists():
        raise PublishRefused(_("还有没卖出的卡密，请先作废它们，再改交付方式。"))


def sku_add(
    *,
    product_id: int,
    name: str,
    price_fen: int,
    now: datetime,
    on_hand: int = 0,
    position: int = 0,
    by_id: int | None = None,
) -> Sku:
    """A new SKU of a product, with its first stock and the first line of its price history.

    What is delivered on a screen starts as exempt from 七天无理由, as the law has it; virtual goods
    are not sold before their text is there. Raises PriceRefused, StockRefused, PublishRefused (no name).
    """
    if not name.strip():
        raise PublishRefused(_("请填写规格名，例如“500g 装”。"))
    price_check(price_fen)
    with transaction.atomic():
        product = product_lock(product_id)
        sku = Sku.objects.create(
            store_id=product.store_id,
            product=product,
            name=name.strip()[:40],
            price_fen=price_fen,
            position=position,
            **(_DIGITAL if product.fulfilment != Fulfilment.GOODS else {}),
        )
        price_record(sku, None, by_id=by_id, now=now)
        if on_hand:
            stock_restock(
                sku_id=sku.pk, quantity=on_hand, reason=_("初始库存"), by_id=by_id, now=now
            )
            sku.refresh_from_db(fields=["on_hand"])
        return sku


def sku_remove(*, sku_id: int, now: datetime) -> bool:
    """Stop selling a SKU; its orders, stock and movements stay. False when it was removed before.

    Raises PublishRefused for the last SKU of a product on sale.
    """
    with transaction.atomic():
        product = product_lock(Sku.objects.values_list("product_id", flat=True).get(pk=sku_id))
        sku = sku_lock(sku_id)
        if sku.removed_at is not None:
            return False
        if (
            product.state == ProductState.ON_SALE
            and not _live_skus(product).exclude(pk=sku_id).exists()
        ):
            raise PublishRefused(LAST_SKU)
        sku.removed_at = now
        sku.save(update_fields=["removed_at"])
        return True


def _live_skus(product: Product) -> QuerySet[Sku]:
    return Sku.objects.filter(product=product, removed_at=None)


def _advice(product: Product) -> list[str]:
    advice = []
    if not product.photos.exists():
        advice.append(_("还没有商品图片：有图的商品更容易卖出去。"))
    if not any(sku.available for sku in _live_skus(product)):
        advice.append(_("所有规格库存为 0：买家会看到“已售罄”。"))
    if not product.description.strip():
        advice.append(_("还没有商品详情：写清产地、规格和发货时间，买家更放心。"))
    return [*advice, *freight_advice(product)]


def freight_advice(product: Product) -> list[str]:
    """Which SKUs lack what the product's freight template counts by."""
    template = product.freight_template
    words = unmeasured_words(template, product_id=product.pk) if template else ""
    return [words] if words else []
