"""What there is of a bargain's goods: for whoever launches, and for its launcher."""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from campaigns.bargain.models import Bargain, BargainCampaign
from campaigns.bargain.services import Goods, LaunchRefused, QuotaGone, offer_refusal
from catalog.queries import sku_on_sale


def with_goods(rows: Any, *, now: datetime, to: str = "campaign__") -> Any:
    """With whether the goods of their campaigns may be bought now. `to` leads to the campaign."""
    return rows.annotate(
        on_sale=sku_on_sale(now, f"{to}sku__"), takes_orders=F(f"{to}store__is_open")
    )


def no_launch(campaign: BargainCampaign, row: Any, *, now: datetime) -> LaunchRefused | None:
    """Why nobody could launch one of the campaign now. Needs its SKU, and `with_goods` of the row."""
    sku = campaign.sku
    goods = Goods(sku.available, sku.price_fen, on_sale=row.on_sale, takes_orders=row.takes_orders)
    refusal = offer_refusal(campaign, goods, now=now)
    return refusal or (QuotaGone() if campaign.quota_left < 1 else None)


def sells_alone(bargain: Any) -> bool:
    """Whether anybody may buy its goods at their own price now. Needs what `no_launch` does."""
    return bool(bargain.on_sale and bargain.takes_orders and bargain.campaign.sku.available > 0)


def keeps_piece(bargain: Bargain) -> bool:
    """Whether a piece is there for its launcher. Needs the campaign's SKU."""
    return bool(bargain.reserved_as) and bargain.campaign.sku.removed_at is None


def why_not(bargain: Any) -> str:
    """What keeps its launcher from an order, whatever the price; "" for nothing. That the product is
    withdrawn does not. Needs the campaign's SKU, and `with_goods`."""
    if not bargain.takes_orders:
        return _("店铺正在休息，暂时不能购买；价格照样保留到截止。")
    sku = bargain.campaign.sku
    if sku.removed_at is not None:
        return _("这个规格已经停售，不能再购买。")
    if not keeps_piece(bargain) and sku.available < 1:
        return _("商品暂时售罄，补了货就能购买；价格照样保留到截止。")
    return ""
