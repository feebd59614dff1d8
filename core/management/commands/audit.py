"""`manage.py audit`: is every fen, every unit of stock and every seat where it should be?"""

from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from core import clock
from core.invariants import audit, invariants


class Command(BaseCommand):
    help = "Check every invariant, read-only; exits 1 and names each row that breaks one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="only these invariants")
        parser.add_argument("--list", action="store_true", help="what is checked, and why")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for one in invariants():
                self.stdout.write(f"{one.name}: {one.because}")
            return
        names = options["names"] or [one.name for one in invariants()]
        if unknown := sorted(set(names) - {one.name for one in invariants()}):
            raise CommandError(f"no such invariant: {', '.join(unknown)}; see audit --list")
        started = monotonic()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            broken = audit(now=clock.now(), names=names)
        for violation in broken:
            self.stdout.write(f"BROKEN {violation.invariant}: {violation.row}: {violation.detail}")
        checked = len(set(names))
        seconds = monotonic() - started
        self.stdout.write(f"audit: {checked} invariants, {len(broken)} broken, {seconds:.1f} s")
        if broken:
            raise SystemExit(1)
