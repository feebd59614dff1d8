"""Two clocks: the real one for stamps, and one for waits, that can be sped up and moved on."""

from datetime import datetime, timedelta

from django.utils import timezone

from simulator.models import Setting


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
    """Waits pass this many times faster. Raises ValueError unless positive."""
    if value <= 0:
        raise ValueError("a speed is a positive number")
    Setting.objects.update_or_create(name="speed", defaults={"value": str(value)})


def advance(seconds: float) -> None:
    """Let this much time pass for everything that waits."""
    value = _number("offset_s", 0.0) + seconds
    Setting.objects.update_or_create(name="offset_s", defaults={"value": str(value)})


def china(at: datetime) -> str:
    """As Tencent writes an instant: 2026-11-23T10:00:00+08:00."""
    return timezone.localtime(at).isoformat(timespec="seconds")


def _number(name: str, otherwise: float) -> float:
    value = Setting.objects.filter(name=name).values_list("value", flat=True).first()
    return float(value) if value is not None else otherwise
