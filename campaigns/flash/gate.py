"""The gate before an offer: tokens in Valkey, as many as PostgreSQL says are left.

It can only refuse early. Whoever is let in is still decided by PostgreSQL; when Valkey is away,
empty or talks nonsense, everybody is let in. A gate lives for two seconds and is then filled again
from what the next request has read, so a token that got lost with its process is missed no longer.
"""

import logging
from collections.abc import Callable
from functools import lru_cache

import redis
from django.conf import settings
from redis.exceptions import RedisError

from core.away import Away, NotAsked

log = logging.getLogger(__name__)

LIVES_MS = 2000
# `filled` is what was left when the gate was made, `left` the tokens now, `f:…` who holds some.
_ENTER = """
local key, left, wanted, lives = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local holder = 'f:' .. ARGV[4]
local kind = redis.call('TYPE', key)['ok']
if kind == 'hash' and redis.call('HEXISTS', key, holder) == 1 then return 1 end
local ttl = redis.call('PTTL', key)
local filled, tokens
if kind == 'hash' then
    filled = tonumber(redis.call('HGET', key, 'filled'))
    tokens = tonumber(redis.call('HGET', key, 'left'))
end
if not filled or not tokens or ttl < 0 or ttl > lives or left > filled or tokens > filled then
    redis.call('DEL', key)
    redis.call('HSET', key, 'filled', left, 'left', left)
    redis.call('PEXPIRE', key, lives)
    tokens = left
end
if tokens < wanted then return 0 end
redis.call('HINCRBY', key, 'left', -wanted)
redis.call('HSET', key, holder, wanted)
return 1
"""
_LEAVE = """
if redis.call('TYPE', KEYS[1])['ok'] ~= 'hash' then return 0 end
local held = tonumber(redis.call('HGET', KEYS[1], 'f:' .. ARGV[1]))
if not held then return 0 end
redis.call('HDEL', KEYS[1], 'f:' .. ARGV[1])
redis.call('HINCRBY', KEYS[1], 'left', held)
return 1
"""


# A crowd must not wait for one timeout after the other.
_away = Away()


@lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


def gate_key(offer_id: int) -> str:
    return f"flash:gate:{offer_id}"


def gate_enter(*, offer_id: int, left: int, quantity: int, holder: str) -> bool:
    """Whether `holder` (a form key) may go on to PostgreSQL; entering twice takes one token.

    `left` is what the caller has just read there.
    """
    told = _ask(_ENTER, offer_id, left, quantity, LIVES_MS, holder)
    return told != 0


def gate_leave(*, offer_id: int, holder: str) -> None:
    """Nothing came of it: the tokens are somebody else's."""
    _ask(_LEAVE, offer_id, holder)


def gate_forget(*, offer_id: int) -> None:
    """Quota came back: the next request fills the gate anew."""
    _do(lambda store: store.delete(gate_key(offer_id)))


def _ask(script: str, offer_id: int, *arguments: object) -> object:
    return _do(lambda store: store.eval(script, 1, gate_key(offer_id), *map(str, arguments)))


def _do(act: Callable[[redis.Redis], object]) -> object:
    """What Valkey answers; None when it is away."""
    try:
        return _away.ask(settings.CACHE_URL, lambda: act(_redis(settings.CACHE_URL)))
    except NotAsked:
        return None
    except (RedisError, OSError) as error:
        log.warning("the gate is open, Valkey is away: %s", error)
        return None
