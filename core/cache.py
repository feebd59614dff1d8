"""The cache may be gone, full, or hang: a page is then slower, never broken."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from core.away import Away, NotAsked

log = logging.getLogger(__name__)

# A server that answers may still refuse: it is full (OutOfMemoryError), or a replica now.
_GONE = (RedisConnectionError, RedisTimeoutError, ResponseError, OSError)
# Of all threads, each of which has a cache object of its own.
_away = Away()


def _soft(name: str, fallback: Callable[..., Any]) -> Any:
    original = getattr(RedisCache, name)

    @wraps(original)
    def method(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            server: str = self._servers[0]  # type: ignore[attr-defined]
            return _away.ask(server, lambda: original(self, *args, **kwargs))
        except NotAsked:
            return fallback(*args, **kwargs)
        except _GONE as error:
            log.warning("the cache is of no use: %s: %s", name, error)
            return fallback(*args, **kwargs)

    return method


class _KeptClient(RedisCacheClient):
    """Django's makes a new client for each call, which costs several times what the call does. A
    client holds nothing but its pool, so that one for each server will do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[Any, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]
        if pool not in self._clients:
            self._clients[pool] = self._client(connection_pool=pool)  # type: ignore[attr-defined]
        return self._clients[pool]


class SoftRedisCache(RedisCache):
    """Django's Redis cache, for which a lost connection or a refusal is a miss.

    `add` then says True: whoever asks to be the one to do something does it, possibly beside
    others. Nothing that must be exact lives in a cache.
    """

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _KeptClient

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
