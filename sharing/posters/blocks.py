"""What the posters of all kinds are put together from: prices, marks, and the foot with the code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from core.money import yuan
from sharing.posters.sheet import BOLD, REGULAR, WIDTH, Box, Sheet, face, wrap
from sharing.posters.spec import PosterGoods

QR_SIDE = 212
# The foot of most posters: a panel along the lower edge.
FOOT = (24, 936, WIDTH - 24, 1176)


def until(ends_at: str) -> str:
    """How long it lasts, from an ISO instant: “12月1日 20:00 截止”."""
    at = timezone.localtime(datetime.fromisoformat(ends_at))
    told = {"month": at.month, "day": at.day, "clock": f"{at:%H:%M}"}
    return _("%(month)d月%(day)d日 %(clock)s 截止") % told


def price(
    sheet: Sheet,
    at: tuple[int, int],
    fen: int,
    *,
    width: int,
    size: int = 68,
    fill: str = "",
    tail: str = "",
) -> int:
    """“¥39.90起” in at most `width` pixels, smaller where it has to be; the y below it."""
    x, y = at
    amount = yuan(fen)
    while size > 24 and _price_width(amount, tail, size) > width:
        size -= 2
    colour = fill or sheet.colours.price
    base = y + round(size * 0.98)
    x = sheet.word((x, base), "¥", size=round(size * 0.55), fill=colour) + 4
    x = sheet.word((x, base), amount, size=size, fill=colour)
    if tail:
        sheet.word((x + 6, base), tail, size=round(size * 0.42), fill=colour, weight=REGULAR)
    return y + round(size * 1.2)


def _price_width(amount: str, tail: str, size: int) -> float:
    wide = face(round(size * 0.55), BOLD).getlength("¥") + 4 + face(size, BOLD).getlength(amount)
    return wide + (face(round(size * 0.42), REGULAR).getlength(tail) + 6 if tail else 0)


@dataclass(frozen=True)
class Compared:
    """The price that another one stands beside, behind its label."""

    label: str
    fen: int
    struck: bool = False

    @property
    def amount(self) -> str:
        return f"¥{yuan(self.fen)}"


def price_row(
    sheet: Sheet,
    at: tuple[int, int],
    fen: int,
    other: Compared | None,
    *,
    width: int,
    head: str = "",
    size: int = 64,
    fill: str = "",
    soft: str = "",
    tail: str = "",
) -> int:
    """A price, called `head`, and the one that it is compared with, on one line of at most `width`
    pixels; the y below it."""
    colour = soft or sheet.colours.soft

    def small(size: int) -> int:
        """The size of what stands beside a price of that size."""
        return max(22, round(size * 0.42))

    def beside(size: int) -> float:
        """How wide that is."""
        font = face(small(size), REGULAR)
        before = font.getlength(head) + 10 if head else 0
        if other is None:
            return before
        return before + font.getlength(other.label) + font.getlength(other.amount) + 28

    while size > 24 and _price_width(yuan(fen), tail, size) + beside(size) > width:
        size -= 2
    x, base = at[0], at[1] + round(size * 0.98)
    if head:
        x = sheet.word((x, base), head, size=small(size), fill=colour, weight=REGULAR) + 10
    bottom = price(sheet, (x, at[1]), fen, width=width, size=size, fill=fill, tail=tail)
    if other:
        x += round(_price_width(yuan(fen), tail, size)) + 20
        if other.label:
            x = sheet.word((x, base), other.label, size=small(size), fill=colour, weight=REGULAR)
            x += 6
        end = sheet.word((x, base), other.amount, size=small(size), fill=colour, weight=REGULAR)
        if other.struck:
            middle = base - round(small(size) * 0.34)
            sheet.pen.line((x - 2, middle, end + 2, middle), fill=colour, width=2)
    return bottom


def chips(
    sheet: Sheet,
    at: tuple[int, int],
    words: Sequence[str],
    *,
    width: int,
    size: int = 24,
    lines: int = 1,
    fill: str = "",
    ink: str = "",
) -> int:
    """Short facts as marks side by side, in so many lines: a long one is cut to half a line, what finds
    no room is left out. The y below them."""
    left, y = at
    x, line, tall = left, 1, round(size * 1.75)
    font = face(size, BOLD)
    placed = False
    widest = (width if len(words) == 1 else width // 2) - size - 8
    for word in words:
        if not (one := "".join(wrap(word, font, widest, 1))):
            continue
        wide = round(font.getlength(one)) + size + 8
        if x + wide > left + width:
            if line == lines:
                break
            x, y, line = left, y + tall + 12, line + 1
        box = (x, y, x + wide, y + tall)
        sheet.panel(box, fill=fill or sheet.colours.tint, radius=tall // 2)
        sheet.fitted(
            (x + 8, y, x + wide - 8, y + tall), one, size=size, fill=ink or sheet.colours.badge
        )
        x, placed = x + wide + 12, True
    return y + tall + 12 if placed else y


def badge(sheet: Sheet, box: Box, words: str, *, size: int = 32, radius: int = 16) -> None:
    """A filled mark with a word in it."""
    sheet.panel(box, fill=sheet.colours.badge, radius=radius)
    inside = (box[0] + 14, box[1], box[2] - 14, box[3])
    sheet.fitted(inside, words, size=size, fill=sheet.colours.badge_ink)


def foot(
    sheet: Sheet,
    store: str,
    link: str,
    *,
    box: Box = FOOT,
    side: int = QR_SIDE,
    said: str = "",
    panel: bool = True,
) -> None:
    """The store, what to do with the code, and the code, in a box that is about as tall as the code.
    Prices are those of the moment, which it says."""
    if panel:
        sheet.panel(box)
    left, top, right, bottom = box
    edge = (bottom - top - side) // 2
    sheet.code(link, (right - edge - side, top + edge, right - edge, top + edge + side))
    wide = right - left - side - 2 * edge - 32
    x, soft = left + 28, sheet.colours.soft
    said = said or _("价格与库存以页面为准")
    say = _("长按识别，或微信扫一扫")
    tall = sheet.height(store, size=34, bold=True, width=wide, lines=2) + 96
    y = top + (bottom - top - tall) // 2
    y = sheet.text((x, y), store, size=34, bold=True, width=wide, lines=2)
    y = sheet.text((x, y + 12), say, size=26, width=wide, fill=soft)
    sheet.text((x, y + 4), said, size=22, width=wide, fill=soft)


def foot_middle(
    sheet: Sheet, store: str, link: str, *, top: int, side: int, ink: str = "", soft: str = ""
) -> None:
    """The same with the code in the middle and the words below it; needs `side` + 140 pixels."""
    left = (WIDTH - side) // 2
    sheet.code(link, (left, top, left + side, top + side))
    x, wide = 72, WIDTH - 144
    y = sheet.text(
        (x, top + side + 16),
        store,
        size=32,
        bold=True,
        width=wide,
        fill=ink or sheet.colours.ink,
        centred=True,
    )
    said = _("长按识别，或微信扫一扫 · 以页面为准")
    sheet.text((x, y + 4), said, size=24, width=wide, fill=soft or sheet.colours.soft, centred=True)


def goods_row(sheet: Sheet, box: Box, goods: PosterGoods, *, word: str) -> None:
    """One of several goods: its photo, its title, its price."""
    left, top, right, bottom = box
    side = bottom - top
    sheet.photo(goods.photo, (left, top, left + side, bottom), word=word, radius=16)
    x, wide = left + side + 24, right - left - side - 24
    tall = sheet.height(goods.title, size=30, bold=True, width=wide, lines=2) + 52
    y = sheet.text(
        (x, top + max(0, (side - tall) // 2)), goods.title, size=30, bold=True, width=wide, lines=2
    )
    price(sheet, (x, y + 4), goods.price_fen, width=wide, size=38, tail=_tail(goods))


def goods_tile(sheet: Sheet, box: Box, goods: PosterGoods, *, word: str) -> None:
    """The same, the photo above."""
    left, top, right, bottom = box
    wide = right - left
    photo = bottom - 104
    sheet.photo(goods.photo, (left, top, right, photo), word=word, radius=16)
    y = sheet.text((left, photo + 6), goods.title, size=24, width=wide)
    price(sheet, (left, y), goods.price_fen, width=wide, size=32, tail=_tail(goods))


def _tail(goods: PosterGoods) -> str:
    return _("起") if goods.has_more else ""
