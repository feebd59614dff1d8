"""An HTTP server that answers as WeChat Pay does, or as it should not.

Written from the documents: it checks the request's signature and signs its own answers, and shares
no code with the client.
"""

import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from payments.tests.factories import rsa_key


@dataclass
class Reply:
    """One answer, and what is wrong with it."""

    status: int = 200
    body: dict[str, Any] | None = None
    signed_by: str = "wechat"
    age_s: int = 0
    serial: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@dataclass
class Request:
    method: str
    path: str
    json: dict[str, Any]
    serial: str


class Provider:
    """Gives the queued replies one after another, then `otherwise`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.public_key_id = ""
        self.requests: list[Request] = []
        self.replies: list[Reply] = []
        self.otherwise: Callable[[Request], Reply] = lambda _request: Reply(404, {"code": "NONE"})
        self.unsigned: list[str] = []

    def take(self, request: Request) -> Reply:
        self.requests.append(request)
        return self.replies.pop(0) if self.replies else self.otherwise(request)

    def check(self, method: str, path: str, body: bytes, authorization: str) -> None:
        """The request is signed by the merchant as the documents say."""
        scheme, _, rest = authorization.partition(" ")
        given = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        lines = [method, path, given.get("timestamp", ""), given.get("nonce_str", "")]
        message = ("\n".join(lines) + "\n").encode() + body + b"\n"
        try:
            assert scheme == "WECHATPAY2-SHA256-RSA2048"
            assert abs(time.time() - int(given["timestamp"])) < 300
            rsa_key("merchant").public_key().verify(
                base64.b64decode(given["signature"]),
                message,
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except Exception as error:
            self.unsigned.append(f"{method} {path}: {error!r}")

    def sign(self, reply: Reply, body: bytes) -> dict[str, str]:
        stamp, nonce = str(int(time.time()) - reply.age_s), secrets.token_hex(16)
        message = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = rsa_key(reply.signed_by).sign(message, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Serial": reply.serial or self.public_key_id,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }


@contextmanager
def provider_start() -> Iterator[Provider]:
    """A provider on a free port, in a thread; stopped at the end."""
    server = _Server(("127.0.0.1", 0), _handler_class())
    server.daemon_threads = True
    one = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    server.provider = one  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    # Who comes when this many wait is turned away for a second and more, as by a slow provider.
    request_queue_size = 64


def _handler_class() -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            provider: Provider = self.server.provider  # type: ignore[attr-defined]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            provider.check(self.command, self.path, body, self.headers.get("Authorization", ""))
            reply = provider.take(
                Request(
                    self.command,
                    self.path,
                    json.loads(body) if body else {},
                    self.headers.get("Wechatpay-Serial", ""),
                )
            )
            time.sleep(reply.delay_s)
            answer = b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            headers = {**provider.sign(reply, answer), "Content-Type": "application/json"}
            for name, value in {**headers, **reply.headers}.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            try:
                self.wfile.write(answer)
            except OSError:
                pass  # the client had waited long enough

        do_GET = do_POST = _serve

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Handler
