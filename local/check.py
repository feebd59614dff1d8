"""`make check`: everything about the code that a machine can judge without running the shop."""

import os
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local import environment
from local.install import DEV, install
from local.paths import DATA, ROOT, VENV, python


@dataclass(frozen=True)
class Judge:
    name: str
    argv: list[str]
    env: Mapping[str, str]


def judges() -> list[Judge]:
    """Every check, the slow ones first."""
    addresses = environment.simulated(
        site_url="http://127.0.0.1:8000", simulator_url="http://127.0.0.1:8100"
    )
    env = {**environment.base("test", DATA / "test"), **addresses}
    # makemigrations asks for a database only to warn about its history.
    env |= {"DATABASE_URL": "postgres://shop@127.0.0.1:1/none", "PYTHONWARNINGS": "ignore"}
    production = environment.strong_production()
    run, manage = str(VENV / "bin"), [python(), "manage.py"]
    return [
        Judge("mypy", [python(), "-m", "mypy"], env),
        Judge(
            "mypy simulator",
            [
                *(python(), "-m", "mypy", "--config-file", "simulator/mypy.ini"),
                # Two at once in one cache trip over each other.
                *("--cache-dir", str(DATA / "mypy-simulator"), "simulator"),
            ],
            {**env, "SIMULATOR_DATA": str(DATA / "test")},
        ),
        Judge("ruff check", [f"{run}/ruff", "check", "."], env),
        Judge("ruff format", [f"{run}/ruff", "format", "--check", "."], env),
        Judge("lint-imports", [f"{run}/lint-imports"], env),
        Judge("migrations", [*manage, "makemigrations", "--check", "--dry-run"], env),
        Judge("system check", [*manage, "check", "--fail-level", "WARNING"], env),
        Judge(
            "deploy check",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            production,
        ),
        Judge("generated docs", [*manage, "docs_build", "--check"], env),
    ]


def main(_arguments: list[str]) -> int:
    install(DEV)
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        results = list(pool.map(_ask, judges()))
    return 0 if all(results) else 1


def _ask(judge: Judge) -> bool:
    done = subprocess.run(
        judge.argv,
        cwd=ROOT,
        env=dict(judge.env),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    good = done.returncode == 0
    print(f"{'ok  ' if good else 'FAIL'} {judge.name}", flush=True)
    if not good:
        print(done.stdout[-6000:], flush=True)
    return good
