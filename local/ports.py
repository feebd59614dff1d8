"""TCP ports on 127.0.0.1."""

import socket
import time
from collections.abc import Callable

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(preferred: int, *, taken: set[int] | None = None) -> int:
    """The preferred port or the next free one; never one in `taken`, which it joins."""
    avoid = taken if taken is not None else set()
    for port in range(preferred, min(preferred + 500, 65536)):
        if port not in avoid and is_free(port):
            avoid.add(port)
            return port
    raise OSError(f"no free port from {preferred} on")


def wait_until(condition: Callable[[], bool], *, timeout_s: float, pause_s: float = 0.03) -> bool:
    """Ask until the answer is yes or the time is over."""
    give_up = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(pause_s)
    return True
