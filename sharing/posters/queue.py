"""Having a poster drawn by a worker, one drawing at a time."""

import logging
from datetime import datetime

from django.core.cache import cache

from sharing import tasks
from sharing.posters.services import poster_keep
from sharing.posters.spec import PosterSpec

log = logging.getLogger(__name__)

# How long a drawing may take before somebody else may order it; a message nobody took by then is
# dropped.
DRAWING_S = 15


def poster_claim(spec: PosterSpec) -> bool:
    """Whether it is for the caller to order the drawing: nobody else has within DRAWING_S.

    The claim ends by itself. When the cache is away everybody has it: drawn twice, it is the same
    picture.
    """
    try:
        return bool(cache.add(_claim(spec), 1, DRAWING_S))
    except Exception:
        log.warning("the cache cannot say who draws a poster", exc_info=True)
        return True


def poster_unclaim(spec: PosterSpec) -> None:
    """Leave the drawing to somebody else."""
    try:
        cache.delete(_claim(spec))
    except Exception:
        log.warning("the cache cannot forget who draws a poster", exc_info=True)


def poster_order(spec: PosterSpec, *, now: datetime) -> None:
    """Put the drawing on the queue. Without a broker the picture is drawn at once, by whoever asks."""
    try:
        tasks.poster_keep.apply_async((spec.packed(),), expires=DRAWING_S)
    except Exception:
        log.warning("the broker took no poster", exc_info=True)
        poster_keep(spec, now=now)


def _claim(spec: PosterSpec) -> str:
    return f"poster:{spec.key()}"
