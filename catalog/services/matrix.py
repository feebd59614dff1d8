"""The matrix: every combination of a product's options as a SKU."""

from datetime import datetime
from itertools import product as combinations

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.locks import product_lock
from catalog.models import ProductOption, Sku
from catalog.services.publish import PublishRefused, sku_add, sku_remove

MAX_SKUS = 200
MAX_OPTIONS = 3


def skus_generate(*, product_id: int, by_id: int | None, now: datetime) -> int:
    """Add the SKUs that the product's options lack; how many there were.

    They cost what the product's first SKU costs and have no stock, so nothing is sold before the
    merchant has looked at them. A SKU that already bears a combination's name takes its place.
    Raises PublishRefused without options, without a SKU that has a price, and for more than
    MAX_SKUS combinations.
    """
    with transaction.atomic():
        product = product_lock(product_id)
        options = list(ProductOption.objects.filter(product=product))
        live = list(Sku.objects.filter(product=product, removed_at=None))
        wanted = _combinations(options)
        if not live:
            raise PublishRefused(_("请先添加一个规格并填好价格，其余组合按它的价格生成。"))
        placed = {frozenset(map(tuple, sku.options)): sku for sku in live if sku.options}
        named = {sku.name: sku for sku in live if not sku.options}
        added = 0
        for position, combination in enumerate(wanted):
            name = " ".join(value for _name, value in combination)
            sku = placed.get(frozenset(combination)) or named.get(name)
            if sku is None:
                sku = sku_add(
                    product_id=product_id,
                    name=name,
                    price_fen=live[0].price_fen,
                    position=position,
                    by_id=by_id,
                    now=now,
                )
                added += 1
            place = [list(pair) for pair in combination]
            if sku.options != place:
                sku.options = place
                sku.save(update_fields=["options"])
        return added


def skus_stray(product_id: int) -> list[Sku]:
    """The live SKUs that are none of the combinations of the product's present options: what a
    renamed value or a new option leaves behind, still on sale. None where there are no options."""
    options = list(ProductOption.objects.filter(product_id=product_id))
    if not options:
        return []
    wanted = {frozenset(combination) for combination in _combinations(options)}
    live = Sku.objects.filter(product_id=product_id, removed_at=None)
    return [sku for sku in live if frozenset(map(tuple, sku.options)) not in wanted]


def skus_prune(*, product_id: int, now: datetime) -> int:
    """Stop selling the SKUs that are no combination any more; how many there were.

    Raises PublishRefused when a product on sale would be left without one.
    """
    with transaction.atomic():
        product_lock(product_id)
        return sum(sku_remove(sku_id=sku.pk, now=now) for sku in skus_stray(product_id))


def _combinations(options: list[ProductOption]) -> list[tuple[tuple[str, str], ...]]:
    """In the merchant's own order. Raises PublishRefused for none, or for too many."""
    if not options:
        raise PublishRefused(_("请先填写规格项，例如“颜色：红、黑”。"))
    if len(options) > MAX_OPTIONS:
        raise PublishRefused(_("规格项最多 %(count)d 个。") % {"count": MAX_OPTIONS})
    axes = [[(option.name, value) for value in option.values] for option in options]
    count = 1
    for axis in axes:
        count *= len(axis)
    if count > MAX_SKUS:
        raise PublishRefused(
            _("这些规格项会生成 %(count)d 个组合，最多 %(most)d 个，请减少规格值。")
            % {"count": count, "most": MAX_SKUS}
        )
    return list(combinations(*axes))
