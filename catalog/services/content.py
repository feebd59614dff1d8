"""The text that the buyer of a SKU of virtual goods is given."""

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.locks import product_lock, sku_lock
from catalog.models import Fulfilment, Product, Sku
from catalog.services.publish import PublishRefused
from catalog.states import ProductState


def sku_content_change(*, sku_id: int, content: str) -> None:
    """Write what the buyer is given. Raises PublishRefused as `content_check` does."""
    with transaction.atomic():
        product = product_lock(Sku.objects.values_list("product_id", flat=True).get(pk=sku_id))
        sku = sku_lock(sku_id)
        content_check(product, sku, content)
        sku.content = content
        sku.save(update_fields=["content"])


def content_check(product: Product, sku: Sku, content: str) -> None:
    """Raises PublishRefused for nothing, while the SKU is on sale or somebody waits for it."""
    if content.strip() or product.fulfilment != Fulfilment.CONTENT or sku.removed_at is not None:
        return
    if product.state == ProductState.ON_SALE:
        raise PublishRefused(_("这件商品在售，“交付内容”不能为空；请先下架或停用这个规格。"))
    if sku.reserved:
        raise PublishRefused(_("还有买家等着收这份内容，“交付内容”不能为空。"))
