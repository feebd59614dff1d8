"""Power cuts: a part of the shop is killed, and comes back."""

import time

from tests.shop import Shop

SERVERS = ("valkey", "postgres")
DEAD_S = 0.5


def kill(shop: Shop, part: str) -> None:
    """As a power cut would end it: SIGKILL, and it is dead when this returns."""
    if part in SERVERS:
        getattr(shop, part).kill()
    else:
        shop.stack.kill(part)


def start(shop: Shop, part: str) -> None:
    """As an operator would bring it back. From the main thread only."""
    if part in SERVERS:
        getattr(shop, part).start()
    else:
        shop.stack.restart(part)


def kill_and_start(shop: Shop, part: str) -> None:
    kill(shop, part)
    time.sleep(DEAD_S)
    start(shop, part)
