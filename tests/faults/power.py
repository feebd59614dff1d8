"""Power cuts: a part of the shop is killed, and comes back."""

import time

from local.services import WORKERS
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


def keep_up(shop: Shop) -> None:
    """Start again whatever ended, as whoever runs the shop does (`docs/operations.md`): a worker that
    holds tasks when the broker dies may end itself. From the main thread only."""
    for part in (*WORKERS, "beat"):
        if not shop.stack[part].running:
            shop.stack.launch(part)


def kill_and_start(shop: Shop, part: str) -> None:
    kill(shop, part)
    time.sleep(DEAD_S)
    start(shop, part)
