"""What a poster says, before anybody draws it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

# Raised with every change of the drawing, so that old pictures are not found any more.
DRAWING = 1


@dataclass(frozen=True)
class PosterAbout:
    """What a page's app adds to its share card: prices in fen, a short note ("2 人团"), and the
    storage name of a photo, or ""."""

    price_fen: int | None = None
    was_fen: int | None = None
    note: str = ""
    photo: str = ""


@dataclass(frozen=True)
class PosterSpec:
    """One poster, whole: `link` is what its QR code says, `style` one of `draw.STYLES`."""

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
        """For the queue; `unpacked` reads it."""
        return asdict(self)

    @classmethod
    def unpacked(cls, told: dict[str, Any]) -> "PosterSpec":
        return cls(**{**told, "about": PosterAbout(**told["about"])})
