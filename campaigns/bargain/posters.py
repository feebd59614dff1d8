"""Posters of a bargain: the price now on its way from where it began to the floor, and who helped so
far, as a number: nobody is shown."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import yuan
from sharing.posters.blocks import FOOT, Compared, chips, foot, foot_middle, price, price_row, until
from sharing.posters.kinds import Template, poster_register
from sharing.posters.sheet import HEIGHT, WIDTH, Box, Colours, Sheet
from sharing.posters.spec import PosterAbout, PosterSpec

RULER = Colours(
    ground="#f7efd9",
    panel="#fffdf6",
    ink="#33290f",
    soft="#6f6341",
    price="#a8380c",
    badge="#a8380c",
    badge_ink="#ffffff",
    bright="#33290f",
    tint="#f9ecd0",
)
STEPS = Colours(
    ground="#0f4c5c",
    panel="#fbfdfc",
    ink="#12343d",
    soft="#546c72",
    price="#bb3e0a",
    badge="#bb3e0a",
    badge_ink="#ffffff",
    bright="#ffd9a0",
    tint="#e3eff0",
)
TAG = Colours(
    ground="#f6d9d5",
    panel="#ffffff",
    ink="#3b1a20",
    soft="#76575c",
    price="#ab1f3d",
    badge="#ab1f3d",
    badge_ink="#ffffff",
    bright="#3b1a20",
    tint="#fbecea",
)
STAIRS_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class BargainPoster(PosterAbout):
    """Prices in fen; `helps` of `helpers` people have helped; the deadline as an ISO instant."""

    price_fen: int
    list_fen: int
    floor_fen: int
    helps: int
    helpers: int
    ends_at: str

    @property
    def helped(self) -> str:
        return _("%(helps)d / %(helpers)d 人帮砍") % {"helps": self.helps, "helpers": self.helpers}

    @property
    def now(self) -> str:
        return _("现价 ¥%(price)s") % {"price": yuan(self.price_fen)}

    @property
    def floor(self) -> str:
        return _("底价 ¥%(floor)s") % {"floor": yuan(self.floor_fen)}

    @property
    def begin(self) -> str:
        return _("起始 ¥%(list)s") % {"list": yuan(self.list_fen)}

    @property
    def way(self) -> float:
        """How much of the way to the floor is behind it: 0 to 1."""
        return (self.list_fen - self.price_fen) / max(1, self.list_fen - self.floor_fen)


def _ruler(sheet: Sheet, spec: PosterSpec, told: BargainPoster) -> None:
    """The price on a rule from where it began to the floor."""
    colours = sheet.colours
    sheet.panel((24, 24, WIDTH - 24, 920), shadow=True)
    wide = WIDTH - 96
    tall = sheet.height(spec.title, size=36, bold=True, width=wide, lines=2)
    photo = (48, 48, WIDTH - 48, 620 - tall)
    sheet.photo(told.photo, photo, word=_("砍价"), radius=20)
    y = sheet.text((48, photo[3] + 18), spec.title, size=36, bold=True, width=wide, lines=2)
    price_row(
        sheet,
        (48, y),
        told.price_fen,
        Compared(_("底价"), told.floor_fen),
        head=_("现价"),
        width=wide,
    )
    sheet.panel((48, 726, WIDTH - 48, 896), fill=colours.tint, radius=20)
    _scale(sheet, (76, 748, WIDTH - 76, 836), told)
    sheet.text(
        (76, 842),
        f"{told.helped} · {until(told.ends_at)}",
        size=26,
        width=wide - 56,
        fill=colours.soft,
    )
    foot(sheet, spec.store, spec.link, box=FOOT)


def _steps(sheet: Sheet, spec: PosterSpec, told: BargainPoster) -> None:
    """Stairs down to the floor, a step for each helper."""
    colours = sheet.colours
    wide = WIDTH - 96
    y = sheet.text((48, 40), spec.title, size=42, bold=True, width=wide, lines=2, fill="#ffffff")
    photo = (48, y + 12, WIDTH - 48, 560)
    sheet.photo(told.photo, photo, word=_("砍价"), radius=24)
    sheet.panel((24, 584, WIDTH - 24, 920))
    sheet.text((48, 600), _("现价"), size=26, width=300, fill=colours.soft)
    price(sheet, (48, 636), told.price_fen, width=380, size=68)
    chips(sheet, (48, 724), (told.floor,), width=380, size=28)
    sheet.text((48, 784), told.begin, size=26, width=380, fill=colours.soft)
    sheet.text((48, 824), told.helped, size=28, width=380, bold=True)
    sheet.text((48, 868), until(told.ends_at), size=26, width=380, fill=colours.soft)
    _stairs(sheet, (440, 612, WIDTH - 48, 892), told)
    foot(sheet, spec.store, spec.link, box=FOOT)


def _tag(sheet: Sheet, spec: PosterSpec, told: BargainPoster) -> None:
    """A price tag on a string, with the price of now and the floor on it."""
    colours = sheet.colours
    hole = (WIDTH // 2, 92)
    sheet.stroke([(WIDTH // 2, 0), hole], fill=colours.badge, width=6)
    sheet.panel((60, 48, WIDTH - 60, HEIGHT - 36), shadow=True, radius=56)
    sheet.disc((hole[0] - 22, hole[1] - 22, hole[0] + 22, hole[1] + 22), fill=colours.ground)
    sheet.ring(
        (hole[0] - 22, hole[1] - 22, hole[0] + 22, hole[1] + 22), fill=colours.badge, width=6
    )
    wide = WIDTH - 216
    tall = sheet.height(spec.title, size=36, bold=True, width=wide, lines=2)
    photo = (108, 140, WIDTH - 108, 596 - tall)
    sheet.photo(told.photo, photo, word=_("砍价"), radius=24)
    y = sheet.text(
        (108, photo[3] + 18), spec.title, size=36, bold=True, width=wide, lines=2, centred=True
    )
    sheet.fitted((108, y + 4, WIDTH - 108, y + 104), told.now, size=84, fill=colours.price)
    said = f"{told.begin} · {told.floor}"
    sheet.fitted((108, y + 108, WIDTH - 108, y + 148), said, size=28, fill=colours.ink)
    said = f"{told.helped} · {until(told.ends_at)}"
    sheet.fitted((108, y + 150, WIDTH - 108, y + 190), said, size=26, fill=colours.soft)
    sheet.dashes(108, WIDTH - 108, 822, fill=colours.soft)
    foot_middle(sheet, spec.store, spec.link, top=838, side=212)


def _scale(sheet: Sheet, box: Box, told: BargainPoster) -> None:
    """A rule: how far the price has come, both ends labelled."""
    left, top, right, _bottom = box
    colours = sheet.colours
    at = left + round((right - left) * min(1.0, max(0.0, told.way)))
    bar = (left, top + 8, right, top + 32)
    sheet.panel(bar, fill="#ffffff", radius=12)
    sheet.panel((left, bar[1], max(at, left + 24), bar[3]), fill=colours.badge, radius=12)
    x, y = min(max(at, left + 20), right - 20), top + 20
    sheet.disc((x - 20, y - 20, x + 20, y + 20), fill=colours.badge)
    sheet.disc((x - 10, y - 10, x + 10, y + 10), fill="#ffffff")
    middle, low = (left + right) // 2, (top + 46, top + 86)
    ends = (left, low[0], middle - 8, low[1]), (middle + 8, low[0], right, low[1])
    sheet.fitted(ends[0], told.begin, size=28, fill=colours.ink, align="l")
    sheet.fitted(ends[1], told.floor, size=28, fill=colours.price, align="r")


def _stairs(sheet: Sheet, box: Box, told: BargainPoster) -> None:
    """Falling bars, as many as helpers where they can be told apart; those that are done are full."""
    left, top, right, bottom = box
    count = min(told.helpers, STAIRS_SHOWN)
    done = told.helps * count // told.helpers
    step = (right - left) / count
    for number in range(count):
        x = left + round(number * step)
        fall = round((bottom - top - 36) * number / max(1, count - 1))
        bar = (x, top + fall, x + max(6, round(step) - 6), bottom)
        fill = sheet.colours.badge if number < done else sheet.colours.tint
        sheet.panel(bar, fill=fill, radius=min(8, (bar[2] - bar[0]) // 2))


poster_register(
    "bargain",
    BargainPoster,
    {
        "ruler": Template(gettext_lazy("价格尺"), RULER, _ruler),
        "steps": Template(gettext_lazy("台阶"), STEPS, _steps),
        "tag": Template(gettext_lazy("吊牌"), TAG, _tag),
    },
)
