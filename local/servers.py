"""PostgreSQL and Valkey for one folder: the person's own when the environment names them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from local import environment
from local.ports import free_port
from local.postgres import Postgres
from local.process import Process, stop_all
from local.valkey import Valkey

POSTGRES_PORT, VALKEY_PORT = 54329, 63799


class Servers:
    """Started side by side on `__enter__`; `env` then holds their addresses."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        postgres_settings: dict[str, str] | None = None,
        sink: Callable[[str, str], None] | None = None,
        taken: set[int] | None = None,
    ) -> None:
        secrets = environment.secrets_of(folder)
        taken = taken if taken is not None else set()
        logs = folder / "logs"
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.env: dict[str, str] = {}
        if not os.environ.get("DATABASE_URL"):
            self.postgres = Postgres(
                folder / "postgres",
                port=free_port(POSTGRES_PORT, taken=taken),
                password=secrets["postgres"],
                durable=durable,
                settings=postgres_settings,
                log=None if sink else logs / "postgres.log",
                sink=sink,
            )
            self.env["DATABASE_URL"] = self.postgres.url
        if not os.environ.get("REDIS_URL"):
            self.valkey = Valkey(
                folder / "valkey",
                port=free_port(VALKEY_PORT, taken=taken),
                password=secrets["valkey"],
                log=None if sink else logs / "valkey.log",
                sink=sink,
            )
            self.env["REDIS_URL"], self.env["CACHE_URL"] = self.valkey.url(0), self.valkey.url(1)
        elif not os.environ.get("CACHE_URL"):
            self.env["CACHE_URL"] = environment.with_database(os.environ["REDIS_URL"], "1")

    @property
    def processes(self) -> list[Process]:
        """Those that were started here."""
        started = [self.postgres.process] if self.postgres else []
        return [*started, self.valkey.process] if self.valkey else started

    def __enter__(self) -> Self:
        try:
            if self.valkey:
                self.valkey.launch()
            if self.postgres:
                self.postgres.launch().wait()
            if self.valkey:
                self.valkey.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Both at once; PostgreSQL gets the time to write its checkpoint."""
        started = [self.valkey.process] if self.valkey else []
        if self.postgres and self.postgres.running:
            started.append(self.postgres.process)
        stop_all(started, patience_s=8.0)
