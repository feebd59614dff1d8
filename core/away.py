"""A cache or a broker that hangs is asked by one of us at a time, and costs nobody else anything.

Each call to a server that says nothing lasts as long as its timeout, and a page makes several: with
one of these at every call's side only the first one waits.
"""

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

T = TypeVar("T")

# After silence nobody asks for so long; then one does, and the others go on without.
AWAY_S = 2.0
SILENCE = (RedisConnectionError, RedisTimeoutError, OSError)


class NotAsked(RedisConnectionError):
    """The server said nothing a moment ago, so nothing was sent: to the caller it is not there."""


class Away:
    """Which servers are away as far as one kind of call is concerned, by this process's own clock."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def ask(self, server: str, act: Callable[[], T]) -> T:
        """What `act` hears from the server. Raises NotAsked while it is away, and what `act` raises."""
        until = self._until.get(server)
        if until is not None:
            if monotonic() < until:
                raise NotAsked("it said nothing a moment ago")
            self._until[server] = monotonic() + AWAY_S
        try:
            answer = act()
        except SILENCE:
            self._until[server] = monotonic() + AWAY_S
            raise
        except Exception:
            self._until.pop(server, None)  # A refusal is an answer.
            raise
        if until is not None:
            self._until.pop(server, None)
        return answer
