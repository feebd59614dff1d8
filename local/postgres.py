"""A PostgreSQL server of our own in a folder, on 127.0.0.1, with a generated password.

Development and tests only. PostgreSQL refuses to run as root; for root see `child.py`.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from local.paths import postgres_bin
from local.ports import HOST, wait_until
from local.problem import Problem
from local.process import HERE, Process
from local.valkey import url_quoted

NOBODY = 65534
USER = DATABASE = "shop"
# What a server that was killed leaves for a moment: its lock file, its memory, its port.
PASSING_TROUBLE = ("lock file", "shared memory", "Address already in use", "already in use")
RETRY_S = 5.0


class Postgres:
    """`folder` is made on the first start. `durable=False` trades crash safety of the *machine*
    for speed (tests); a SIGKILL of the server loses nothing either way."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        password: str,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        log: Path | None = None,
        sink: Callable[[str, str], None] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self.password = password
        self._settings = {
            "listen_addresses": HOST,
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            "log_min_error_statement": "panic",
            **({} if durable else {"fsync": "off", "full_page_writes": "off"}),
            **(settings or {}),
        }
        self._log, self._sink = log, sink
        self._process: Process | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgres://{USER}:{url_quoted(self.password)}@{HOST}:{self.port}/{DATABASE}"

    @property
    def process(self) -> Process:
        """The postmaster."""
        if self._process is None:
            raise Problem("PostgreSQL was never started")
        return self._process

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def launch(self) -> "Postgres":
        """Make the cluster if there is none and start the server; does not wait for it."""
        binaries = postgres_bin()
        user = self._user(binaries)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries, user)
        self._check_version(binaries)
        self._remove_stale_lock()
        argv = [str(binaries / "postgres"), "-D", str(self.data)]
        for name, value in self._settings.items():
            argv += ["-c", f"{name}={value}"]
        self._process = Process(
            "postgres",
            argv,
            env=_environment(),
            log=self._log,
            sink=self._sink,
            cwd=self.folder,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            death_signal=signal.SIGINT,
            user=user,
        ).start()
        return self

    def wait(self, *, timeout_s: float = 60.0) -> "Postgres":
        """Wait until it takes connections; starts again while an old one is still dying."""
        give_up = time.monotonic() + RETRY_S
        while True:
            ended = wait_until(
                lambda: self._ready() or not self.process.running, timeout_s=timeout_s
            )
            if self.process.running and ended:
                return self
            if self.process.running:
                raise Problem(f"PostgreSQL: {timeout_s:.0f} s\n{self.process.tail()}")
            passing = any(text in self.process.tail() for text in PASSING_TROUBLE)
            if not passing or time.monotonic() > give_up:
                raise self.process.died()
            time.sleep(0.2)
            self.launch()

    def start(self) -> "Postgres":
        return self.launch().wait()

    def stop(self, *, patience_s: float = 8.0) -> None:
        if self._process:
            self._process.stop(patience_s=patience_s)

    def kill(self) -> None:
        """SIGKILL the postmaster; its children notice and end by themselves."""
        self.process.kill()

    def _ready(self) -> bool:
        """As pg_ctl knows it: line 8 of postmaster.pid, of the process that we started."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            return False
        ready = len(lines) >= 8 and lines[7].strip() == "ready"
        return ready and lines[0].strip() == str(self.process.pid)

    def _initialise(self, binaries: Path, user: str) -> None:
        """initdb beside the final place, renamed at the end: an interrupted one is thrown away."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        secret = self.folder / "password"
        secret.write_text(self.password + "\n")
        secret.chmod(0o600)
        run = partial(_run_as, user, cwd=self.folder)
        try:
            initdb = [str(binaries / "initdb"), "-D", str(fresh), "-U", USER, "--no-sync"]
            initdb += ["--locale=C.UTF-8", "--encoding=UTF8"]
            run([*initdb, "--auth=scram-sha-256", f"--pwfile={secret}"])
            single = [str(binaries / "postgres"), "--single", "-D", str(fresh), "postgres"]
            run(single, text=f"CREATE DATABASE {DATABASE};\n")
        finally:
            secret.unlink()
        fresh.rename(self.data)

    def _user(self, binaries: Path) -> str:
        """How to be somebody other than root; an existing cluster's owner decides first."""
        if os.geteuid() != 0:
            return "same"
        if self.data.exists() and self.data.stat().st_uid == NOBODY:
            return "nobody"
        self.folder.mkdir(parents=True, exist_ok=True)
        reach = ["sh", "-c", 'test -w "$0" && exec "$1" --version', str(self.folder)]
        works = subprocess.run(
            _as_user("namespace", [*reach, str(binaries / "postgres")]),
            check=False,
            capture_output=True,
        )
        return "namespace" if works.returncode == 0 else "nobody"

    def _check_version(self, binaries: Path) -> None:
        text = subprocess.run(
            [str(binaries / "postgres"), "--version"], check=True, capture_output=True, text=True
        ).stdout
        have = (self.data / "PG_VERSION").read_text().strip()
        if have not in text.replace(".", " ").split():
            raise Problem(
                f"{self.data} 属于 PostgreSQL {have}，现在的程序是 / belongs to PostgreSQL {have},"
                f" the program is: {text.strip()}\n"
                f"换一个 PG_BIN，或删除该目录 / choose another PG_BIN, or remove {self.folder}."
            )

    def _remove_stale_lock(self) -> None:
        """A killed server's lock file names a process id that somebody else may have by now."""
        lock = self.data / "postmaster.pid"
        try:
            pid = lock.read_text().split("\n", 1)[0].strip()
        except OSError:
            return
        try:
            alive_here = Path(f"/proc/{pid}/cwd").readlink() == self.data.resolve()
        except OSError:
            alive_here = False
        if not alive_here:
            lock.unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    """PG* variables of the person's shell would change what the programs do."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**keep, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _as_user(user: str, argv: list[str]) -> list[str]:
    child = [sys.executable, "-I", "-S", str(HERE / "child.py")]
    return [*child, str(os.getpid()), str(int(signal.SIGKILL)), user, "--", *argv]


def _run_as(user: str, argv: list[str], *, cwd: Path, text: str = "") -> None:
    done = subprocess.run(
        _as_user(user, argv),
        check=False,
        input=text,
        cwd=cwd,
        capture_output=True,
        text=True,
        env=_environment(),
    )
    if done.returncode != 0:
        raise Problem(f"{Path(argv[0]).name}:\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
