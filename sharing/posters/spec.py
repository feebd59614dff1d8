"""What a poster says, before anybody draws it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Self

from catalog.queries import ProductCard
from core.words import shorten

# Raised with every change of a drawing, so that old pictures are not found any more.
DRAWING = 2
# All that a poster says travels in its address, which may not become too long.
GOODS_TOLD, TITLE_TOLD, DESC_TOLD = 3, 24, 80


@dataclass(frozen=True)
class PosterAbout:
    """What a page's app adds to its share card, as JSON can carry it: each kind of page adds what its
    own templates draw. `photo` is the storage name of a photo, or ""."""

    photo: str = ""

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """What JSON has kept. Raises TypeError for anything else."""
        return cls(**told)


@dataclass(frozen=True)
class PosterGoods:
    """One of several goods on a poster, by the beginning of its title; `has_more` when it also comes
    for more than `price_fen`."""

    title: str
    price_fen: int
    photo: str = ""
    has_more: bool = False


def goods_told(cards: Iterable[ProductCard]) -> tuple[PosterGoods, ...]:
    """What a poster tells of the first GOODS_TOLD of these."""
    return tuple(
        PosterGoods(
            title=shorten(card.title, TITLE_TOLD),
            price_fen=card.price_fen,
            photo=card.photo.name if card.photo else "",
            has_more=card.has_price_range,
        )
        for card in islice(cards, GOODS_TOLD)
    )


@dataclass(frozen=True, kw_only=True)
class PosterOfGoods(PosterAbout):
    """A page with several goods: the first GOODS_TOLD of them."""

    goods: tuple[PosterGoods, ...] = ()

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        goods = tuple(PosterGoods(**one) for one in told.get("goods", ()))
        return cls(**{**told, "goods": goods})


@dataclass(frozen=True)
class PosterSpec:
    """One poster, whole: `link` is what its QR code says, `style` a template of its `kind`."""

    kind: str
    title: str
    desc: str
    store: str
    link: str
    style: str
    about: PosterAbout

    def key(self) -> str:
        """The same for the same picture."""
        told = json.dumps([DRAWING, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:40]

    def packed(self) -> dict[str, Any]:
        """For the queue; `kinds.spec_unpack` reads it."""
        return asdict(self)
