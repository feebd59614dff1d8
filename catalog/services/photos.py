"""A product's photos."""

from typing import IO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.locks import product_lock
from catalog.models import ProductPhoto
from core.photos import photo_decode, photo_store

MAX_PHOTOS = 12


def photo_add(*, product_id: int, upload: IO[bytes], alt: str = "") -> ProductPhoto:
    """Add a photo behind the product's others; the first one is its cover.

    Raises ValidationError, in words for the merchant, when the upload is no usable picture or the
    product has MAX_PHOTOS already. The picture is decoded before anything is locked.
    """
    picture = photo_decode(upload)
    stored = photo_store(picture)
    with transaction.atomic():
        product = product_lock(product_id)
        positions = list(product.photos.values_list("position", flat=True))
        if len(positions) >= MAX_PHOTOS:
            raise ValidationError(
                _("每个商品最多 %(count)d 张图片，请先删除一张。") % {"count": MAX_PHOTOS},
                code="many",
            )
        return ProductPhoto.objects.create(
            store_id=product.store_id,
            product=product,
            image=stored.name,
            width=stored.width,
            height=stored.height,
            alt=alt.strip()[:80],
            position=max(positions, default=-1) + 1,
        )
