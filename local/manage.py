"""`make manage ARGS="…"`: manage.py with the run's servers, started for it when no run is up."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

from local import environment
from local.install import LOCAL, install
from local.paths import DATA, ROOT, python
from local.run import STATE, is_running
from local.servers import Servers


def main(arguments: list[str]) -> int:
    install(LOCAL)
    with _environment() as env:
        command = [python(), "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=dict(env), check=False).returncode


@contextlib.contextmanager
def _environment() -> Iterator[Mapping[str, str]]:
    if is_running() and STATE.exists():
        yield {**os.environ, **json.loads(STATE.read_text())}
        return
    sys.stderr.write("starting PostgreSQL and Valkey for this command\n")
    with Servers(DATA) as servers:
        yield {**environment.base("development", DATA), **servers.env}
