"""SKUs as orders and campaigns take them: what they cost, how many are left, what holds for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Cast
from django.db.models.lookups import Exact

from catalog.models import Fulfilment, ReturnReason, ReturnRule, Sku
from catalog.states import ProductState
from core import clock
from core.prepared import Prepared


@dataclass(frozen=True)
class SkuForSale:
    """A SKU as an order takes it: of one that was removed none is `available`. `photo` is a storage
    name, or "" when there is none."""

    id: int
    public_id: str
    store_id: int
    product_id: int
    product_public_id: str
    title: str
    name: str
    price_fen: int
    available: int
    photo: str
    on_sale: bool
    weight_g: int | None = None
    volume_cm3: int | None = None
    return_rule: str = ReturnRule.SEVEN_DAYS.value
    purchase_limit: int | None = None
    freight_id: int | None = None
    return_reason: str = ""
    fulfilment: str = Fulfilment.GOODS.value

    @property
    def is_digital(self) -> bool:
        """Nothing is sent: the buyer gets a card key or a text when it is paid."""
        return self.fulfilment != Fulfilment.GOODS

    @property
    def exempt_reason(self) -> str:
        """Why there is no 七天无理由 for it, in words; "" when there is."""
        return reason_words(self.return_reason) if self.return_rule == ReturnRule.EXEMPT else ""

    @property
    def consent_reason(self) -> str:
        """Why the buyer is asked to do without 七天无理由, in words; "" when nobody is asked."""
        if self.return_rule != ReturnRule.EXEMPT or not self.return_reason:
            return ""
        reason = ReturnReason(self.return_reason)
        return str(reason.label) if reason.needs_consent else ""


def reason_words(reason: str) -> str:
    """The law's reason why there is no 七天无理由, in words; "" for none."""
    return str(ReturnReason(reason).label) if reason else ""


def skus_for_sale(sku_ids: Iterable[int], *, now: datetime | None = None) -> dict[int, SkuForSale]:
    """The SKUs by id, in one query; unknown ids are left out.

    `on_sale` says whether product and SKU may be bought at `now` (or at this instant); whether the store is open is for
    `stores.queries.store_terms` to say.
    """
    return {sku.id: sku for sku in _for_sale(_BY_IDS, now, skus=list(sku_ids))}


def sku_for_sale(public_id: str) -> SkuForSale | None:
    """One SKU by its public id, in one query."""
    return next(iter(_for_sale(_BY_PUBLIC_ID, sku=public_id)), None)


def skus_by_keys(store_id: int) -> list[SkuForSale]:
    """The store's SKUs that are sold by card keys, in one query."""
    return _for_sale(_BY_KEYS, store=store_id)


def contents_of(sku_ids: Iterable[int]) -> dict[int, str | None]:
    """The text that a SKU's buyers are given, by SKU, in one query; None for one with card keys."""
    rows = Sku.objects.filter(pk__in=list(sku_ids)).select_related("product")
    return {
        sku.pk: None if sku.product.fulfilment == Fulfilment.CARD_KEYS else sku.content
        for sku in rows
    }


def on_sale_now(prefix: str = "") -> Q:
    """What may be bought at this instant: published, and within its own times."""
    return _on_sale(clock.now(), prefix)


def sku_on_sale(at: datetime | Func, prefix: str = "") -> Q:
    """`SkuForSale.on_sale` at that instant. `prefix` leads to the SKUs."""
    # What is encrypted may only be looked at as text; nothing is kept as nothing.
    text = Cast(F(f"{prefix}content"), TextField())
    delivers = ~Q(**{f"{prefix}product__fulfilment": Fulfilment.CONTENT}) | ~Q(
        Exact(text, Value(""))
    )
    kept = Q(**{f"{prefix}removed_at": None})
    return _on_sale(at, f"{prefix}product__") & kept & delivers


def _on_sale(at: datetime | Func, prefix: str) -> Q:
    begun = Q(**{f"{prefix}on_sale_from": None}) | Q(**{f"{prefix}on_sale_from__lte": at})
    going = Q(**{f"{prefix}on_sale_until": None}) | Q(**{f"{prefix}on_sale_until__gt": at})
    return Q(**{f"{prefix}state": ProductState.ON_SALE}) & begun & going


# By hand, because every order reads it twice (docs/decisions/0002-hot-reads-by-hand.md).
_SKUS_FOR_SALE = """
    SELECT sku.id, sku.public_id, sku.store_id, sku.product_id, product.public_id, product.title,
        sku.name, sku.price_fen,
        CASE WHEN sku.removed_at IS NULL THEN sku.on_hand - sku.reserved ELSE 0 END,
        COALESCE(NULLIF(sku.photo, ''), (
            SELECT photo.image FROM catalog_productphoto photo
            WHERE photo.product_id = sku.product_id ORDER BY photo.position, photo.id LIMIT 1
        ), ''),
        product.state = 'on_sale' AND sku.removed_at IS NULL
            AND (product.fulfilment <> 'content' OR sku.content <> '')
            AND (product.on_sale_from IS NULL OR product.on_sale_from <= %(now)s)
            AND (product.on_sale_until IS NULL OR product.on_sale_until > %(now)s),
        sku.weight_g, sku.volume_cm3, sku.return_rule, product.purchase_limit,
        product.freight_template_id, sku.return_reason, product.fulfilment
    FROM catalog_sku sku JOIN catalog_product product ON product.id = sku.product_id
    WHERE {condition} ORDER BY sku.id
"""
_BY_IDS = Prepared("catalog_skus_by_ids", _SKUS_FOR_SALE.format(condition="sku.id = ANY(%(skus)s)"))
_BY_PUBLIC_ID = Prepared(
    "catalog_sku_by_public_id", _SKUS_FOR_SALE.format(condition="sku.public_id = %(sku)s")
)
_BY_KEYS = Prepared(
    "catalog_skus_by_keys",
    _SKUS_FOR_SALE.format(
        condition=f"sku.store_id = %(store)s AND product.fulfilment = '{Fulfilment.CARD_KEYS.value}'"
        " AND sku.removed_at IS NULL"
    ),
)


def _for_sale(statement: Prepared, now: datetime | None = None, **values: Any) -> list[SkuForSale]:
    return [SkuForSale(*row) for row in statement.rows({**values, "now": now or clock.now()})]
