"""Asking before publishing: what was found is read by a person, who answers for it by name."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from guard.models import Acknowledgement
from guard.rules import Finding


def unanswered(*, kind: str, reference: str, findings: Sequence[Finding]) -> bool:
    """Whether somebody has yet to take note of these findings about a campaign."""
    if not findings:
        return False
    known = Acknowledgement.objects.filter(
        kind=kind, reference=reference, mark=findings_mark(findings)
    )
    return not known.exists()


def findings_acknowledge(
    *,
    store_id: int,
    kind: str,
    reference: str,
    findings: Sequence[Finding],
    by_id: int,
    now: datetime,
) -> None:
    """Somebody has read these findings and publishes all the same. Safe to repeat."""
    Acknowledgement.objects.bulk_create(
        [
            Acknowledgement(
                store_id=store_id,
                kind=kind,
                reference=reference,
                mark=findings_mark(findings),
                findings=[asdict(one) for one in findings],
                by_id=by_id,
                given_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def findings_mark(findings: Sequence[Finding]) -> str:
    """What findings are known by: a tick holds for those that were shown with it."""
    told = json.dumps([asdict(one) for one in findings], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
