"""Everything from outside that the project needs, in its own folder: wheels by hash, npm by lock.

A stamp beside each says what it was made from, so that the second time costs nothing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.paths import DATA, NODE_MODULES, ROOT, VENV
from local.problem import Problem

LOCAL, DEV = "requirements-local.txt", "requirements-dev.txt"


def install(requirements: str = LOCAL) -> None:
    """Bring `.venv` and `node_modules` up to date with the lock files."""
    with _alone():
        npm = shutil.which("npm")
        aside = _Aside(lambda: _node_modules(npm)) if npm else None
        try:
            _venv(requirements)
        finally:
            if aside:
                aside.join()
        if aside:
            aside.check()
        else:
            _node_modules(str(VENV / "bin" / "npm"))


class _Aside(threading.Thread):
    """Work beside the main thread whose error is not lost."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work
        self._error: Problem | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except Problem as error:
            self._error = error

    def check(self) -> None:
        if self._error:
            raise self._error


@contextmanager
def _alone() -> Iterator[None]:
    """`make run` and `make test` may start at the same moment."""
    DATA.mkdir(exist_ok=True)
    with (DATA / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _venv(requirements: str) -> None:
    lock = ROOT / requirements
    wanted = _digest(lock.read_bytes(), sys.version.encode(), str(ROOT).encode())
    # What was made for tests has everything that a run needs.
    stamps = {name: VENV / f".made-{name}" for name in (LOCAL, DEV)}
    dev = _digest((ROOT / DEV).read_bytes(), sys.version.encode(), str(ROOT).encode())
    if _says(stamps[requirements], wanted) or _says(stamps[DEV], dev):
        return
    # Only a whole one has the stamp: one that was broken off, or another Python's, is made anew.
    made, maker = VENV / ".made", _digest(sys.version.encode(), str(ROOT).encode())
    if not _says(made, maker):
        _say("virtual environment")
        _call(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            hint="需要 venv / the venv module is needed (Debian: python3-venv)",
        )
        made.write_text(maker)
    _say(f"packages of {requirements}")
    uv = shutil.which("uv")
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-q"]
    command = [uv, "pip", "install", "-q", "--python", python] if uv else pip
    # The lock names everything, so nothing needs to be resolved.
    _call([*command, "--require-hashes", "--no-deps", "-r", str(lock)])
    stamps[requirements].write_text(wanted)


def _node_modules(npm: str) -> None:
    wanted = _digest((ROOT / "package-lock.json").read_bytes())
    stamp = NODE_MODULES / ".made"
    if _says(stamp, wanted):
        return
    _say("front-end assets")
    env = {**os.environ, "PATH": f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    _call([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], env=env)
    stamp.write_text(wanted)


def _call(argv: Sequence[str], *, hint: str = "", env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        argv, cwd=ROOT, env=env, check=False, capture_output=True, text=True, errors="replace"
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-3000:]
        raise Problem(f"{' '.join(argv[:4])} … : exit {done.returncode}\n{said}\n{hint}".rstrip())


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _says(stamp: Path, text: str) -> bool:
    return stamp.exists() and stamp.read_text() == text


def _say(what: str) -> None:
    print(f"install    | {what}", flush=True)


def main(arguments: list[str]) -> int:
    install(DEV if "dev" in arguments else LOCAL)
    return 0
