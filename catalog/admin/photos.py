"""A product's photos."""

from catalog.models import ProductPhoto
from catalog.services.photos import MAX_PHOTOS
from stores.scoped import ALL, StoreInline


class PhotoInline(StoreInline):
    """A product's photos; the first is its cover."""

    model = ProductPhoto
    platform = owner = clerk = ALL
    fields = ["image", "alt", "position"]
    max_num = MAX_PHOTOS
