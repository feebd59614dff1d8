"""Offers that keep their pieces: when an order of theirs closes unpaid, its stock is theirs again.

Kept in the transaction that closes the order, so that nobody else buys the piece in between; the
offer hears of the order afterwards and says what becomes of it. A keeper gives a name to what is
kept and takes no lock: whoever closes the order holds that already.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """The reservation's reference, one for each order, and what it is for, in words."""

    reference: str
    reason: str


# From an order's `offer_ref` and its id.
Keeper = Callable[[str, int], Kept]

_keepers: dict[str, Keeper] = {}


def keeper_register(kind: str, keeper: Keeper) -> None:
    """From an app's `ready()`: one keeper of a kind of offers."""
    _keepers[kind] = keeper


def kept_of(kind: str, ref: str, order_id: int) -> Kept | None:
    """How an order's stock is kept; None when it is free."""
    keeper = _keepers.get(kind)
    return keeper(ref, order_id) if keeper else None
