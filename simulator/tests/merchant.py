"""A merchant, a shopper and a running simulator, seen from outside.

Signs, verifies and unseals by itself, from the documents: nothing of the simulator is imported, so
that a mistake made there cannot be repeated here.
"""

import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROOT = Path(__file__).resolve().parents[2]
APPID, SECRET = "wx00000000000000aa", "0123456789abcdef0123456789abcdef"
BACK = "http://127.0.0.1:9/back/"
START_S = 20
SHA, PADDING = hashes.SHA256(), padding.PKCS1v15()


@dataclass
class Phone:
    """WeChat as a process of its own."""

    url: str
    process: subprocess.Popen[bytes]
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.http.trust_env = False
        # A kept connection may be closed by the other side in the moment that it is used again.
        self.http.headers["Connection"] = "close"

    def ask(self, method: str, path: str, **body: Any) -> requests.Response:
        return self.http.request(
            method, f"{self.url}/_control/{path}", json=body or None, timeout=20
        )

    def control(self, method: str, path: str, **body: Any) -> Any:
        answer = self.ask(method, path, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        """A call of api.weixin.qq.com; its JSON."""
        answer = self.http.get(f"{self.url}{path}", params=query, timeout=20)
        return json.loads(answer.content.decode("utf-8"))

    def fault(self, operation: str, mode: str, **rule: Any) -> None:
        self.control("POST", "faults", operation=operation, mode=mode, **{"times": 1, **rule})

    def openid(self, key: str, appid: str = APPID) -> str:
        self.control("POST", "people", key=key, nickname=f"{key}的昵称")
        return str(self.control("GET", f"people/{key}/openid?appid={appid}")["openid"])

    def code(self, key: str, scope: str = "snsapi_base") -> str:
        """What a browser of this person's brings back from the authorisation."""
        self.openid(key)
        query = {"appid": APPID, "redirect_uri": BACK, "response_type": "code", "scope": scope}
        url = f"{self.url}/connect/oauth2/authorize?{urlencode(query)}&state=abc#wechat_redirect"
        verb, form = ("get", None) if scope == "snsapi_base" else ("post", {"answer": "allow"})
        answer = requests.request(
            verb,
            url,
            data=form,
            cookies={"sim_person": key},
            allow_redirects=False,
            timeout=20,
        )
        assert answer.status_code == 302, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


@dataclass
class Merchant:
    """A merchant with its keys. Numbers are its own, so tests never meet."""

    phone: Phone
    keys: dict[str, str]

    def __post_init__(self) -> None:
        self.key = serialization.load_pem_private_key(self.keys["private_key"].encode(), None)
        self.public = serialization.load_pem_public_key(self.keys["public_key"].encode())

    @property
    def mchid(self) -> str:
        return self.keys["mchid"]

    def sign(self, *lines: str) -> str:
        message = "".join(f"{line}\n" for line in lines).encode()
        return base64.b64encode(self.key.sign(message, PADDING, SHA)).decode()

    def authorization(self, method: str, path: str, body: str, **other: str) -> str:
        given = {
            "mchid": self.mchid,
            "nonce_str": secrets.token_hex(16),
            "timestamp": str(int(time.time())),
            "serial_no": self.keys["serial_no"],
        } | {k: v for k, v in other.items() if k != "signature"}
        signature = other.get("signature") or self.sign(
            method, path, given["timestamp"], given["nonce_str"], body
        )
        fields = ",".join(f'{k}="{v}"' for k, v in {**given, "signature": signature}.items())
        return f"WECHATPAY2-SHA256-RSA2048 {fields}"

    def send(
        self, method: str, path: str, body: str = "", *, headers: dict[str, str] | None = None
    ) -> requests.Response:
        """One signed call, answered by whatever comes."""
        sent = {
            "Accept": "application/json",
            "Authorization": self.authorization(method, path, body),
        }
        if body:
            sent["Content-Type"] = "application/json"
        return self.phone.http.request(
            method,
            f"{self.phone.url}{path}",
            data=body.encode() or None,
            headers=sent | (headers or {}),
            timeout=20,
        )

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """One signed call; the answer's own signature is checked."""
        answer = self.send(method, path, json.dumps(body, ensure_ascii=False) if body else "")
        self.verify(answer.headers, answer.content)
        return answer

    def verify(self, headers: Any, body: bytes) -> None:
        """Raises when WeChat Pay's key did not sign this, now."""
        assert headers["Wechatpay-Serial"] == self.keys["public_key_id"]
        assert headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
        assert abs(time.time() - int(headers["Wechatpay-Timestamp"])) < 300, "stale"
        start = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode()
        signature = base64.b64decode(headers["Wechatpay-Signature"], validate=True)
        self.public.verify(signature, start + body + b"\n", PADDING, SHA)

    def unsealed(self, notice: dict[str, Any]) -> dict[str, Any]:
        sealed = notice["resource"]
        assert sealed["algorithm"] == "AEAD_AES_256_GCM" and len(sealed["nonce"]) == 12
        text = AESGCM(self.keys["apiv3_key"].encode()).decrypt(
            sealed["nonce"].encode(),
            base64.b64decode(sealed["ciphertext"]),
            sealed["associated_data"].encode(),
        )
        return dict(json.loads(text))

    def order(self, *, openid: str = "", **other: Any) -> dict[str, Any]:
        """What a prepay asks; `other` replaces fields, None takes one away."""
        body: dict[str, Any] = {
            "appid": APPID,
            "mchid": self.mchid,
            "description": "临县红枣 500 克",
            "out_trade_no": f"T{secrets.token_hex(12)}",
            "notify_url": "http://127.0.0.1:9/notify/",
            "amount": {"total": 1250, "currency": "CNY"},
        }
        if openid:
            body["payer"] = {"openid": openid}
        return {k: v for k, v in (body | other).items() if v is not None}

    def jsapi(self, order: dict[str, Any]) -> requests.Response:
        return self.call("POST", "/v3/pay/transactions/jsapi", order)

    def native(self, order: dict[str, Any]) -> requests.Response:
        return self.call("POST", "/v3/pay/transactions/native", order)

    def query(self, number: str) -> requests.Response:
        path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={self.mchid}"
        return self.call("GET", path)

    def close(self, number: str) -> requests.Response:
        path = f"/v3/pay/transactions/out-trade-no/{number}/close"
        return self.call("POST", path, {"mchid": self.mchid})

    def refund(self, order: dict[str, Any], fen: int, **other: Any) -> requests.Response:
        body = {
            "out_trade_no": order["out_trade_no"],
            "out_refund_no": f"R{secrets.token_hex(12)}",
            "amount": {"refund": fen, "total": order["amount"]["total"], "currency": "CNY"},
        } | other
        return self.call("POST", "/v3/refund/domestic/refunds", body)

    def refund_query(self, number: str) -> requests.Response:
        return self.call("GET", f"/v3/refund/domestic/refunds/{number}")

    def pay(self, order: dict[str, Any], person: str = "alice", result: str = "success") -> Any:
        return self.phone.control(
            "POST",
            "pay",
            mchid=self.mchid,
            out_trade_no=order["out_trade_no"],
            person=person,
            result=result,
        )

    def paid(self, **other: Any) -> dict[str, Any]:
        """An order that Alice has paid."""
        order = self.order(openid=self.phone.openid("alice"), **other)
        assert self.jsapi(order).status_code == 200
        self.pay(order)
        return order

    def books(self) -> dict[str, Any]:
        return dict(self.phone.control("GET", f"books?mchid={self.mchid}"))


@dataclass
class Mailbox:
    """Where notices arrive, and how they are answered."""

    url: str
    status: int = 204
    # When set, it answers 401 to what this merchant does not believe.
    careful: Merchant | None = None
    got: list[tuple[float, dict[str, str], bytes]] = field(default_factory=list)

    def wait(self, count: int, *, seconds: float = 8) -> list[dict[str, Any]]:
        """So many notices; fails when they do not come."""
        wait_for(lambda: len(self.got) >= count, seconds=seconds)
        return [json.loads(body) for _at, _headers, body in self.got]

    def good(self, merchant: Merchant) -> list[bool]:
        """Which of them a careful merchant believes."""
        return [_believes(merchant, headers, body) for _at, headers, body in self.got]


def _believes(merchant: Merchant, headers: dict[str, str], body: bytes) -> bool:
    try:
        merchant.verify(headers, body)
    except (InvalidSignature, ValueError, AssertionError):
        return False
    return True


def wait_for(true: Callable[[], object], *, seconds: float = 8) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


@contextmanager
def mailbox_open() -> Iterator[Mailbox]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.got.append((time.monotonic(), dict(self.headers), body))
            heard = box.careful is None or _believes(box.careful, dict(self.headers), body)
            self.send_response(box.status if heard else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box = Mailbox(f"http://127.0.0.1:{server.server_address[1]}/notify/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def port_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def phone_start(data: Path, *options: str) -> Iterator[Phone]:
    """`python -m simulator` on a free port; ended and waited for at the end."""
    port = port_free()
    argv = [sys.executable, "-m", "simulator", "--port", str(port), "--data", str(data), *options]
    log = data.with_suffix(".log")
    with log.open("ab") as out:
        process = subprocess.Popen(
            argv,
            cwd=ROOT,
            env={**os.environ, "APP_ENV": "test"},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    ready = f"simulator ready http://127.0.0.1:{port}/\n"
    try:
        until = time.monotonic() + START_S
        while ready not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.02)
        yield Phone(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            killed(process)


def killed(process: subprocess.Popen[bytes]) -> None:
    """Without a farewell, and its children with it: they would outlive it."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def merchant_new(phone: Phone, mchid: str) -> Merchant:
    phone.control("PUT", f"apps/{APPID}", secret=SECRET, name="小店", domains=["127.0.0.1"])
    return Merchant(phone, phone.control("PUT", f"merchants/{mchid}", name="小店", appids=[APPID]))
