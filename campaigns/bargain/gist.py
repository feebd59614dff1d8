"""A bargain in a few words, for telling its launcher about it."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.bargain.models import Bargain
from campaigns.bargain.states import WAITING, BargainState


@dataclass(frozen=True)
class BargainGist:
    """A bargain as a message tells of it. `waits`: it may be helped or bought, no order is placed."""

    id: int
    public_id: str
    store_id: int
    store_name: str
    goods: str
    launcher_id: int
    price_fen: int
    waits: bool
    at_floor: bool
    deadline_at: datetime


def bargain_gist(bargain_id: int) -> BargainGist | None:
    """The bargain of that id, in one query; None for an unknown one."""
    rows = Bargain.objects.select_related("store", "campaign__sku__product")
    bargain = rows.filter(pk=bargain_id).first()
    if bargain is None:
        return None
    sku = bargain.campaign.sku
    return BargainGist(
        id=bargain.pk,
        public_id=bargain.public_id,
        store_id=bargain.store_id,
        store_name=bargain.store.name,
        goods=f"{sku.product.title} {sku.name}",
        launcher_id=bargain.launcher_id,
        price_fen=bargain.pays_fen,
        waits=bargain.state in WAITING,
        at_floor=bargain.state == BargainState.REACHED,
        deadline_at=bargain.deadline_at,
    )
