"""The whole shop as processes of its own, for tests that no single process can make.

The database, the broker and the simulator's books are this module's alone; tests look into them by
SQL and by the simulator's control API, never through the product's code.
"""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2
import requests
from psycopg2.extras import RealDictCursor

from local import environment
from local.paths import postgres_bin
from local.services import WORKERS, Postgres, Stack, Valkey, free_port
from tests.commands import Commands

ROOT = Path(__file__).resolve().parent.parent
WAIT_S = 30.0
SIMULATOR_SPEED = 10.0
PREPARED = "prepared"


@dataclass
class Shop:
    """A running shop."""

    stack: Stack
    database_url: str
    postgres: Postgres | None = None
    valkey: Valkey | None = None
    _commands: Commands | None = field(default=None, repr=False)

    @property
    def site(self) -> str:
        return self.stack.site_url

    @property
    def simulator(self) -> str:
        return self.stack.simulator_url

    def sql(self, text: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of a query, or nothing for a statement; committed at once.

        Waits for a server that a test has just killed.
        """
        give_up = time.monotonic() + WAIT_S
        while True:
            try:
                return self._sql(text, values)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)

    def _sql(self, text: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
                cursor.execute(text, values)
                return [dict(row) for row in cursor.fetchall()] if cursor.description else []
        finally:
            connection.close()

    def value(self, text: str, *values: Any) -> Any:
        """The first column of the first row."""
        return next(iter(self.sql(text, *values)[0].values()))

    @contextmanager
    def row_held(
        self, table: str, value: str | int, *, column: str = "public_id"
    ) -> Iterator[None]:
        """Hold the lock of a row as the shop's own services do: whoever wants it waits."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT 1 FROM {table} WHERE {column} = %s FOR NO KEY UPDATE",
                    [value],
                )
                assert cursor.rowcount == 1, f"no row {value} in {table}"
            yield
        finally:
            connection.close()

    def lock_waiters(self) -> int:
        """How many of the shop's connections wait for a lock."""
        return int(
            self.value(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )

    def control(self, method: str, path: str, **body: Any) -> Any:
        """The simulator's control API."""
        answer = requests.request(
            method, f"{self.simulator}/_control/{path}", json=body or None, timeout=20
        )
        answer.raise_for_status()
        return answer.json()

    def fault(self, operation: str, mode: str, **rule: Any) -> None:
        self.control("POST", "faults", operation=operation, mode=mode, **rule)

    def manage(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """`manage.py` with these arguments, in the shop's environment as it is now."""
        if self._commands is None or self._commands.env != self.stack.env:
            self.close()
            self._commands = Commands(self.stack.env)
        return self._commands.run(arguments, text)

    def close(self) -> None:
        """Nothing is asked of it any more."""
        if self._commands is not None:
            self._commands.close()
            self._commands = None

    def audit(self) -> list[str]:
        """What `manage.py audit` finds, one line each; nothing when all is well."""
        done = self.manage("audit")
        broken = [line for line in done.stdout.splitlines() if line.startswith("BROKEN")]
        ended = f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert re.search(
            rf"^audit: \d+ invariants, {len(broken)} broken", done.stdout, re.MULTILINE
        ), ended
        assert done.returncode == (1 if broken else 0), ended
        return broken

    def password(self, email: str) -> str:
        """A fresh password for somebody of the office."""
        secret = "Zao-yuan-7391"
        code = (
            "from accounts.models import User; "
            f"u = User.objects.get(email='{email}'); u.set_password('{secret}'); u.save()"
        )
        done = self.manage("shell", "-c", code)
        assert done.returncode == 0, done.stderr
        return secret

    def until(self, condition: Callable[[], Any], *, what: str, wait_s: float = WAIT_S) -> Any:
        """Wait until the condition is true; what it said."""
        give_up = time.monotonic() + wait_s
        while not (said := condition()):
            assert time.monotonic() < give_up, f"not within {wait_s:.0f} s: {what}"
            time.sleep(0.2)
        return said

    def group_overdue(self, public_id: str) -> None:
        """The group's deadline and its grace have just passed."""
        self.sql(
            "UPDATE groupbuy_group SET deadline_at = now() - interval '61 seconds', due_at = now() "
            "WHERE public_id = %s",
            public_id,
        )


@contextmanager
def shop_running(
    folder: Path, *, name: str, redis: int, settings: Mapping[str, str] | None = None
) -> Iterator[Shop]:
    """A shop with a fresh database `name`, Redis databases `redis` and `redis` + 1, and these
    `settings` beside the usual ones.

    On ports of its own: the tests' own SIMULATOR_URL must stay silent, or the audit of a unit test
    would compare its rows with this shop's books.
    """
    server, made = os.environ["DATABASE_URL"], _prepared()
    _drop(server, name)
    _admin(server, f'CREATE DATABASE "{name}" TEMPLATE "{PREPARED}"')
    env = {
        **os.environ,
        **_addresses(set()),
        "REDIS_URL": environment.with_database(os.environ["REDIS_URL"], str(redis)),
        "CACHE_URL": environment.with_database(os.environ["REDIS_URL"], str(redis + 1)),
        "MEDIA_ROOT": str(shutil.copytree(made, folder / "media")),
        **(settings or {}),
    }
    _flush(env["REDIS_URL"], env["CACHE_URL"])
    stack = Stack(env, folder=folder, database=name, simulator_speed=SIMULATOR_SPEED)
    with stack:
        _bring_up(stack)
        with closing(Shop(stack, stack.env["DATABASE_URL"])) as shop:
            yield shop
    _drop(server, name)


@contextmanager
def shop_on_own_servers(
    folder: Path, *, settings: Mapping[str, str] | None = None
) -> Iterator[Shop]:
    """A shop whose PostgreSQL and Valkey are its own, to be killed and started again, with these
    `settings` beside the usual ones."""
    taken: set[int] = set()
    secret = "only-for-tests"
    logs = folder / "logs"
    postgres = Postgres(
        folder / "postgres",
        port=free_port(55500, taken=taken),
        password=secret,
        # What a killed process has written is in the kernel's hands; only the machine could lose it.
        settings={"fsync": "off"},
        log=logs / "postgres.log",
    )
    valkey = Valkey(
        folder / "valkey",
        port=free_port(64500, taken=taken),
        password=secret,
        log=logs / "valkey.log",
    )
    try:
        postgres.start()
        valkey.start()
        made = _prepared()
        _copy(environment.with_database(os.environ["DATABASE_URL"], PREPARED), postgres.url)
        env = {
            **os.environ,
            **_addresses(taken),
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url(0),
            "CACHE_URL": valkey.url(1),
            "MEDIA_ROOT": str(shutil.copytree(made, folder / "media")),
            **(settings or {}),
        }
        with Stack(env, folder=folder, simulator_speed=SIMULATOR_SPEED) as stack:
            _bring_up(stack)
            with closing(Shop(stack, postgres.url, postgres, valkey)) as shop:
                yield shop
    finally:
        valkey.stop()
        postgres.stop()


def _addresses(taken: set[int]) -> dict[str, str]:
    return environment.simulated(
        site_url=f"http://127.0.0.1:{free_port(8900, taken=taken)}",
        simulator_url=f"http://127.0.0.1:{free_port(9000, taken=taken)}",
    )


def _bring_up(stack: Stack) -> None:
    stack.start("simulator")
    _prepare(stack.env)
    stack.start("web", *WORKERS, "beat")


@cache
def _prepared() -> Path:
    """The pictures of a shop whose database, `PREPARED`, holds the demo stores. Made once for each
    run: every shop copies it in a second, where making its own would take many."""
    server = os.environ["DATABASE_URL"]
    folder = Path(tempfile.mkdtemp(prefix="prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _drop(server, PREPARED)
    _admin(server, f'CREATE DATABASE "{PREPARED}"')
    _prepare(
        {
            **os.environ,
            "DATABASE_URL": environment.with_database(server, PREPARED),
            "SIMULATOR_URL": "",  # Each shop has a simulator of its own, and makes itself known there.
            "MEDIA_ROOT": str(folder),
        }
    )
    return folder


def _prepare(env: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "local.prepare", "--demo"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _copy(source: str, target: str) -> None:
    """Everything in one database to another, empty one, on whatever server."""
    dump = [str(postgres_bin() / "pg_dump"), "--no-owner", "--no-privileges", source]
    told = subprocess.run(dump, capture_output=True, check=True).stdout
    load = [str(postgres_bin() / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, target]
    subprocess.run(load, input=told, check=True)


def _drop(server: str, name: str) -> None:
    _admin(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _admin(server: str, statement: str) -> None:
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def _flush(*urls: str) -> None:
    import redis

    for url in urls:
        redis.Redis.from_url(url).flushdb()
