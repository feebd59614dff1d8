"""`make run`: a shop comes up, is alone in its folder, and leaves nothing behind however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.fault

ROOT = Path(__file__).resolve().parent.parent
# As if nobody had set anything: what this test was started with names the tests' own servers.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PG_BIN", "VALKEY_BIN")
UP_S, DOWN_S = 600.0, 60.0


class Run:
    """A `make run` in a folder of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.env = {**kept, "DATA_DIR": str(folder), **variables}
        self.command = [sys.executable, "-m", "local", "run"]
        self.log = folder.with_suffix(".log")
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.env, stdout=out, stderr=subprocess.STDOUT
            )

    def said(self, beginning: str) -> str:
        """The rest of the first line that begins so; empty until there is one."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line[len(beginning) :].strip() for line in lines if beginning in line), "")

    def ready(self) -> str:
        """The address that it says is ready."""
        wait(lambda: self.said("READY ") or self.process.poll() is not None, UP_S, self)
        assert self.process.poll() is None, self.log.read_text()[-4000:]
        return self.said("READY ")

    def left(self) -> dict[int, str]:
        """What runs on behalf of this folder: it is named in the command or the environment."""
        found = {}
        for one in Path("/proc").iterdir():
            if one.name.isdigit() and int(one.name) != os.getpid():
                text = readable(one / "cmdline") + readable(one / "environ")
                if str(self.folder) in text:
                    found[int(one.name)] = readable(one / "cmdline").replace("\0", " ")
        return found


def readable(path: Path) -> str:
    """What a file of a process says; nothing when that has ended."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def wait(condition, seconds: float, run: Run) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"{run.left()}\n{run.log.read_text()[-4000:]}"
        time.sleep(0.1)


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[Run]:
    run = Run(folder, **variables)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGINT)
            run.process.wait(timeout=DOWN_S)


def test_a_run_comes_up_is_alone_and_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    with running(folder) as run:
        site = run.ready()
        answer = requests.get(site, timeout=20)
        assert (answer.status_code, "枣园" in answer.text) == (200, True)
        # PostgreSQL, Valkey, simulator, web, three workers, beat, and the supervisor.
        assert len(run.left()) >= 9
        second = subprocess.run(
            run.command, cwd=ROOT, env=run.env, capture_output=True, text=True, timeout=60
        )
        assert second.returncode == 1
        assert "another make run is up in this folder" in second.stderr
        assert requests.get(site, timeout=20).status_code == 200
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(timeout=DOWN_S) == 0
        wait(lambda: not run.left(), DOWN_S, run)
    # Once more, behind a proxy with a public address: where it listens has nothing to do with that.
    with running(folder, SITE_URL="https://shop.example") as run:
        assert run.ready() == "https://shop.example/"
        assert len(run.left()) >= 9
        run.process.kill()
        run.process.wait()
        wait(lambda: not run.left(), DOWN_S, run)
