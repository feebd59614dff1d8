"""`manage.py bargain_verify brg_…`: did every help take the cut that was sealed at the launch?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.bargain.queries import bargain_board, bargain_faults
from core import clock


class Command(BaseCommand):
    help = "Check a bargain's schedule against its commitment and its helps; exits 1 if unfair."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("public_id")

    def handle(self, *args: Any, **options: Any) -> None:
        board = bargain_board(options["public_id"], now=clock.now())
        faults = bargain_faults(options["public_id"])
        if board is None or faults is None:
            raise CommandError("no such bargain")
        self.stdout.write(f"bargain {board.public_id}: {board.state}")
        self.stdout.write(f"commitment {board.commitment}")
        # What is sealed stays sealed on a terminal, too, until the bargain has ended.
        self.stdout.write(f"schedule {board.sealed or '(sealed until the end)'}")
        for fault in faults:
            self.stdout.write(f"UNFAIR {fault}")
        self.stdout.write(f"{board.helps} of {board.helpers} helps, {len(faults)} faults")
        if faults:
            raise SystemExit(1)
