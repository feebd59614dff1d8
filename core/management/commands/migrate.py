"""`manage.py migrate`: Django's, which lets the shop through while a table is busy, and tries again.

A change to a table waits for whoever reads it, and everybody who comes later waits behind the change.
So it waits for a moment only, is rolled back, and the shop goes on meanwhile. Migrations that are
done stay done; the next try begins with the first that is not.
"""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import OperationalError, connection

from core import clock
from core.busy import is_busy
from core.partitions import partitions_ensure

LOCK_TIMEOUT = "3s"
# Together some minutes: longer than most backups read one table.
TRIES, PAUSE_S = 60, 7.0


class Command(DjangoCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            self._until_done(*args, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
        # So that the first facts of a new database lie in their own month, and not in what is left over.
        if "core_fact" in connection.introspection.table_names():
            partitions_ensure(now=clock.now())

    def _until_done(self, *args: Any, **options: Any) -> None:
        for number in range(1, TRIES + 1):
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                if not is_busy(error):
                    raise
                if number == TRIES:
                    raise CommandError(
                        f"busy {TRIES} times; what is done stays done: {error}"
                    ) from error
                self.stderr.write(f"\nbusy, once more in {PAUSE_S:.0f} s: {error}")
                time.sleep(PAUSE_S)
