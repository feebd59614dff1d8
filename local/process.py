"""One child process: started, watched, stopped or killed, never left behind.

Every process leads a group of its own, dies with its starter (`child.py`) and takes its own
children along (`reaper.py`). Start only from the main thread: the kernel's death signal follows
the *thread* that forked.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from local.paths import ROOT
from local.ports import wait_until
from local.problem import Problem

HERE = Path(__file__).resolve().parent
STOP_PATIENCE_S = 1.5
# Straight to the address: a proxy named in the environment has no business on loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class PartDied(Problem):
    """A part ended by itself; carries its name and last lines."""


def wrapped(argv: Sequence[str], *, death: int, user: str = "same") -> list[str]:
    """The command that becomes `argv` and dies with this process."""
    me = [sys.executable, "-I", "-S", str(HERE / "child.py"), str(os.getpid())]
    return [*me, str(int(death)), user, "--", *argv]


class _Reaper:
    """Our end of the pipe to `reaper.py`; one per supervising process."""

    def __init__(self) -> None:
        self._owner = 0
        self._pipe: IO[str] | None = None

    def tell(self, verb: str, group: int) -> None:
        if self._owner != os.getpid():
            argv = [sys.executable, "-I", "-S", str(HERE / "reaper.py")]
            process = subprocess.Popen(
                argv, stdin=subprocess.PIPE, text=True, cwd="/", start_new_session=True
            )
            self._owner, self._pipe = os.getpid(), process.stdin
            atexit.register(self._end, process, os.getpid())
        if self._pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                self._pipe.write(f"{verb} {group}\n")
                self._pipe.flush()

    @staticmethod
    def _end(process: "subprocess.Popen[str]", owner: int) -> None:
        if os.getpid() == owner and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait(timeout=5)


_reaper = _Reaper()


class Process:
    """A named child. Its output goes line by line to `sink`, or to the file `log`."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        log: Path | None = None,
        sink: Callable[[str, str], None] | None = None,
        cwd: Path = ROOT,
        stop_signal: int = signal.SIGTERM,
        death_signal: int = signal.SIGKILL,
        user: str = "same",
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.env = dict(env)
        self.log = log
        self.cwd = cwd
        self.user = user
        self._sink = sink
        self._stop_signal = stop_signal
        self._death_signal = death_signal
        self._popen: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=40)
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The process's id, which is also its group's; of the last start if it ended."""
        if self._popen is None:
            raise Problem(f"{self.name} was never started")
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs or before it was started; negative for a signal."""
        return self._popen.poll() if self._popen else None

    def start(self) -> "Process":
        """Start it; does not wait for it to serve anything."""
        if self.running:
            raise Problem(f"{self.name} is running already")
        if threading.current_thread() is not threading.main_thread():
            raise Problem("start processes from the main thread only")
        argv = wrapped(self.argv, death=self._death_signal, user=self.user)
        self._lines.clear()
        if self.log is not None:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with self.log.open("ab") as out:
                self._popen = self._spawn(argv, out.fileno())
        else:
            self._popen = self._spawn(argv, subprocess.PIPE)
            self._reader = threading.Thread(target=self._read, args=(self._popen,), daemon=True)
            self._reader.start()
        _reaper.tell("add", self._popen.pid)
        return self

    def _spawn(self, argv: list[str], out: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            argv,
            env=self.env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _read(self, popen: "subprocess.Popen[bytes]") -> None:
        for raw in popen.stdout or ():
            line = raw.decode("utf-8", "replace").rstrip()
            self._lines.append(line)
            if self._sink:
                self._sink(self.name, line)

    def tail(self, count: int = 15) -> str:
        """The last lines it wrote."""
        if self.log is not None:
            if not self.log.exists():
                return ""
            with self.log.open("rb") as text:
                text.seek(max(0, self.log.stat().st_size - 16_384))
                lines = text.read().decode("utf-8", "replace").splitlines()
            return "\n".join(lines[-count:])
        if self._reader and not self.running:
            self._reader.join(timeout=0.5)
        return "\n".join(list(self._lines)[-count:])

    def died(self) -> PartDied:
        """The error that says how it ended."""
        code = self.exit_code
        how = f"signal {-code}" if code is not None and code < 0 else f"exit {code}"
        return PartDied(f"{self.name} 已退出 / {self.name} ended ({how}):\n{self.tail()}")

    def wait(self, *, timeout_s: float) -> int:
        """Wait for the end of a command; its exit code."""
        if self._popen is None:
            raise Problem(f"{self.name} was never started")
        try:
            code = self._popen.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Problem(f"{self.name} took longer than {timeout_s:.0f} s") from None
        self._forget()
        return code

    def ask_to_stop(self) -> None:
        """Send the polite signal to the leader, and return at once."""
        if self._popen is not None and self.running:
            self._popen.send_signal(self._stop_signal)

    def stop(self, *, patience_s: float = STOP_PATIENCE_S) -> None:
        """The polite signal, then SIGKILL to whatever is left of the group."""
        self.ask_to_stop()
        self.finish(patience_s=patience_s)

    def finish(self, *, patience_s: float) -> None:
        """Wait for a process that was asked to stop, then SIGKILL what is left of its group."""
        if self._popen is None:
            return
        try:
            self._popen.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self, *, whole: bool = True) -> None:
        """SIGKILL the whole group (or its leader only) and wait for the leader's end."""
        if self._popen is None:
            return
        if whole:
            self.signal(signal.SIGKILL)
        else:
            self._popen.kill()
        self._popen.wait(timeout=10)
        self._forget()

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, SIGSTOP for instance; waits for nothing."""
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def _forget(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, 0)
            return  # somebody of the group is left: the reaper keeps watching
        _reaper.tell("remove", self.pid)

    def wait_for(self, condition: Callable[[], bool], *, what: str, timeout_s: float) -> None:
        """Wait for a condition; if the process ends first, say so with its last lines."""
        if not wait_until(lambda: condition() or not self.running, timeout_s=timeout_s):
            raise Problem(
                f"{self.name}: {what} 超时 / not within {timeout_s:.0f} s:\n{self.tail()}"
            )
        if not self.running:
            raise self.died()

    def wait_http(self, url: str, *, timeout_s: float = 60.0, status: int = 200) -> None:
        """Wait until the URL really answers with that status."""
        self.wait_for(
            lambda: http_status(url) == status, what=f"{url} → {status}", timeout_s=timeout_s
        )


def http_status(url: str) -> int:
    """The status that a GET is answered with; 0 when nobody answers."""
    try:
        with _opener.open(url, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def stop_all(processes: Sequence[Process], *, patience_s: float = STOP_PATIENCE_S) -> None:
    """Stop several at once, so that the slowest sets the time and not the sum."""
    for process in processes:
        process.ask_to_stop()
    wait_until(lambda: not any(p.running for p in processes), timeout_s=patience_s)
    for process in processes:
        process.finish(patience_s=0)
