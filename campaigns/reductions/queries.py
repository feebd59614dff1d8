"""Reads of full reductions: which ones run, and what they take off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from campaigns.reductions.models import Reduction
from campaigns.reductions.states import ReductionState
from core.money import yuan
from core.prepared import Prepared

LABEL_LENGTH = 60  # of an order's adjustment

# By hand, because every order reads it (docs/decisions/0002-hot-reads-by-hand.md).
_RUNNING = Prepared(
    "reductions_running",
    """
    SELECT reduction.public_id, reduction.name, reduction.kind, reduction.cap_fen,
        ARRAY(SELECT threshold_fen FROM reductions_reductionstep step
            WHERE step.reduction_id = reduction.id ORDER BY threshold_fen),
        ARRAY(SELECT off_fen FROM reductions_reductionstep step
            WHERE step.reduction_id = reduction.id ORDER BY threshold_fen),
        CASE WHEN reduction.scope = 'all' THEN NULL ELSE ARRAY(
            SELECT sku.id FROM catalog_sku sku JOIN catalog_product product
                ON product.id = sku.product_id
            WHERE sku.id = ANY(%(skus)s) AND (product.id = reduction.product_id
                OR product.category_id = reduction.category_id)
        ) END, reduction.ends_at
    FROM reductions_reduction reduction
    WHERE reduction.store_id = %(store)s AND reduction.state = 'published'
        AND reduction.starts_at <= %(now)s AND reduction.ends_at > %(now)s
    ORDER BY reduction.id
    """,
)


@dataclass(frozen=True)
class Step:
    """From `threshold_fen` on, `off_fen` less."""

    threshold_fen: int
    off_fen: int

    def __str__(self) -> str:
        return _("满 ¥%(from)s 减 ¥%(off)s") % {
            "from": yuan_short(self.threshold_fen),
            "off": yuan_short(self.off_fen),
        }


@dataclass(frozen=True)
class RunningReduction:
    """A campaign that runs now, as an order's discount (`orders.pricing.Discount`)."""

    reference: str
    name: str
    repeats: bool
    cap_fen: int | None
    steps: tuple[Step, ...]
    sku_ids: frozenset[int] | None
    ends_at: datetime
    kind: str = "reduction"

    @property
    def label(self) -> str:
        return f"{self.name}：{self.terms}"[:LABEL_LENGTH]

    @property
    def terms(self) -> str:
        """满 ¥100 减 ¥10，满 ¥200 减 ¥25"""
        if not self.repeats:
            return "，".join(str(step) for step in self.steps)
        text = _("每%(step)s") % {"step": self.steps[0]}
        cap = _("，最多减 ¥%(cap)s") % {"cap": yuan_short(self.cap_fen)} if self.cap_fen else ""
        return text + cap

    def off_fen(self, eligible_fen: int) -> int:
        """What it takes off goods for so much."""
        reached = [step for step in self.steps if step.threshold_fen <= eligible_fen]
        if not reached:
            return 0
        if not self.repeats:
            return reached[-1].off_fen
        off_fen = eligible_fen // reached[0].threshold_fen * reached[0].off_fen
        return off_fen if self.cap_fen is None else min(off_fen, self.cap_fen)


def reductions_running(
    store_id: int, *, sku_ids: Sequence[int], now: datetime
) -> list[RunningReduction]:
    """The store's campaigns of this moment that some of the SKUs are in, in one query."""
    rows = _RUNNING.rows({"store": store_id, "skus": list(sku_ids), "now": now})
    found = [_running(*row) for row in rows]
    return [one for one in found if one.steps and (one.sku_ids is None or one.sku_ids)]


def reductions_offered(store_id: int, *, now: datetime) -> list[tuple[RunningReduction, str]]:
    """The store's campaigns of this moment and what each is for, in words, the soonest to end first;
    two queries."""
    rows = Reduction.objects.filter(
        store_id=store_id, state=ReductionState.PUBLISHED, starts_at__lte=now, ends_at__gt=now
    )
    rows = rows.select_related("category", "product").prefetch_related("steps")
    return [(_offered(row), _scope(row)) for row in rows.order_by("ends_at", "pk")]


def _offered(row: Reduction) -> RunningReduction:
    return RunningReduction(
        reference=row.public_id,
        name=row.name,
        repeats=row.kind == Reduction.Kind.EVERY,
        cap_fen=row.cap_fen,
        steps=tuple(Step(step.threshold_fen, step.off_fen) for step in row.steps.all()),
        sku_ids=None,
        ends_at=row.ends_at,
    )


def _scope(row: Reduction) -> str:
    if row.category is not None:
        return _("限“%(name)s”分类") % {"name": row.category.name}
    if row.product is not None:
        return _("限“%(name)s”") % {"name": row.product.title}
    return _("全店可用")


def _running(ref: str, name: str, kind: str, cap_fen: int | None, *rest: Any) -> RunningReduction:
    thresholds, offs, skus, ends_at = rest
    return RunningReduction(
        reference=ref,
        name=name,
        repeats=kind == Reduction.Kind.EVERY,
        cap_fen=cap_fen,
        steps=tuple(Step(*pair) for pair in zip(thresholds, offs, strict=True)),
        sku_ids=None if skus is None else frozenset(skus),
        ends_at=ends_at,
    )


def yuan_short(fen: int) -> str:
    """Yuan for a sentence, without empty decimals: 1000 → "10", 1250 → "12.50"."""
    return yuan(fen).removesuffix(".00")
