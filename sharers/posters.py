"""Posters of a sharer's showcase: what is recommended there. Nothing on them says what sharing earns."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.posters.blocks import FOOT, badge, foot, goods_row, goods_tile
from sharing.posters.kinds import Template, poster_register
from sharing.posters.sheet import HEIGHT, WIDTH, Colours, Sheet
from sharing.posters.spec import PosterOfGoods, PosterSpec

LIST = Colours(
    ground="#e8e3f3",
    panel="#ffffff",
    ink="#2b2440",
    soft="#655d7c",
    price="#a2245a",
    badge="#5b3f9c",
    badge_ink="#ffffff",
    bright="#2b2440",
    tint="#f0ecf8",
)
TILES = Colours(
    ground="#fff7ef",
    panel="#ffffff",
    ink="#33231a",
    soft="#75604f",
    price="#b4431a",
    badge="#b4431a",
    badge_ink="#ffffff",
    bright="#33231a",
    tint="#fbe8d8",
)
NOTE = Colours(
    ground="#cfe0da",
    panel="#fffdf5",
    ink="#23352f",
    soft="#5b6d66",
    price="#a33b16",
    badge="#2f6b58",
    badge_ink="#ffffff",
    bright="#23352f",
    tint="#e6f0ec",
)


@dataclass(frozen=True, kw_only=True)
class ShowcasePoster(PosterOfGoods):
    """A showcase with the first of its goods."""


def _list(sheet: Sheet, spec: PosterSpec, told: ShowcasePoster) -> None:
    """The goods one below the other."""
    y = sheet.text((48, 40), spec.title, size=48, bold=True, width=654, lines=2)
    y = sheet.text((48, y + 4), spec.desc, size=28, width=654, lines=2, fill=sheet.colours.soft)
    top, count = y + 20, max(1, len(told.goods))
    tall = (920 - top - 16 * (count - 1)) // count
    for number in range(count):
        at = top + number * (tall + 16)
        if not told.goods:
            sheet.photo("", (24, at, WIDTH - 24, at + tall), word=_("推荐"), radius=28)
        elif count == 1:
            sheet.panel((24, at, WIDTH - 24, at + tall))
            goods_tile(
                sheet, (48, at + 24, WIDTH - 48, at + tall - 12), told.goods[0], word=_("推荐")
            )
        else:
            sheet.panel((24, at, WIDTH - 24, at + tall))
            side = min(tall - 32, 300)
            y = at + (tall - side) // 2
            goods_row(sheet, (44, y, WIDTH - 44, y + side), told.goods[number], word=_("推荐"))
    foot(sheet, spec.store, spec.link, box=FOOT)


def _tiles(sheet: Sheet, spec: PosterSpec, told: ShowcasePoster) -> None:
    """One large photo, and two beside it."""
    badge(sheet, (48, 44, 208, 96), _("好物推荐"), size=28)
    y = sheet.text((48, 108), spec.title, size=46, bold=True, width=654, lines=2)
    y = sheet.text((48, y + 2), spec.desc, size=28, width=654, lines=2, fill=sheet.colours.soft)
    top, goods = y + 16, told.goods
    if not goods:
        sheet.photo("", (48, top, WIDTH - 48, 912), word=_("推荐"), radius=24)
    elif len(goods) == 1:
        goods_tile(sheet, (48, top, WIDTH - 48, 920), goods[0], word=_("推荐"))
    else:
        split = 424 if len(goods) > 2 else WIDTH // 2
        goods_tile(sheet, (48, top, split - 12, 920), goods[0], word=_("推荐"))
        rest, gap = goods[1:3], 16
        tall = (920 - top - gap * (len(rest) - 1)) // len(rest)
        for number, one in enumerate(rest):
            at = top + number * (tall + gap)
            goods_tile(sheet, (split + 12, at, WIDTH - 48, at + tall), one, word=_("推荐"))
    foot(sheet, spec.store, spec.link, box=FOOT)


def _note(sheet: Sheet, spec: PosterSpec, told: ShowcasePoster) -> None:
    """A page of a notebook with what is worth buying."""
    colours = sheet.colours
    sheet.panel((48, 40, WIDTH - 48, HEIGHT - 40), shadow=True, radius=24)
    for y in range(96, HEIGHT - 96, 56):
        sheet.disc((64, y, 80, y + 16), fill=colours.ground)
    x, wide = 112, WIDTH - 112 - 80
    y = sheet.text((x, 72), spec.title, size=46, bold=True, width=wide, lines=2)
    y = sheet.text((x, y + 4), spec.desc, size=28, width=wide, lines=3, fill=colours.soft)
    y += 20
    sheet.dashes(x, WIDTH - 80, y, fill=colours.badge)
    count = max(1, len(told.goods))
    top, side = y + 24, min(272, (880 - y) // count - 20)
    if not told.goods:
        sheet.photo("", (x, top, WIDTH - 80, 884), word=_("推荐"), radius=24)
    elif count == 1:
        goods_tile(sheet, (x, top, WIDTH - 80, 896), told.goods[0], word=_("推荐"))
    for number, one in enumerate(told.goods if count > 1 else ()):
        at = top + number * (side + 20)
        goods_row(sheet, (x, at, WIDTH - 80, at + side), one, word=_("推荐"))
    sheet.dashes(x, WIDTH - 80, 912, fill=colours.badge)
    foot(sheet, spec.store, spec.link, box=(84, 924, WIDTH - 56, 1152), side=196, panel=False)


poster_register(
    "showcase",
    ShowcasePoster,
    {
        "list": Template(gettext_lazy("清单"), LIST, _list),
        "tiles": Template(gettext_lazy("拼图"), TILES, _tiles),
        "note": Template(gettext_lazy("手记"), NOTE, _note),
    },
)
