"""The shop's own processes on one machine: simulator, web, three workers, beat."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from local import environment
from local.paths import python
from local.ports import HOST
from local.problem import Problem
from local.process import Process, stop_all

WORKERS = ("worker", "deadlines", "messages")
PARTS = ("simulator", "web", *WORKERS, "beat")
QUIET_WORKER = ["--without-gossip", "--without-mingle", "--without-heartbeat"]


def _port(url: str) -> int:
    """The port that an address names. Raises Problem: a public one says nothing of where to listen."""
    port = urlsplit(url).port
    if port is None:
        raise Problem(f"{url} 没有写明端口 / names no port")
    return port


def commands(*, web_port: int, simulator_port: int, folder: Path) -> dict[str, list[str]]:
    """The command line of each part."""
    run = [python(), "-m"]
    celery = [*run, "celery", "-A", "shop"]
    web = [*run, "granian", "--interface", "wsgi", "shop.wsgi:application"]
    web += ["--host", HOST, "--port", str(web_port), "--workers", "2"]
    worker = [*celery, "worker", *QUIET_WORKER, "--loglevel", "WARNING"]
    return {
        "simulator": [
            *[*run, "simulator", "--host", HOST, "--port", str(simulator_port)],
            *["--data", str(folder / "simulator")],
        ],
        "web": [*web, "--no-ws", "--blocking-threads", "4"],
        "worker": [*worker, "-Q", "default", "-n", "default@%h", "--concurrency", "2"],
        "deadlines": [*worker, "-Q", "deadlines", "-n", "deadlines@%h", "--concurrency", "1"],
        "messages": [*worker, "-Q", "messages", "-n", "messages@%h", "--concurrency", "1"],
        "beat": [
            *[*celery, "beat", "--loglevel", "WARNING", "--pidfile="],
            *["--schedule", str(folder / "beat-schedule")],
        ],
    }


class Stack:
    """Starts, kills and restarts the parts, each always on the same port.

    `env` must hold DATABASE_URL, REDIS_URL, CACHE_URL, SITE_URL and SIMULATOR_URL; ports come from
    the last two. Where SITE_URL is what a proxy answers to, `web_port` says where web listens.
    `database` names another database on the same server (a test database).
    Output goes to `folder/logs/PART.log`, or to `sink`.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        folder: Path,
        database: str | None = None,
        web_port: int | None = None,
        simulator_speed: float | None = None,
        sink: Callable[[str, str], None] | None = None,
    ) -> None:
        self.site_url = env["SITE_URL"]
        self.simulator_url = env["SIMULATOR_URL"]
        addresses = environment.simulated(site_url=self.site_url, simulator_url=self.simulator_url)
        # A person may point development at real WeChat: what is set stays.
        self.env = {**addresses, **env, "PYTHONUNBUFFERED": "1"}
        if database is not None:
            self.env["DATABASE_URL"] = environment.with_database(env["DATABASE_URL"], database)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        web_port = web_port or _port(self.site_url)
        self.web_url = f"http://{HOST}:{web_port}"
        argv = commands(web_port=web_port, simulator_port=_port(self.simulator_url), folder=folder)
        if simulator_speed is not None:
            argv["simulator"] += ["--speed", str(simulator_speed)]
        self.processes = {
            name: Process(
                name,
                argv[name],
                env=self.env,
                log=None if sink else folder / "logs" / f"{name}.log",
                sink=sink,
            )
            for name in PARTS
        }

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    def launch(self, *names: str) -> None:
        """Start parts (all when none is named) without waiting."""
        for name in names or PARTS:
            if name == "beat":
                # A schedule file that was being written when beat was killed cannot be read.
                for file in self.folder.glob("beat-schedule*"):
                    file.unlink()
            self.processes[name].start()

    def wait(self, *names: str, timeout_s: float = 60.0) -> None:
        """Wait until the parts that serve HTTP answer."""
        for name in names or PARTS:
            if name == "simulator":
                self["simulator"].wait_http(f"{self.simulator_url}/", timeout_s=timeout_s)
            if name == "web":
                self["web"].wait_http(f"{self.web_url}/", timeout_s=timeout_s)

    def start(self, *names: str, timeout_s: float = 60.0) -> Self:
        """Start parts, and wait until web and simulator answer."""
        self.launch(*names)
        self.wait(*names, timeout_s=timeout_s)
        return self

    def kill(self, name: str) -> None:
        """SIGKILL a part with its children, as a machine that loses power would."""
        self[name].kill()

    def restart(self, name: str, *, timeout_s: float = 60.0) -> None:
        """Start a part again on its port, stopped or killed before or still running."""
        if self[name].running:
            self[name].stop()
        self.start(name, timeout_s=timeout_s)

    def dead(self) -> Process | None:
        """A part that was started and has ended, if there is one."""
        started = [p for p in self.processes.values() if p.exit_code is not None]
        return started[0] if started else None

    def stop(self) -> None:
        stop_all([self[name] for name in reversed(PARTS)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def from_environment(*, folder: Path, database: str | None = None) -> Stack:
    """The stack that the variables of this process describe (as `make test` sets them)."""
    return Stack(os.environ, folder=folder, database=database)
