"""What is done by itself, and when: the schedule of beat, in China's time.

What is due once a day is so by the clock: beat counts anything else from its own start, and a release
that comes sooner would put it off for ever.
"""

from typing import Any

from celery.schedules import crontab

HOUR_S = 3600.0


def _timer(task: str, schedule: Any, *, expires_s: float, **options: Any) -> dict[str, Any]:
    """A task that is worth nothing any more when nobody took it for so long."""
    return {"task": task, "schedule": schedule, "options": {"expires": expires_s, **options}}


def _hourly(task: str, *, minute: str = "") -> dict[str, Any]:
    schedule = crontab(minute=minute) if minute else HOUR_S
    return _timer(task, schedule, expires_s=HOUR_S / 2)


def _nightly(task: str, hour: str, minute: str) -> dict[str, Any]:
    return _timer(task, crontab(hour=hour, minute=minute), expires_s=HOUR_S)


TIMERS: dict[str, dict[str, Any]] = {
    # A worker's clock may be a little ahead of beat's.
    "deadlines": _timer("core.tasks.deadlines_tick", 1.0, expires_s=10.0, queue="deadlines"),
    "deliveries": _timer("core.tasks.deliveries_sweep", 2.0, expires_s=2.0),
    "bills": _hourly("payments.tasks.bills_fetch"),
    "payers": _hourly("payments.tasks.payers_forget"),
    "people": _hourly("accounts.tasks.people_forget"),
    "partitions": _hourly("core.tasks.partitions_ensure", minute="20"),
    "deliveries-old": _hourly("core.tasks.deliveries_forget", minute="50"),
    "sessions": _nightly("accounts.tasks.sessions_forget", "1", "10"),
    "form_keys": _nightly("core.tasks.form_keys_forget", "1", "25"),
    "guests": _nightly("sharing.tasks.guests_forget", "1", "40"),
    "risks": _nightly("risk.tasks.risks_forget", "2", "10"),
    "posters": _nightly("sharing.tasks.posters_forget", "2", "40"),
    "carts": _nightly("orders.tasks.carts_forget", "3", "10"),
    "notices": _nightly("notices.tasks.notices_purge", "3", "40"),
}
