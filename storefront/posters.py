"""Posters of goods and of stores: what it is, what it costs, in which kinds it comes; or who sells."""

from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.posters.blocks import (
    FOOT,
    Compared,
    chips,
    foot,
    foot_middle,
    goods_row,
    goods_tile,
    price_row,
)
from sharing.posters.kinds import Template, poster_register
from sharing.posters.sheet import HEIGHT, WIDTH, Box, Colours, Sheet
from sharing.posters.spec import PosterAbout, PosterOfGoods, PosterSpec

PAPER = Colours(
    ground="#ffffff",
    panel="#f6f1ea",
    ink="#241d18",
    soft="#6b5f55",
    price="#b3261e",
    badge="#b3261e",
    badge_ink="#ffffff",
    bright="#241d18",
    tint="#f6ebe4",
)
FEAST = Colours(
    ground="#a51d17",
    panel="#fffaf3",
    ink="#3a1512",
    soft="#7d5a50",
    price="#b3261e",
    badge="#a51d17",
    badge_ink="#f9e3a8",
    bright="#f4d58d",
    tint="#fbe9dc",
)
FIELD = Colours(
    ground="#efe3cb",
    panel="#fbf6ea",
    ink="#26361f",
    soft="#5d6650",
    price="#8a3b12",
    badge="#3f5a2f",
    badge_ink="#ffffff",
    bright="#26361f",
    tint="#e3ead6",
)
INK = Colours(
    ground="#27302c",
    panel="#faf8f3",
    ink="#1f2824",
    soft="#616a65",
    price="#9c3412",
    badge="#9c3412",
    badge_ink="#ffffff",
    bright="#f3e3bd",
    tint="#efe9dc",
)


@dataclass(frozen=True, kw_only=True)
class ProductPoster(PosterAbout):
    """Prices in fen; `was_fen` is what the goods really cost before, `has_more` when some SKU costs
    more, `facts` are the names of SKUs and what else is short."""

    price_fen: int
    has_more: bool = False
    was_fen: int | None = None
    facts: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        return cls(**{**told, "facts": tuple(told.get("facts", ()))})


@dataclass(frozen=True, kw_only=True)
class StorePoster(PosterOfGoods):
    """A store with the first of its goods."""


def _card(sheet: Sheet, spec: PosterSpec, told: ProductPoster) -> None:
    """The photo fills the upper half, the words stand below it."""
    wide = WIDTH - 96
    tall = _words_height(sheet, spec, told, size=42, width=wide)
    photo = (0, 0, WIDTH, 902 - tall)
    sheet.photo(told.photo, photo, word=_("好物"))
    _words(sheet, spec, told, at=(48, photo[3] + 22), size=42, width=wide)
    foot(sheet, spec.store, spec.link, box=FOOT)


def _frame(sheet: Sheet, spec: PosterSpec, told: ProductPoster) -> None:
    """A panel on red, with the store's name above it."""
    colours = sheet.colours
    sheet.shade((0, 0, WIDTH, HEIGHT), "#b8241c", "#86130f")
    sheet.fitted((72, 28, WIDTH - 72, 104), spec.store, size=40, fill=colours.bright)
    sheet.panel((28, 120, WIDTH - 28, HEIGHT - 28))
    sheet.ring((40, 132, WIDTH - 40, HEIGHT - 40), fill="#e9c9a4", width=2, radius=20)
    wide = WIDTH - 128
    tall = _words_height(sheet, spec, told, size=38, width=wide)
    photo = (64, 156, WIDTH - 64, 908 - tall)
    sheet.photo(told.photo, photo, word=_("好物"), radius=18)
    _words(sheet, spec, told, at=(64, photo[3] + 16), size=38, width=wide)
    foot(sheet, spec.store, spec.link, box=(36, 920, WIDTH - 36, 1148), side=200, panel=False)


def _letter(sheet: Sheet, spec: PosterSpec, told: ProductPoster) -> None:
    """The words first, like a letter from the farm; then the photo."""
    colours, wide = sheet.colours, WIDTH - 96
    y = sheet.text((48, 44), spec.title, size=50, bold=True, width=wide, lines=2)
    y = sheet.text((48, y + 4), spec.desc, size=28, width=wide, lines=2, fill=colours.soft)
    y = chips(sheet, (48, y + 10), told.facts, width=wide)
    photo = (48, y + 8, WIDTH - 48, 834)
    sheet.photo(told.photo, photo, word=_("好物"), radius=24)
    _price(sheet, told, at=(48, 844), width=wide)
    foot(sheet, spec.store, spec.link, box=FOOT)


def _words(
    sheet: Sheet,
    spec: PosterSpec,
    told: ProductPoster,
    *,
    at: tuple[int, int],
    size: int,
    width: int,
) -> None:
    x, y = at
    y = sheet.text((x, y), spec.title, size=size, bold=True, width=width, lines=2)
    y = sheet.text((x, y + 2), spec.desc, size=26, width=width, fill=sheet.colours.soft)
    y = chips(sheet, (x, y + 8), told.facts, width=width)
    _price(sheet, told, at=(x, y), width=width)


def _words_height(
    sheet: Sheet, spec: PosterSpec, told: ProductPoster, *, size: int, width: int
) -> int:
    tall = sheet.height(spec.title, size=size, bold=True, width=width, lines=2)
    tall += sheet.height(spec.desc, size=26, width=width)
    return tall + (62 if told.facts else 8) + 96


def _price(sheet: Sheet, told: ProductPoster, *, at: tuple[int, int], width: int) -> None:
    price_row(
        sheet,
        at,
        told.price_fen,
        Compared("", told.was_fen, struck=True) if told.was_fen is not None else None,
        tail=_("起") if told.has_more else "",
        width=width,
    )


def _sign(sheet: Sheet, spec: PosterSpec, told: StorePoster) -> None:
    """The board over a shop's door, and the code as the door."""
    colours = sheet.colours
    sheet.shade((0, 0, WIDTH, HEIGHT), "#323d38", "#1a211e")
    board = (48, 72, WIDTH - 48, 292)
    sheet.panel(board, fill="#4a2c17", radius=20, shadow=True)
    sheet.ring((62, 86, WIDTH - 62, 278), fill=colours.bright, width=3, radius=12)
    tall = sheet.height(spec.title, size=60, bold=True, width=550, lines=2)
    if tall > 84:
        y = 182 - tall // 2
        sheet.text(
            (100, y),
            spec.title,
            size=60,
            bold=True,
            width=550,
            lines=2,
            centred=True,
            fill=colours.bright,
        )
    else:
        sheet.fitted((90, 86, WIDTH - 90, 278), spec.title, size=88, fill=colours.bright)
    sheet.panel((48, 328, WIDTH - 48, HEIGHT - 48))
    y = sheet.text((88, 356), spec.desc, size=30, width=574, lines=3, centred=True)
    if told.goods:
        names = " · ".join(one.title for one in told.goods)
        y = sheet.text(
            (88, y + 8), names, size=26, width=574, lines=2, fill=colours.soft, centred=True
        )
    side = min(520, HEIGHT - 140 - y)
    top = (y + HEIGHT - 108 - side) // 2
    foot_middle(sheet, "", spec.link, top=top, side=side)


def _window(sheet: Sheet, spec: PosterSpec, told: StorePoster) -> None:
    """What is in the shop's window: some of its goods with their prices."""
    y = sheet.text((48, 40), spec.title, size=52, bold=True, width=654, lines=2)
    y = sheet.text((48, y + 4), spec.desc, size=28, width=654, lines=2, fill=sheet.colours.soft)
    _goods(sheet, told, (24, y + 20, WIDTH - 24, 912))
    foot(sheet, spec.store, spec.link, box=FOOT)


def _visiting_card(sheet: Sheet, spec: PosterSpec, told: StorePoster) -> None:
    """A visiting card: a name, a few words, a seal."""
    colours, wide = sheet.colours, 574
    sheet.panel((48, 48, WIDTH - 48, 888), shadow=True, radius=32)
    tall = sheet.height(spec.title, size=56, bold=True, width=wide, lines=2)
    tall += sheet.height(spec.desc, size=30, width=wide, lines=3)
    names = [one.title for one in told.goods]
    tall += 24 + (108 if names else 0)
    photo = (80, 80, WIDTH - 80, 816 - tall)
    sheet.photo(told.photo, photo, word=_("小店"), radius=24)
    y = sheet.text((88, photo[3] + 20), spec.title, size=56, bold=True, width=wide, lines=2)
    sheet.panel((88, y + 8, 168, y + 14), fill=colours.badge, radius=3)
    y = sheet.text((88, y + 26), spec.desc, size=30, width=wide, lines=3, fill=colours.soft)
    chips(sheet, (88, y + 10), names, width=wide, lines=2)
    foot(sheet, spec.store, spec.link, box=FOOT)


def _goods(sheet: Sheet, told: StorePoster, box: Box) -> None:
    left, top, right, bottom = box
    sheet.panel(box)
    if not told.goods:
        sheet.photo("", (left + 24, top + 24, right - 24, bottom - 24), word=_("小店"), radius=20)
        return
    if len(told.goods) == 1:
        goods_tile(
            sheet, (left + 24, top + 24, right - 24, bottom - 16), told.goods[0], word=_("好物")
        )
        return
    tall = (bottom - top - 24) // len(told.goods)
    for number, one in enumerate(told.goods):
        y = top + 24 + number * tall
        goods_row(sheet, (left + 24, y, right - 24, y + tall - 24), one, word=_("好物"))


poster_register(
    "product",
    ProductPoster,
    {
        "card": Template(gettext_lazy("简洁"), PAPER, _card),
        "frame": Template(gettext_lazy("喜庆"), FEAST, _frame),
        "letter": Template(gettext_lazy("乡野"), FIELD, _letter),
    },
)
poster_register(
    "store",
    StorePoster,
    {
        "sign": Template(gettext_lazy("招牌"), INK, _sign),
        "window": Template(gettext_lazy("橱窗"), PAPER, _window),
        "visiting": Template(gettext_lazy("名片"), FIELD, _visiting_card),
    },
)
