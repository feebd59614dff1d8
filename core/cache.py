"""The cache may be gone: a page is then slower, never broken."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

log = logging.getLogger(__name__)

_GONE = (RedisConnectionError, RedisTimeoutError, OSError)


def _soft(name: str, fallback: Callable[..., Any]) -> Any:
    original = getattr(RedisCache, name)

    @wraps(original)
    def method(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except _GONE as error:
            log.warning("the cache is gone: %s: %s", name, error)
            return fallback(*args, **kwargs)

    return method


class SoftRedisCache(RedisCache):
    """Django's Redis cache, for which a lost connection is a miss.

    `add` then says True: whoever asks to be the one to do something does it, possibly beside
    others. Nothing that must be exact lives in a cache.
    """

    # ruff: noqa: ARG005  (the signatures are the cache's own)
    get = _soft("get", lambda key, default=None, version=None: default)
    get_many = _soft("get_many", lambda keys, version=None: {})
    set = _soft("set", lambda *args, **kwargs: None)
    set_many = _soft("set_many", lambda data, *args, **kwargs: list(data))
    add = _soft("add", lambda *args, **kwargs: True)
    touch = _soft("touch", lambda *args, **kwargs: False)
    delete = _soft("delete", lambda *args, **kwargs: False)
    delete_many = _soft("delete_many", lambda *args, **kwargs: None)
    has_key = _soft("has_key", lambda *args, **kwargs: False)
    incr = _soft("incr", lambda key, delta=1, version=None: delta)
    clear = _soft("clear", lambda: False)
