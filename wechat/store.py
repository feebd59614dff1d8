"""Tokens and tickets shared by every process: fetched once, under a lock, kept in Redis.

The key holds the appid and what it is, never a part of the secret.
"""

import json
import logging
from collections.abc import Callable
from functools import lru_cache

import redis
from django.conf import settings
from redis.exceptions import LockError, RedisError

from core.away import Away
from core.outbound import NoRoom, call_room, time_left_s

log = logging.getLogger(__name__)

# A value is renewed so long before it ends, in seconds; both old and new are good meanwhile.
EARLY = 300
# The lock frees itself when its holder dies; a fetch takes three seconds at most.
LOCK_HELD_S = 10.0

_away = Away()

Fetch = Callable[[], tuple[str, int]]


class StoreUnavailable(Exception):
    """Redis did not answer, or there was no lock or no room for a call to be had in time."""


@lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=0.5)


def shared_get(*, appid: str, what: str, fetch: Fetch, not_this: str = "") -> str:
    """The shared value, fetched by one process when there is none.

    `fetch` returns (value, seconds it lives). `not_this` is a value that Tencent refused: it is
    dropped if it is still the shared one, and fetched anew. Raises StoreUnavailable; what `fetch`
    raises passes through.
    """
    store, key = _redis(settings.CACHE_URL), f"wechat:{appid}:{what}"
    try:
        value = _away.ask(settings.CACHE_URL, lambda: _read(store, key))
        if value and value != not_this:
            return value
        # Whoever waits for a fetch that hangs takes up room as the fetch does.
        with (
            call_room(),
            store.lock(f"{key}:lock", timeout=LOCK_HELD_S, blocking_timeout=time_left_s()),
        ):
            value = _read(store, key)
            if value and value != not_this:
                return value
            value, lives_s = fetch()
            store.set(key, json.dumps(value), ex=max(lives_s - EARLY, lives_s // 2, 1))
            return value
    except (RedisError, LockError, NoRoom) as error:
        log.warning("the shared store did not give %s", what, exc_info=True)
        raise StoreUnavailable(str(error)) from error


def _read(store: redis.Redis, key: str) -> str:
    raw = store.get(key)
    return str(json.loads(raw)) if raw else ""  # type: ignore[arg-type]
