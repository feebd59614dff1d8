"""What a tracking service answers, whoever it is."""

from dataclasses import dataclass
from typing import Protocol


class CarrierTrouble(Exception):
    """No answer, a refusal, or nothing known about the parcel; for the log, not for people."""


@dataclass(frozen=True)
class Scan:
    """A line of a parcel's way, as the carrier words it; `at` is its local time as text."""

    at: str
    text: str


@dataclass(frozen=True)
class Tracked:
    """A parcel's way, newest first."""

    delivered: bool
    scans: tuple[Scan, ...]


class Tracker(Protocol):
    """A tracking service."""

    def track(self, *, carrier: str, tracking_no: str, phone: str) -> Tracked:
        """Ask now, three seconds at most; no transaction may be open. `phone` is the recipient's: no
        more of it is told than the carrier has to know. Raises CarrierTrouble."""
