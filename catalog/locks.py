"""Every row lock of the catalog, in the order they may be taken: product, then SKUs by id.

FOR NO KEY UPDATE, so that an order's line can refer to a SKU that somebody is editing; only its
reservation waits. The SKUs come last in the house's sequence (`docs/locking.md`). Reserving,
releasing and shipping need no lock of their own: each is one UPDATE that says in its WHERE what
must still be true.
"""

from catalog.models import Product, Sku


def product_lock(product_id: int) -> Product:
    """The product, locked. Raises Product.DoesNotExist."""
    return Product.objects.select_for_update(no_key=True).get(pk=product_id)


def sku_lock(sku_id: int) -> Sku:
    """The SKU, locked. Raises Sku.DoesNotExist."""
    return Sku.objects.select_for_update(no_key=True).get(pk=sku_id)
