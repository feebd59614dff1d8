"""Posters of a group: the seats that are left, what the goods cost together and alone, until when."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import yuan
from sharing.posters.blocks import FOOT, Compared, badge, foot, price, price_row, until
from sharing.posters.kinds import Template, poster_register
from sharing.posters.sheet import HEIGHT, WIDTH, Box, Colours, Sheet
from sharing.posters.spec import PosterAbout, PosterSpec

CORAL = Colours(
    ground="#fbe4d8",
    panel="#fffdfb",
    ink="#3a1d14",
    soft="#7a5a4e",
    price="#c22f12",
    badge="#c22f12",
    badge_ink="#ffffff",
    bright="#3a1d14",
    tint="#fdeee6",
)
DUEL = Colours(
    ground="#ffffff",
    panel="#f3f3f1",
    ink="#22211f",
    soft="#65625d",
    price="#c4271b",
    badge="#c4271b",
    badge_ink="#ffffff",
    bright="#22211f",
    tint="#fbe9e6",
)
TICKET = Colours(
    ground="#12604f",
    panel="#fdfaf2",
    ink="#17362d",
    soft="#586c63",
    price="#b23a14",
    badge="#12604f",
    badge_ink="#ffffff",
    bright="#f6dc8e",
    tint="#e4efe8",
)
# More seats than that are a bar.
SEATS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class GroupPoster(PosterAbout):
    """Prices in fen, `has_more` when goods of the group cost more than `price_fen`; `left` of `size`
    seats; the deadline as an ISO instant; `missing` more must pay for it to succeed."""

    price_fen: int
    has_more: bool
    alone_fen: int
    size: int
    left: int
    missing: int
    ends_at: str

    @property
    def headline(self) -> str:
        said = _("还差 %(missing)d 人成团") if self.missing else _("人数已够，还有 %(left)d 席")
        return said % {"missing": self.missing, "left": self.left}

    @property
    def alone(self) -> Compared:
        return Compared(_("单独购买"), self.alone_fen)

    @property
    def tail(self) -> str:
        return _("起") if self.has_more else ""

    @property
    def people(self) -> str:
        return _("%(size)d 人团") % {"size": self.size}


def _seats(sheet: Sheet, spec: PosterSpec, told: GroupPoster) -> None:
    """The seats are the picture: how many are taken, how many are not."""
    colours = sheet.colours
    sheet.panel((24, 24, WIDTH - 24, 920), shadow=True)
    wide = WIDTH - 96
    tall = sheet.height(spec.title, size=36, bold=True, width=wide, lines=2)
    photo = (48, 48, WIDTH - 48, 582 - tall)
    sheet.photo(told.photo, photo, word=_("拼团"), radius=20)
    y = sheet.text((48, photo[3] + 18), spec.title, size=36, bold=True, width=wide, lines=2)
    price_row(
        sheet,
        (48, y),
        told.price_fen,
        told.alone,
        tail=told.tail,
        width=wide,
    )
    sheet.panel((48, 692, WIDTH - 48, 896), fill=colours.tint, radius=20)
    badge(sheet, (68, 708, 188, 756), told.people, size=26)
    sheet.text((204, 704), told.headline, size=38, width=480, bold=True, fill=colours.price)
    _seat_row(sheet, (68, 770, WIDTH - 68, 840), told)
    sheet.text((68, 850), until(told.ends_at), size=26, width=wide - 40, fill=colours.soft)
    foot(sheet, spec.store, spec.link, box=FOOT, said=_("名额与价格以页面为准"))


def _duel(sheet: Sheet, spec: PosterSpec, told: GroupPoster) -> None:
    """Two prices side by side: alone and together."""
    colours = sheet.colours
    wide = WIDTH - 96
    y = sheet.text((48, 36), spec.title, size=44, bold=True, width=wide, lines=2)
    photo = (48, y + 12, WIDTH - 48, 570)
    sheet.photo(told.photo, photo, word=_("拼团"), radius=24)
    alone, together = (48, 594, 330, 804), (360, 594, WIDTH - 48, 804)
    sheet.panel(alone, radius=24)
    sheet.panel(together, fill=colours.badge, radius=24)
    sheet.text((76, 616), _("单独购买"), size=28, width=226, fill=colours.soft)
    price(sheet, (76, 672), told.alone_fen, width=226, size=52, fill=colours.ink)
    sheet.text((388, 616), told.people, size=28, width=286, fill="#ffffff", bold=True)
    price(sheet, (388, 660), told.price_fen, width=286, size=72, fill="#ffffff", tail=told.tail)
    saved = told.alone_fen - told.price_fen
    if saved > 0:
        said = _("每件省 %(saved)s 元") % {"saved": yuan(saved)}
        sheet.text((388, 750), said, size=26, width=286, fill="#ffe4df")
    sheet.text((48, 820), told.headline, size=40, width=wide, bold=True, fill=colours.price)
    sheet.text((48, 880), until(told.ends_at), size=26, width=wide, fill=colours.soft)
    foot(sheet, spec.store, spec.link, box=FOOT, said=_("名额与价格以页面为准"))


def _ticket(sheet: Sheet, spec: PosterSpec, told: GroupPoster) -> None:
    """A ticket to tear off: the goods above, the seat and the code on the stub."""
    colours = sheet.colours
    sheet.panel((36, 36, WIDTH - 36, HEIGHT - 36), radius=32)
    tear = 740
    for x in (36, WIDTH - 36):
        sheet.disc((x - 24, tear - 24, x + 24, tear + 24), fill=colours.ground)
    sheet.dashes(76, WIDTH - 76, tear, fill=colours.soft)
    wide = WIDTH - 144
    tall = sheet.height(spec.title, size=38, bold=True, width=wide, lines=2)
    photo = (72, 72, WIDTH - 72, 606 - tall)
    sheet.photo(told.photo, photo, word=_("拼团"), radius=20)
    y = sheet.text((72, photo[3] + 18), spec.title, size=38, bold=True, width=wide, lines=2)
    price_row(
        sheet,
        (72, y),
        told.price_fen,
        told.alone,
        tail=told.tail,
        width=wide,
    )
    badge(sheet, (72, 778, 212, 834), told.people, size=30)
    sheet.text((236, 778), told.headline, size=38, width=440, bold=True)
    sheet.text((72, 850), until(told.ends_at), size=28, width=wide, fill=colours.soft)
    said = _("名额与价格以页面为准")
    foot(sheet, spec.store, spec.link, box=(44, 904, 702, 1140), said=said, panel=False)


def _seat_row(sheet: Sheet, box: Box, told: GroupPoster) -> None:
    """A mark for every seat, filled where somebody sits; a bar for very many."""
    left, top, right, bottom = box
    colours, taken = sheet.colours, told.size - told.left
    middle = (top + bottom) // 2
    if told.size > SEATS_SHOWN:
        sheet.panel((left, middle - 12, right, middle + 12), fill="#ffffff", radius=12)
        end = left + max(24, (right - left) * taken // told.size)
        sheet.panel((left, middle - 12, end, middle + 12), fill=colours.badge, radius=12)
        return
    step = min(76, (right - left) // told.size)
    side = min(64, step - 4)
    for seat in range(told.size):
        x = left + seat * step
        spot = (x, middle - side // 2, x + side, middle + side - side // 2)
        if seat < taken:
            sheet.disc(spot, fill=colours.badge)
            _person(sheet, spot)
        else:
            sheet.disc(spot, fill="#ffffff")
            sheet.ring(spot, fill=colours.badge, width=max(2, side // 20))


def _person(sheet: Sheet, spot: Box) -> None:
    """Anybody: a head and shoulders."""
    side, x = spot[2] - spot[0], (spot[0] + spot[2]) // 2
    head, top = round(side * 0.15), spot[1] + round(side * 0.22)
    sheet.disc((x - head, top, x + head, top + 2 * head), fill="#ffffff")
    wide, under = round(side * 0.27), spot[1] + round(side * 0.58)
    shoulders = (x - wide, under, x + wide, spot[1] + round(side * 0.8))
    sheet.panel(shoulders, fill="#ffffff", radius=round(side * 0.14))


poster_register(
    "group",
    GroupPoster,
    {
        "seats": Template(gettext_lazy("席位"), CORAL, _seats),
        "duel": Template(gettext_lazy("对价"), DUEL, _duel),
        "ticket": Template(gettext_lazy("团票"), TICKET, _ticket),
    },
)
