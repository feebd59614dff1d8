"""Use cases of risk: a store's policy, what was reported, and what is written down."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from risk.models import KEPT_DAYS, RiskAssessment, RiskReport
from risk.reports import ReportKind
from risk.rules import Assessed, Policy

__all__ = ["policy_from", "risk_found", "risk_record", "risk_report", "risks_forget"]


def policy_from(row: Mapping[str, Any] | None) -> Policy:
    """A store's thresholds from its row's columns; the usual ones without a row."""
    if row is None:
        return Policy()
    return Policy(**{field.name: row[field.name] for field in fields(Policy)})


def risk_report(
    kind: ReportKind, *, user_id: int, store_id: int, reference: str, now: datetime
) -> bool:
    """Report something of a person, from an app above; False when it was reported before."""
    made = RiskReport.objects.bulk_create(
        [
            RiskReport(
                user_id=user_id,
                store_id=store_id,
                kind=kind.name,
                reference=reference[:40],
                score=kind.score,
                reported_at=now,
                until=now + kind.lasts,
            )
        ],
        ignore_conflicts=True,
    )
    kept = RiskReport.objects.filter(user_id=user_id, kind=kind.name, reference=reference[:40])
    return bool(made) and kept.filter(reported_at=now).exists()


def risk_found(
    assessed: Assessed, *, store_id: int, user_id: int, order_ref: str, now: datetime
) -> RiskAssessment | None:
    """Which rules fired and what it came to, for its caller to write with rows of its own; None when
    none did."""
    if not assessed.fired:
        return None
    return RiskAssessment(
        store_id=store_id,
        user_id=user_id,
        order_ref=order_ref,
        verdict=assessed.verdict,
        score=assessed.score,
        fired=[asdict(one) for one in assessed.fired],
        assessed_at=now,
    )


def risk_record(
    assessed: Assessed, *, store_id: int, user_id: int, order_ref: str, now: datetime
) -> None:
    """Write that down in the caller's transaction."""
    found = risk_found(assessed, store_id=store_id, user_id=user_id, order_ref=order_ref, now=now)
    if found is not None:
        found.save()


def risks_forget(*, now: datetime) -> int:
    """Delete what is older than half a year; how many rows there were."""
    gone, _rows = RiskAssessment.objects.filter(
        assessed_at__lt=now - timedelta(days=KEPT_DAYS)
    ).delete()
    old, _rows = RiskReport.objects.filter(until__lt=now - timedelta(days=KEPT_DAYS)).delete()
    return gone + old
