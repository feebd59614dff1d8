"""The schedule of a bargain: how much each help cuts, drawn at launch and sealed.

Everything here is a pure function of its arguments. A nonce of 32 random bytes is the seed of the
draw and what hides the schedule: its commitment, SHA-256 of the canonical text, is public from the
launch, the text itself when the bargain has ended. Whoever has the text can hash it, add it up and
draw the same schedule again (`static/js/verify.js`, `manage.py bargain_verify`).

A schedule has two rows of cuts. A newcomer takes the next one of the newcomers' row, everybody else
of the ordinary row; who finds the own row used up takes from the other. N helpers use up both, so
the floor is reached whoever they are.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from core.money import split

VERSION = 1
NONCE_BYTES = 32
NEWCOMER, ORDINARY = "newcomer", "ordinary"
# A cut weighs between one and three of these before newcomers' weighting.
_WEIGHT_MIN, _WEIGHT_SPAN = 500, 1001


class TamperedSchedule(Exception):
    """A text that is not the canonical form of a schedule."""


@dataclass(frozen=True)
class Terms:
    """What a schedule is drawn for. `newcomer_weight` is how many times an ordinary cut a newcomer's
    weighs on average; fen, with list_fen − floor_fen ≥ helpers."""

    bargain: str
    list_fen: int
    floor_fen: int
    helpers: int
    newcomer_slots: int
    newcomer_weight: int

    @property
    def total_fen(self) -> int:
        return self.list_fen - self.floor_fen


@dataclass(frozen=True)
class Schedule:
    """The cuts in the order in which they are taken, in fen."""

    terms: Terms
    newcomer: tuple[int, ...]
    ordinary: tuple[int, ...]
    nonce: str

    @property
    def text(self) -> str:
        """The canonical text: JSON with sorted keys and no spaces."""
        return json.dumps(
            {
                "bargain": self.terms.bargain,
                "floor_fen": self.terms.floor_fen,
                "helpers": self.terms.helpers,
                "list_fen": self.terms.list_fen,
                "newcomer": self.newcomer,
                "newcomer_weight": self.terms.newcomer_weight,
                "nonce": self.nonce,
                "ordinary": self.ordinary,
                "version": VERSION,
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    def cut_fen(self, row: str, position: int) -> int:
        """The cut at a position, from 0, of a row."""
        return (self.newcomer if row == NEWCOMER else self.ordinary)[position]


def schedule_draw(terms: Terms, nonce: bytes) -> Schedule:
    """Draw the cuts: each at least 1 fen, together exactly list − floor; same nonce, same cuts.

    Each cut gets 1 fen and a share of the rest by a weight from HMAC-SHA256(nonce, number). Raises
    ValueError for terms that no schedule fits.
    """
    if not 0 <= terms.newcomer_slots <= terms.helpers or terms.helpers < 1:
        raise ValueError("no such number of helpers")
    if terms.floor_fen < 1 or terms.total_fen < terms.helpers or terms.newcomer_weight < 1:
        raise ValueError("less than one fen for each helper")
    weights = [
        _weight(nonce, number) * (terms.newcomer_weight if number < terms.newcomer_slots else 1)
        for number in range(terms.helpers)
    ]
    shares = split(terms.total_fen - terms.helpers, weights)
    cuts = [1 + share for share in shares]
    return Schedule(
        terms=terms,
        newcomer=tuple(cuts[: terms.newcomer_slots]),
        ordinary=tuple(cuts[terms.newcomer_slots :]),
        nonce=nonce.hex(),
    )


def commitment_of(text: str) -> str:
    """What is published at launch: SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def schedule_read(text: str) -> Schedule:
    """The schedule of a canonical text. Raises TamperedSchedule."""
    try:
        told = json.loads(text)
        schedule = Schedule(
            terms=Terms(
                bargain=told["bargain"],
                list_fen=told["list_fen"],
                floor_fen=told["floor_fen"],
                helpers=told["helpers"],
                newcomer_slots=len(told["newcomer"]),
                newcomer_weight=told["newcomer_weight"],
            ),
            newcomer=tuple(told["newcomer"]),
            ordinary=tuple(told["ordinary"]),
            nonce=told["nonce"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise TamperedSchedule("not a schedule") from error
    if schedule.text != text:
        raise TamperedSchedule("not the canonical text")
    return schedule


def row_for(
    *, is_newcomer: bool, newcomer_taken: int, ordinary_taken: int, slots: tuple[int, int]
) -> tuple[str, int]:
    """Which row and position the next help takes; `slots` are the lengths of both rows.

    Raises ValueError when both rows are used up.
    """
    left = {NEWCOMER: slots[0] - newcomer_taken, ORDINARY: slots[1] - ordinary_taken}
    own, other = (NEWCOMER, ORDINARY) if is_newcomer else (ORDINARY, NEWCOMER)
    row = own if left[own] > 0 else other
    if left[row] <= 0:
        raise ValueError("every cut is taken")
    return row, newcomer_taken if row == NEWCOMER else ordinary_taken


@dataclass(frozen=True)
class TakenCut:
    """A help as the schedule sees it. `is_newcomer` is None where it is not known."""

    row: str
    position: int
    cut_fen: int
    is_newcomer: bool | None = None


def schedule_faults(
    text: str, commitment: str, taken: Sequence[TakenCut], *, bargain: str = ""
) -> list[str]:
    """Everything that is wrong with a bargain's schedule and its helps, in order; nothing if fair.

    `bargain` is the public id that the schedule must have been drawn for.
    """
    if commitment_of(text) != commitment:
        return ["the text does not hash to the commitment"]
    try:
        schedule = schedule_read(text)
        again = schedule_draw(schedule.terms, bytes.fromhex(schedule.nonce))
    except (TamperedSchedule, ValueError) as error:
        return [str(error)]
    found = []
    if again != schedule:
        found.append("the nonce draws other cuts")
    if bargain and schedule.terms.bargain != bargain:
        found.append(f"the schedule is of {schedule.terms.bargain}")
    if sum(chain(schedule.newcomer, schedule.ordinary)) != schedule.terms.total_fen:
        found.append("the cuts do not lead to the floor")
    return found + list(_order_faults(schedule, taken))


def _order_faults(schedule: Schedule, taken: Sequence[TakenCut]) -> list[str]:
    counts = {NEWCOMER: 0, ORDINARY: 0}
    slots = (len(schedule.newcomer), len(schedule.ordinary))
    found: list[str] = []
    for number, cut in enumerate(taken, start=1):
        if sum(counts.values()) >= sum(slots):
            return [*found, f"help {number} is one too many"]
        due = (cut.row, counts.get(cut.row, -1))
        if cut.is_newcomer is not None:
            due = row_for(
                is_newcomer=cut.is_newcomer,
                newcomer_taken=counts[NEWCOMER],
                ordinary_taken=counts[ORDINARY],
                slots=slots,
            )
        if (cut.row, cut.position) != due or cut.position >= slots[cut.row == ORDINARY]:
            return [*found, f"help {number} took {cut.row} {cut.position}, not {due[0]} {due[1]}"]
        if schedule.cut_fen(*due) != cut.cut_fen:
            found.append(f"help {number} cut {cut.cut_fen}, not {schedule.cut_fen(*due)}")
        counts[cut.row] += 1
    return found


def _weight(nonce: bytes, number: int) -> int:
    """A whole number from 500 to 1500. Of 256 random bits, so the remainder's bias is nothing."""
    digest = hmac.new(nonce, f"cut {number}".encode(), hashlib.sha256).digest()
    return _WEIGHT_MIN + int.from_bytes(digest, "big") % _WEIGHT_SPAN
