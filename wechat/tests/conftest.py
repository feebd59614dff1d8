import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis


@dataclass
class Asked:
    path: str
    query: dict[str, str]
    json: dict[str, Any]


@dataclass
class Tencent:
    """An HTTP server with Tencent's answers: `answers[path]` is a list, its last one repeats."""

    url: str = ""
    answers: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    delay_s: float = 0.0

    def says(self, path: str, *answers: Any) -> None:
        self.answers[path] = list(answers)

    def count(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)


@pytest.fixture
def tencent(settings) -> Iterator[Tencent]:
    """A stand-in that the settings point at; the shared token store is empty."""
    told = Tencent()
    wake = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            where = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            query = {name: values[0] for name, values in parse_qs(where.query).items()}
            told.asked.append(Asked(where.path, query, body))
            if told.delay_s:
                wake.wait(told.delay_s)
            waiting = told.answers.get(where.path, [{"errcode": 40066, "errmsg": "invalid url"}])
            given = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            payload = given if isinstance(given, bytes) else json.dumps(given).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = answer

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    settings.WECHAT_API_URL = settings.WECHAT_OPEN_URL = told.url
    settings.WECHAT_APPID, settings.WECHAT_SECRET = "wx00000000000000aa", "s" * 32
    redis.Redis.from_url(settings.CACHE_URL).flushdb()
    yield told
    wake.set()
    server.shutdown()
    server.server_close()
