"""A small HTTP load generator: prepared requests over kept connections, counted by status.

One thread for each connection, raw sockets, no parsing beyond status and length, so that what is
measured is the server. The same generator serves both sides of every ratio.
"""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit


@dataclass
class Outcome:
    """What a run did: answers by status, and how long it took."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    refused: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        """Answers for each second."""
        return self.total / self.seconds if self.seconds else 0.0


def get(path: str, host: str) -> bytes:
    """A GET as a phone's browser would send it."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n"
        "User-Agent: Mozilla/5.0 MicroMessenger/8.0\r\nConnection: keep-alive\r\n\r\n"
    ).encode()


def post(path: str, host: str, body: str, cookies: str) -> bytes:
    """A form as a signed-in phone's browser would send it."""
    data = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(data)}\r\nOrigin: http://{host}\r\n"
        "User-Agent: Mozilla/5.0 MicroMessenger/8.0\r\nConnection: keep-alive\r\n\r\n"
    )
    return head.encode() + data


def run(
    url: str, requests: Iterator[bytes], *, connections: int = 8, seconds: float | None = None
) -> Outcome:
    """Send requests until they run out, or until the time is over; what came back."""
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    outcome, lock = Outcome(), threading.Lock()
    start = threading.Barrier(connections + 1)
    until: list[float] = []

    def take() -> bytes | None:
        with lock:
            if seconds is not None and perf_counter() > until[0]:
                return None
            return next(requests, None)

    def work() -> None:
        statuses, refused = _connection(address, take, start)
        with lock:
            outcome.statuses.update(statuses)
            outcome.refused.extend(refused)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    until.append(float("inf"))
    for thread in threads:
        thread.start()
    started = perf_counter()
    until[0] = started + (seconds or 0)
    start.wait()
    for thread in threads:
        thread.join()
    outcome.seconds = perf_counter() - started
    return outcome


def _connection(
    address: tuple[str, int], take: Callable[[], bytes | None], start: threading.Barrier
) -> tuple[Counter[int], list[str]]:
    statuses: Counter[int] = Counter()
    refused: list[str] = []
    with socket.create_connection(address, timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start.wait()
        while (request := take()) is not None:
            connection.sendall(request)
            status, body = _answer(connection)
            statuses[status] += 1
            if status >= 400 and len(refused) < 3:
                refused.append(body[:3000].decode("utf-8", "replace"))
    return statuses, refused


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection")
        data += received
    head, body = data.split(b"\r\n\r\n", 1)
    status = int(head[9:12])
    lower = head.lower()
    at = lower.find(b"content-length:")
    is_chunked = b"chunked" in lower
    length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    # The last chunk may come by itself, and the next answer must not begin with it.
    while not body.endswith(b"0\r\n\r\n") if is_chunked else len(body) < length:
        received = connection.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection")
        body += received
    return status, body
