"""How much an order line earns: pure arithmetic, in fen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """A share in hundredths of a percent, or so many fen a piece; one of the two."""

    rate_bp: int | None = None
    fixed_fen: int | None = None


def reward_fen(rate: Rate, *, paid_fen: int, quantity: int) -> int:
    """What a line earns that cost `paid_fen` after every discount: rounded down, and never more
    than the line itself."""
    if rate.fixed_fen is not None:
        return min(rate.fixed_fen * quantity, max(paid_fen, 0))
    return max(paid_fen, 0) * (rate.rate_bp or 0) // 10_000
