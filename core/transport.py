"""The broker as Celery reaches it: kombu's Redis transport, from which workers outlive their broker.

kombu 5.7 closes a lost connection by giving back what the worker has not acknowledged, and the worker
acknowledges it later, over the channel that it came by. Neither asks whether that channel's connection
is gone: the `AttributeError` that comes of it is no connection error to Celery, so the worker ends
instead of connecting again. `core/tests/test_transport.py` fails once kombu says it itself.
"""

from typing import Any

import redis
from kombu.transport.redis import Channel as RedisChannel
from kombu.transport.redis import Transport as RedisTransport


class Channel(RedisChannel):
    """A channel that cannot be used any more says so as a lost connection does."""

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        """What a pool of connections is made with.

        Raises redis.ConnectionError when the channel's connection is closed.
        """
        if self.connection is None or self.connection.client is None:
            raise redis.ConnectionError("the channel's connection is closed")
        made: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]
        return made


class Transport(RedisTransport):
    Channel = Channel
