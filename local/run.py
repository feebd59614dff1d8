"""`make run`: the whole shop on this machine, until Ctrl-C."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from local import environment
from local.install import LOCAL, install
from local.paths import DATA, ROOT, python
from local.ports import HOST, free_port
from local.problem import Problem
from local.process import Process
from local.servers import Servers
from local.stack import WORKERS, Stack

SITE_PORT, SIMULATOR_PORT = 8000, 8100
STATE = DATA / "run.json"
_printing = threading.Lock()


def say(name: str, line: str) -> None:
    """One line of one part."""
    with _printing:
        sys.stdout.write(f"{name:<10} | {line}\n")
        sys.stdout.flush()


def main(_arguments: list[str]) -> int:
    with only_run(), interruptible():
        started = time.monotonic()
        install(LOCAL)
        taken: set[int] = set()
        site_port = _site_port(taken)
        simulator_port = free_port(SIMULATOR_PORT, taken=taken)
        with Servers(DATA, sink=say, taken=taken) as servers:
            env = {
                **environment.base("development", DATA),
                **servers.env,
                "SITE_URL": os.environ.get("SITE_URL", f"http://{HOST}:{site_port}"),
                "SIMULATOR_URL": f"http://{HOST}:{simulator_port}",
            }
            Path(env["STATIC_ROOT"]).mkdir(parents=True, exist_ok=True)
            with Stack(env, folder=DATA, web_port=site_port, sink=say) as stack:
                _remember(stack.env)
                try:
                    _bring_up(stack)
                    seconds = time.monotonic() - started
                    say("run", f"WeChat simulator {stack.simulator_url}/")
                    say("run", f"office {stack.site_url}/office/   ({seconds:.1f} s)")
                    sys.stdout.write(f"READY {stack.site_url}/\n")
                    sys.stdout.flush()
                    _watch([*servers.processes, *stack.processes.values()])
                except KeyboardInterrupt:
                    say("run", "停止 / stopping")
                finally:
                    STATE.unlink(missing_ok=True)
    return 0


def _bring_up(stack: Stack) -> None:
    """The demo needs the simulator, all others need the tables. The page that somebody waits for has
    the processors for itself: workers take a few seconds more, and lose nothing."""
    stack.launch("simulator")
    prepare(stack.env, "--demo", wait_for=stack)
    stack.start("web", timeout_s=60)
    stack.launch(*WORKERS, "beat")


def prepare(env: Mapping[str, str], *options: str, wait_for: Stack | None = None) -> None:
    """Migrations, translations and, with `--demo`, the demo stores. Raises Problem."""
    if wait_for is not None:
        wait_for.wait("simulator", timeout_s=30)
    done = subprocess.run(
        [python(), "-m", "local.prepare", *options],
        cwd=ROOT,
        env=dict(env),
        check=False,
        capture_output=True,
        text=True,
    )
    for line in done.stdout.splitlines():
        say("prepare", line)
    if done.returncode != 0:
        raise Problem(f"prepare: exit {done.returncode}\n{done.stderr[-4000:]}")


def _watch(processes: list[Process]) -> None:
    """Until Ctrl-C; when a part ends by itself, say so and end the others."""
    while True:
        for process in processes:
            if process.exit_code is not None:
                raise process.died()
        time.sleep(0.3)


def _site_port(taken: set[int]) -> int:
    port = free_port(SITE_PORT, taken=taken)
    if port != SITE_PORT:
        say("run", f"端口 {SITE_PORT} 已被占用，改用 {port} / port {SITE_PORT} is taken: {port}")
    return port


@contextlib.contextmanager
def only_run() -> Iterator[None]:
    """One run in a folder. Raises Problem when there is another."""
    DATA.mkdir(exist_ok=True)
    with (DATA / "run.lock").open("w") as lock:
        if not _locked(lock):
            raise Problem("这个目录里已经有一个 make run / another make run is up in this folder")
        yield


def is_running() -> bool:
    """Whether a `make run` is up in this folder."""
    DATA.mkdir(exist_ok=True)
    with (DATA / "run.lock").open("w") as lock:
        return not _locked(lock)


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal end the run as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    yield


def _remember(env: Mapping[str, str]) -> None:
    """For `make manage` beside a run; readable by its owner only."""
    kept = {name: env[name] for name in env if name not in os.environ}
    fresh = STATE.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(kept))
    fresh.replace(STATE)
