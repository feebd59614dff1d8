"""What sending costs: pure arithmetic on integers, in fen, pieces, grams and cubic centimetres."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class By(StrEnum):
    """What a tariff counts."""

    PIECE = "piece"
    WEIGHT = "weight"
    VOLUME = "volume"


@dataclass(frozen=True)
class Tier:
    """The first so many units cost `first_fen`, every further `step` of them, begun or full,
    `step_fen`."""

    first: int
    first_fen: int
    step: int
    step_fen: int

    def fee_fen(self, units: int) -> int:
        """Raises ValueError for a negative number of units; none cost nothing."""
        if units < 0:
            raise ValueError("nothing weighs less than nothing")
        if units == 0:
            return 0
        steps = -(-max(units - self.first, 0) // self.step)
        return self.first_fen + steps * self.step_fen

    def most_fen(self, units: int) -> int:
        """The most that so many units add, alone or to others."""
        return max(self.fee_fen(units), -(-units // self.step) * self.step_fen)


@dataclass(frozen=True)
class Area:
    """Provinces, by their codes, and what sending there costs; no tier where nothing is sent."""

    provinces: frozenset[str]
    tier: Tier | None


@dataclass(frozen=True)
class Load:
    """So many of one SKU, each of this weight and volume, 0 for what nobody weighed; `amount_fen`
    is what they cost after every discount."""

    quantity: int
    weight_g: int
    volume_cm3: int
    amount_fen: int


@dataclass(frozen=True)
class Tariff:
    """A freight template as it is computed with.

    `elsewhere` is for every province that no area names, None where nothing is sent. Sending is free
    from `free_over_fen` worth of goods or `free_over_count` pieces on, where something is sent at all.
    """

    by: By
    elsewhere: Tier | None
    areas: tuple[Area, ...] = ()
    free_over_fen: int | None = None
    free_over_count: int | None = None

    def tier(self, province: str) -> Tier | None:
        """What holds for a province's code; None where nothing is sent."""
        named = (area for area in self.areas if province in area.provinces)
        return next((area.tier for area in named), self.elsewhere)

    def serves(self, province: str) -> bool:
        return self.tier(province) is not None

    def fee_fen(self, province: str, loads: Sequence[Load]) -> int:
        """What sending these together costs. Raises NotServed where nothing is sent."""
        tier = self.tier(province)
        if tier is None:
            raise NotServed(province)
        if self._is_free(loads):
            return 0
        return tier.fee_fen(sum(self._units(load, tier) for load in loads))

    def least_fen(self) -> int:
        """What one piece costs where it is cheapest: for a page that knows no address yet."""
        tiers = [area.tier for area in self.areas] + [self.elsewhere]
        return min((tier.first_fen for tier in tiers if tier), default=0)

    def most_fen(self, load: Load) -> int:
        """The most that one such piece adds to what an order is sent for, wherever it goes and however
        many are in it; `load` is one piece."""
        tiers = [area.tier for area in self.areas] + [self.elsewhere]
        sent = (tier for tier in tiers if tier)
        return max((tier.most_fen(self._units(load, tier)) for tier in sent), default=0)

    def _is_free(self, loads: Sequence[Load]) -> bool:
        amount_fen = sum(load.amount_fen for load in loads)
        count = sum(load.quantity for load in loads)
        return (self.free_over_fen is not None and amount_fen >= self.free_over_fen) or (
            self.free_over_count is not None and count >= self.free_over_count
        )

    def _units(self, load: Load, tier: Tier) -> int:
        if self.by is By.PIECE:
            return load.quantity
        each = load.weight_g if self.by is By.WEIGHT else load.volume_cm3
        # A piece that nobody weighed counts as one step: the least that the merchant charges for.
        return load.quantity * (each or tier.step)


class NotServed(Exception):
    """Nothing is sent there. `province` is its code."""

    def __init__(self, province: str) -> None:
        self.province = province
        super().__init__(province)
