"""Two clocks: the real one for stamps, and one for waits, that can be sped up and moved on."""

import math
import threading
from datetime import datetime, timedelta

from django.utils import timezone

from simulator.models import Setting

FASTEST, SLOWEST = 1e6, 1e-3
# Years enough for any wait, and never so many that an instant cannot be written any more.
FURTHEST_S = 50 * 366 * 86400
# One process serves, so what it knows is what is stored.
_known: dict[str, float] = {}
_lock = threading.Lock()


def stamp() -> datetime:
    """The real time: what signatures and receipts carry."""
    return timezone.now()


def due_now() -> datetime:
    """The time by which waits are measured."""
    return timezone.now() + timedelta(seconds=_number("offset_s", 0.0))


def after(seconds: float) -> datetime:
    """When something that takes this long will be due."""
    return due_now() + timedelta(seconds=seconds / speed())


def speed() -> float:
    return _number("speed", 1.0)


def speed_set(value: float) -> None:
    """Waits pass this many times faster. Raises ValueError unless it is a sensible number."""
    if not SLOWEST <= value <= FASTEST:
        raise ValueError(f"a speed is between {SLOWEST:g} and {FASTEST:g}")
    with _lock:
        _store("speed", value)


def advance(seconds: float) -> None:
    """Let this much time pass for everything that waits. Raises ValueError: never back, nor far."""
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("time goes forward")
    with _lock:
        value = _load("offset_s", 0.0) + seconds
        if value > FURTHEST_S:
            raise ValueError("that is too far ahead")
        _store("offset_s", value)


def china(at: datetime) -> str:
    """As Tencent writes an instant: 2026-11-23T10:00:00+08:00."""
    return timezone.localtime(at).isoformat(timespec="seconds")


def _number(name: str, otherwise: float) -> float:
    found = _known.get(name)
    if found is not None:
        return found
    with _lock:
        return _load(name, otherwise)


def _load(name: str, otherwise: float) -> float:
    value = Setting.objects.filter(name=name).values_list("value", flat=True).first()
    _known[name] = float(value) if value is not None else otherwise
    return _known[name]


def _store(name: str, value: float) -> None:
    Setting.objects.update_or_create(name=name, defaults={"value": str(value)})
    _known[name] = value
