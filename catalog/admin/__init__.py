"""The merchant's goods: products, their SKUs and photos, and a grid for price and stock.

Prices, stock, photos and states change through services alone, so that history, movements and
checks are never passed by.
"""

from catalog.admin import products, records, skus

__all__ = ["products", "records", "skus"]
