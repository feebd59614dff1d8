"""The simulator as a process of its own, for tests; and its control API in a few words."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.conf import settings

START_S = 20


@dataclass(frozen=True)
class Simulator:
    """A running simulator."""

    url: str

    def control(self, method: str, path: str, **body: Any) -> Any:
        """One call to the control API; its JSON answer, None when it has none."""
        response = requests.request(
            method, f"{self.url}/_control/{path}", json=body or None, timeout=10
        )
        response.raise_for_status()
        return response.json() if response.content else None

    def fault(self, operation: str, mode: str, *, times: int | None = 1) -> None:
        """Misbehave at the next calls of this operation."""
        self.control("POST", "faults", operation=operation, mode=mode, times=times)

    def faults_clear(self) -> None:
        self.control("DELETE", "faults")

    def person(self, key: str, *, appid: str = "") -> str:
        """Make a person; their openid at our appid."""
        self.control("POST", "people", key=key, nickname=key)
        appid = appid or settings.WECHAT_APPID
        return str(self.control("GET", f"people/{key}/openid?appid={appid}")["openid"])

    def pay(self, mchid: str, out_trade_no: str, *, person: str, result: str = "success") -> None:
        """Somebody pays, without a browser."""
        self.control(
            "POST", "pay", mchid=mchid, out_trade_no=out_trade_no, person=person, result=result
        )

    def books(self, mchid: str) -> dict[str, Any]:
        return dict(self.control("GET", f"books?mchid={mchid}"))


@contextmanager
def simulator_start(directory: Path, *, speed: int = 1) -> Iterator[Simulator]:
    """Run `python -m simulator` on a free port with its data in `directory`; killed at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (directory / "simulator.log").open("w")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulator", "--host", "127.0.0.1", "--port", str(port)),
            *("--data", str(directory / "data"), "--speed", str(speed)),
        ],
        cwd=settings.BASE_DIR,
        env={**os.environ, "APP_ENV": "test"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    running = Simulator(f"http://127.0.0.1:{port}")
    try:
        _wait(running, process, directory / "simulator.log")
        appid, domains = settings.WECHAT_APPID, sorted({settings.SITE_HOST, "testserver"})
        running.control(
            "PUT", f"apps/{appid}", secret=settings.WECHAT_SECRET, name="小店", domains=domains
        )
        yield running
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _wait(running: Simulator, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the simulator ended at once:\n{log.read_text()}")
        try:
            running.control("GET", "people")
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the simulator did not answer within {START_S} s:\n{log.read_text()}")
