"""Full reductions for tests, made and published through the services."""

from datetime import timedelta
from typing import Any

from campaigns.reductions.models import Reduction, ReductionStep
from campaigns.reductions.services import reduction_publish
from core import clock
from stores.models import Store


def reduction_make(
    store: Store, *steps: tuple[int, int], publish: bool = True, **fields: Any
) -> Reduction:
    """A running campaign of these (threshold, off) pairs in fen; ¥100 − ¥10 unless said otherwise."""
    now = clock.now()
    reduction = Reduction.objects.create(
        **{
            "store": store,
            "name": "秋收满减",
            "starts_at": now - timedelta(hours=1),
            "ends_at": now + timedelta(days=10),
            **fields,
        }
    )
    for threshold_fen, off_fen in steps or [(10000, 1000)]:
        ReductionStep.objects.create(
            store=store, reduction=reduction, threshold_fen=threshold_fen, off_fen=off_fen
        )
    if publish:
        reduction_publish(reduction_id=reduction.pk, now=now)
        reduction.refresh_from_db()
    return reduction
