"""Which deliveries wait for a worker now: two lists in the broker, and a task that empties them.

A task for each fact would cost more than most deliveries do. One is sent only when none is on its
way, and takes whatever it finds, of the list that comes first before the other. All of it is a
hint: what gets lost here, the sweep delivers.
"""

from collections.abc import Iterator, Sequence
from time import monotonic

from django.conf import settings

from core.away import Away
from core.broker import broker

FIRST, WAITING = "deliveries:first", "deliveries:waiting"
ON_ITS_WAY = "deliveries:on-its-way"
# A task that is lost with the broker's memory holds up nudges for so long, in milliseconds.
LOST_AFTER_MS = 2000
# With no worker running a list would grow without end; the oldest are left to the sweep.
KEPT = 20_000
AT_ONCE = 20
# A refund that is handed over waits in the same queue of tasks, behind this one.
TURN_S = 1.0
_away = Away()


def nudge(pks: Sequence[int], *, first: Sequence[int] = ()) -> None:
    """Have these deliveries made soon, those in `first` before any other that waits. Raises what the
    broker's client raises, and NotAsked where it was silent a moment ago."""
    pipe = broker().pipeline(transaction=False)
    for name, waiting in ((FIRST, first), (WAITING, pks)):
        if waiting:
            pipe.rpush(name, *waiting)
            pipe.ltrim(name, -KEPT, -1)
    pipe.set(ON_ITS_WAY, 1, nx=True, px=LOST_AFTER_MS)
    _send(bool(_away.ask(settings.CELERY_BROKER_URL, pipe.execute)[-1]))


def nudged() -> Iterator[int]:
    """What waits, one by one, each for one worker only, for TURN_S; then other tasks have their turn,
    and one for what is left is sent.

    From the first step on a new nudge sends a new task: nothing falls between two.
    """
    store, stop = broker(), monotonic() + TURN_S
    store.delete(ON_ITS_WAY)
    while taken := store.lpop(FIRST, AT_ONCE) or store.lpop(WAITING, AT_ONCE):
        yield from map(int, taken)
        if monotonic() >= stop:
            _send(bool(store.set(ON_ITS_WAY, 1, nx=True, px=LOST_AFTER_MS)))
            return


def _send(is_alone: bool) -> None:
    from core.tasks import deliveries_deliver

    if is_alone:
        deliveries_deliver.delay()
