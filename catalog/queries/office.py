"""What a merchant's pages ask of the catalog."""

from django.db.models import F

from catalog.models import Product, Sku
from catalog.states import ProductState


def product_texts(product: Product) -> dict[str, str]:
    """What a product's page says, by the name of the field."""
    names = ("title", "subtitle", "description")
    return {
        str(Product._meta.get_field(name).verbose_name): str(getattr(product, name))  # type: ignore[union-attr]
        for name in names
    }


def low_stock_count(store_id: int | None = None) -> int:
    """How many SKUs on sale, of one store or of all, have less left than their own threshold."""
    rows = Sku.objects.filter(removed_at=None, product__state=ProductState.ON_SALE)
    if store_id is not None:
        rows = rows.filter(store_id=store_id)
    return rows.filter(on_hand__lt=F("reserved") + F("low_stock_below")).count()
