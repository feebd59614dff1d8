"""SKUs as orders and campaigns take them: what they cost, how many are left, what holds for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from catalog.models import Fulfilment, ReturnReason, ReturnRule, Sku
from catalog.states import ProductState
from core import clock


@dataclass(frozen=True)
class SkuForSale:
    """A SKU as an order takes it. `photo` is a storage name, or "" when there is none."""

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
    return {sku.id: sku for sku in _skus_for_sale("sku.id = ANY(%s)", list(sku_ids), now)}


def sku_for_sale(public_id: str) -> SkuForSale | None:
    """One SKU by its public id, in one query."""
    return next(iter(_skus_for_sale("sku.public_id = %s", public_id, None)), None)


def skus_by_keys(store_id: int) -> list[SkuForSale]:
    """The store's SKUs that are sold by card keys, in one query."""
    condition = f"sku.store_id = %s AND product.fulfilment = '{Fulfilment.CARD_KEYS.value}'"
    return _skus_for_sale(condition + " AND sku.removed_at IS NULL", store_id, None)


def contents_of(sku_ids: Iterable[int]) -> dict[int, str | None]:
    """The text that a SKU's buyers are given, by SKU, in one query; None for one with card keys."""
    rows = Sku.objects.filter(pk__in=list(sku_ids)).select_related("product")
    return {
        sku.pk: None if sku.product.fulfilment == Fulfilment.CARD_KEYS else sku.content
        for sku in rows
    }


def on_sale_now(prefix: str = "") -> Q:
    """What may be bought at this instant: published, and within its own times."""
    now = clock.now()
    begun = Q(**{f"{prefix}on_sale_from": None}) | Q(**{f"{prefix}on_sale_from__lte": now})
    going = Q(**{f"{prefix}on_sale_until": None}) | Q(**{f"{prefix}on_sale_until__gt": now})
    return Q(**{f"{prefix}state": ProductState.ON_SALE}) & begun & going


# By hand, because every order reads it twice and building it costs more than running it.
_SKUS_FOR_SALE = """
    SELECT sku.id, sku.public_id, sku.store_id, sku.product_id, product.public_id, product.title,
        sku.name, sku.price_fen, sku.on_hand - sku.reserved,
        COALESCE(NULLIF(sku.photo, ''), (
            SELECT photo.image FROM catalog_productphoto photo
            WHERE photo.product_id = sku.product_id ORDER BY photo.position, photo.id LIMIT 1
        ), ''),
        product.state = 'on_sale' AND sku.removed_at IS NULL
            AND (product.fulfilment <> 'content' OR sku.content <> '')
            AND (product.on_sale_from IS NULL OR product.on_sale_from <= %s)
            AND (product.on_sale_until IS NULL OR product.on_sale_until > %s),
        sku.weight_g, sku.volume_cm3, sku.return_rule, product.purchase_limit,
        product.freight_template_id, sku.return_reason, product.fulfilment
    FROM catalog_sku sku JOIN catalog_product product ON product.id = sku.product_id
    WHERE {condition} ORDER BY sku.id
"""


def _skus_for_sale(
    condition: str, value: str | int | list[int], now: datetime | None
) -> list[SkuForSale]:
    now = now or clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_SKUS_FOR_SALE.format(condition=condition), [now, now, value])
        return [SkuForSale(*row) for row in cursor.fetchall()]
