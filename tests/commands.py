"""`manage.py` for a running shop: one process has Django set up, and forks for each command.

Setting it up takes two seconds of a core, and the tests of a shop give dozens of commands. Each still
has a process, connections and an exit code of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Commands:
    """Gives commands in an environment, one after the other."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self._one_at_a_time = threading.Lock()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.commands"],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: tuple[str, ...], text: str) -> subprocess.CompletedProcess[str]:
        """What `manage.py` says to these arguments and to `text` as its input."""
        assert self._server.stdin is not None and self._server.stdout is not None
        with self._one_at_a_time:
            self._server.stdin.write(json.dumps([arguments, text]) + "\n")
            self._server.stdin.flush()
            told = self._server.stdout.readline()
        assert told, f"nothing gives commands any more: exit {self._server.poll()}"
        code, out, err = json.loads(told)
        return subprocess.CompletedProcess(arguments, code, out, err)

    def close(self) -> None:
        with self._server:
            pass  # Its input is closed, and it ends.


def main() -> None:
    """Read commands from the input, a line each, and answer with what became of each."""
    import django
    from django.urls import get_resolver

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    # What most commands import: their checks ask for it.
    assert get_resolver().url_patterns
    for line in sys.stdin:
        arguments, text = json.loads(line)
        sys.stdout.write(json.dumps(_forked(arguments, text)) + "\n")
        sys.stdout.flush()


def _forked(arguments: list[str], text: str) -> tuple[int, str, str]:
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(text.encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            _become(arguments, given, out, err)
        _, status = os.waitpid(child, 0)
        said = [one.read().decode() for one in (out, err) if one.seek(0) == 0]
        return os.waitstatus_to_exitcode(status), said[0], said[1]


def _become(arguments: list[str], *files: Any) -> None:
    """Be the command, with these files as input, output and errors; never returns."""
    code: Any = 1
    try:
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        # The old one has read ahead what is not this command's.
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", *arguments])
        code = 0
    except SystemExit as ended:
        if isinstance(ended.code, str):
            sys.stderr.write(ended.code)
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
