"""The broker as a store: what waits, for whoever empties it."""

from functools import lru_cache

import redis
from django.conf import settings

# A shopper's request waits for it: what hangs is left to sweeps and deadlines.
TIMEOUTS_S = {"socket_timeout": 1, "socket_connect_timeout": 0.5}


def broker() -> redis.Redis:
    """A client of the broker of the settings; one for each address, for all threads."""
    return _client(settings.CELERY_BROKER_URL)


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, **TIMEOUTS_S)
