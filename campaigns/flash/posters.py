"""Posters of a flash offer: when it opens, what it costs then, and how many pieces there are."""

import math
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.posters.blocks import FOOT, Compared, badge, chips, foot, price_row
from sharing.posters.kinds import Template, poster_register
from sharing.posters.sheet import HEIGHT, WIDTH, Box, Colours, Sheet
from sharing.posters.spec import PosterAbout, PosterSpec

NIGHT = Colours(
    ground="#1d1b3f",
    panel="#fffdf8",
    ink="#221f3d",
    soft="#625d7c",
    price="#c4162a",
    badge="#c4162a",
    badge_ink="#ffffff",
    bright="#ffd84d",
    tint="#f1eefb",
)
BLAZE = Colours(
    ground="#d3211f",
    panel="#ffffff",
    ink="#2b1512",
    soft="#75564f",
    price="#c4162a",
    badge="#c4162a",
    badge_ink="#ffffff",
    bright="#ffe66b",
    tint="#ffeee6",
)
LEAF = Colours(
    ground="#e9eef2",
    panel="#ffffff",
    ink="#1e2830",
    soft="#5a6772",
    price="#b3261e",
    badge="#b3261e",
    badge_ink="#ffffff",
    bright="#1e2830",
    tint="#f4e3e1",
)


@dataclass(frozen=True, kw_only=True)
class FlashPoster(PosterAbout):
    """Prices in fen, the slot as ISO instants, `sku` as it is named."""

    price_fen: int
    list_fen: int
    sku: str
    quota: int
    per_person: int
    starts_at: str
    ends_at: str

    @property
    def starts(self) -> datetime:
        return timezone.localtime(datetime.fromisoformat(self.starts_at))

    @property
    def day(self) -> str:
        return _("%(month)d月%(day)d日") % {"month": self.starts.month, "day": self.starts.day}

    @property
    def hours(self) -> str:
        ends = timezone.localtime(datetime.fromisoformat(self.ends_at))
        return f"{self.starts:%H:%M}–{ends:%H:%M}"

    @property
    def alone(self) -> Compared | None:
        """What it costs alone; None when that is no more."""
        if self.list_fen <= self.price_fen:
            return None
        return Compared(_("单独购买"), self.list_fen, struck=True)

    @property
    def facts(self) -> tuple[str, ...]:
        return (
            _("限量 %(quota)d 件") % {"quota": self.quota},
            _("每人限购 %(limit)d 件") % {"limit": self.per_person},
        )


def _clock(sheet: Sheet, spec: PosterSpec, told: FlashPoster) -> None:
    """The hour that it opens is the picture: a clock at night, and the goods below."""
    bright = sheet.colours.bright
    sheet.shade((0, 0, WIDTH, HEIGHT), "#15132f", "#4a2a72")
    _face(sheet, (48, 48, 244, 244), told.starts)
    sheet.text((284, 44), told.day, size=36, width=418, fill=bright, bold=True)
    sheet.fitted((284, 96, 560, 196), f"{told.starts:%H:%M}", size=104, fill="#ffffff")
    badge(sheet, (582, 116, 702, 180), _("开抢"), size=34)
    said = _("限时秒杀 %(hours)s") % {"hours": told.hours}
    sheet.text((284, 204), said, size=28, width=418, fill=bright)
    sheet.panel((24, 280, WIDTH - 24, HEIGHT - 24))
    _goods(sheet, spec, told, box=(48, 304, WIDTH - 48, 926))
    foot(sheet, spec.store, spec.link, box=FOOT, panel=False)


def _blaze(sheet: Sheet, spec: PosterSpec, told: FlashPoster) -> None:
    """The price is the picture: a slab with what it costs then and what it costs alone."""
    colours = sheet.colours
    sheet.shade((0, 0, WIDTH, HEIGHT), "#b80f1d", "#f2602c")
    sheet.text((48, 36), _("限时秒杀"), size=80, width=480, fill=colours.bright, bold=True)
    _bolt(sheet, 580, 40)
    slot = (48, 164, 520, 220)
    sheet.panel(slot, fill=colours.bright, radius=28)
    said = f"{told.day} {told.hours}"
    sheet.fitted((68, 164, 500, 220), said, size=32, fill="#7a0d12")
    sheet.panel((24, 248, WIDTH - 24, HEIGHT - 24))
    slab = (48, 792, WIDTH - 48, 924)
    tall = sheet.height(spec.title, size=36, bold=True, width=654, lines=2)
    photo = (48, 272, WIDTH - 48, slab[1] - tall - 28)
    sheet.photo(told.photo, photo, word=_("秒杀"), radius=20)
    sheet.text((48, photo[3] + 16), spec.title, size=36, bold=True, width=654, lines=2)
    sheet.panel(slab, fill=colours.badge, radius=20)
    price_row(
        sheet,
        (72, slab[1] + 6),
        told.price_fen,
        told.alone,
        width=606,
        size=58,
        fill="#ffffff",
        soft="#ffe1dc",
    )
    sheet.text(
        (72, slab[1] + 84), " · ".join((*told.facts, told.sku)), size=26, width=606, fill="#ffffff"
    )
    foot(sheet, spec.store, spec.link, box=FOOT, panel=False)


def _leaf(sheet: Sheet, spec: PosterSpec, told: FlashPoster) -> None:
    """A leaf of a calendar, to be put up: the day, the hours, and what there is then."""
    colours = sheet.colours
    sheet.panel((48, 48, 288, 308), shadow=True, radius=24)
    sheet.panel((48, 48, 288, 112), fill=colours.badge, radius=24)
    sheet.pen.rectangle((48, 88, 287, 112), fill=colours.badge)
    for x in (108, 216):
        sheet.disc((x, 36, x + 16, 52), fill=colours.ink)
    month = _("%(month)d月") % {"month": told.starts.month}
    sheet.fitted((64, 50, 272, 112), month, size=36, fill=colours.badge_ink)
    sheet.fitted((64, 116, 272, 256), str(told.starts.day), size=128, fill=colours.ink)
    sheet.fitted((64, 256, 272, 300), told.hours, size=30, fill=colours.badge)
    sheet.text((320, 52), _("限时秒杀"), size=32, width=382, fill=colours.badge, bold=True)
    sheet.text((320, 104), spec.title, size=38, bold=True, width=382, lines=4)
    sheet.panel((24, 340, WIDTH - 24, 920))
    _goods(sheet, spec, told, box=(48, 364, WIDTH - 48, 910), title=False)
    foot(sheet, spec.store, spec.link, box=FOOT)


def _goods(
    sheet: Sheet, spec: PosterSpec, told: FlashPoster, *, box: Box, title: bool = True
) -> None:
    """The photo, what it is, both prices and the quota; the photo takes what the words leave."""
    left, top, right, bottom = box
    wide = right - left
    words = spec.title if title else ""
    tall = sheet.height(words, size=36, bold=True, width=wide, lines=2)
    tall += sheet.height(told.sku, size=26, width=wide)
    photo = bottom - tall - 158
    sheet.photo(told.photo, (left, top, right, photo), word=_("秒杀"), radius=20)
    y = sheet.text((left, photo + 14), words, size=36, bold=True, width=wide, lines=2)
    y = sheet.text((left, y), told.sku, size=26, width=wide, fill=sheet.colours.soft)
    y = price_row(sheet, (left, y), told.price_fen, told.alone, width=wide)
    chips(sheet, (left, y + 8), told.facts, width=wide)


def _face(sheet: Sheet, box: Box, at: datetime) -> None:
    """A clock that shows the hour."""
    bright, middle, r = sheet.colours.bright, (box[0] + box[2]) // 2, (box[2] - box[0]) // 2
    centre = (middle, (box[1] + box[3]) // 2)
    sheet.disc(box, fill="#ffffff")
    sheet.ring(box, fill=bright, width=10)
    for hour in range(12):
        x, y = _hand(centre, hour / 12, r - 26)
        sheet.disc((x - 4, y - 4, x + 4, y + 4), fill="#8b86a8")
    minute = at.minute / 60
    for turn, length, width in (((at.hour % 12 + minute) / 12, 0.48, 12), (minute, 0.68, 8)):
        end = _hand(centre, turn, round(r * length))
        sheet.stroke([centre, end], fill=sheet.colours.ink, width=width)
    x, y = centre
    sheet.disc((x - 10, y - 10, x + 10, y + 10), fill=sheet.colours.badge)


def _hand(centre: tuple[int, int], turn: float, length: int) -> tuple[int, int]:
    angle = 2 * math.pi * turn
    return (
        centre[0] + round(length * math.sin(angle)),
        centre[1] - round(length * math.cos(angle)),
    )


def _bolt(sheet: Sheet, x: int, y: int) -> None:
    points = [(70, 0), (0, 100), (50, 100), (22, 184), (118, 66), (66, 66), (104, 0)]
    sheet.polygon([(x + dx, y + dy) for dx, dy in points], fill=sheet.colours.bright)


poster_register(
    "flash",
    FlashPoster,
    {
        "clock": Template(gettext_lazy("整点"), NIGHT, _clock),
        "blaze": Template(gettext_lazy("热卖"), BLAZE, _blaze),
        "leaf": Template(gettext_lazy("日历"), LEAF, _leaf),
    },
)
