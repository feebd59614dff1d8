"""`manage.py bargain_verify brg_…`: did every help take the cut that was sealed at the launch?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.bargain.models import Bargain
from campaigns.bargain.queries import bargain_board, bargain_faults
from core import clock


class Command(BaseCommand):
    help = "Check schedules against commitments, terms and helps; exits 1 if one is unfair."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("public_id", nargs="?")
        which.add_argument("--all", action="store_true", help="every bargain there is, in turn")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = self._all() if options["all"] else self._one(options["public_id"])
        if faults:
            raise SystemExit(1)

    def _one(self, public_id: str) -> int:
        board = bargain_board(public_id, now=clock.now())
        faults = bargain_faults(public_id)
        if board is None or faults is None:
            raise CommandError("no such bargain")
        self.stdout.write(f"bargain {board.public_id}: {board.state}")
        self.stdout.write(f"commitment {board.commitment}")
        # What is sealed stays sealed on a terminal, too, until the bargain has ended.
        self.stdout.write(f"schedule {board.sealed or '(sealed until the end)'}")
        for fault in faults:
            self.stdout.write(f"UNFAIR {fault}")
        self.stdout.write(f"{board.helps} of {board.helpers} helps, {len(faults)} faults")
        return len(faults)

    def _all(self) -> int:
        looked, found = 0, 0
        for ref in Bargain.objects.order_by("pk").values_list("public_id", flat=True).iterator():
            looked += 1
            for fault in bargain_faults(ref) or []:
                found += 1
                self.stdout.write(f"UNFAIR {ref}: {fault}")
        self.stdout.write(f"{looked} bargains, {found} faults")
        return found
