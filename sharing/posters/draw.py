"""A poster, drawn by Pillow: three layouts that every kind of page can wear.

Nothing in it is about the person who shares: 《微信外部链接内容管理规范》 bans personal avatars in
such pictures, and prices are those of the moment, which the foot says.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import segno
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from core.money import yuan
from sharing.posters.spec import PosterSpec

WIDTH, HEIGHT, MARGIN = 750, 1200, 48
QR_SIDE = 208
JPEG_QUALITY = 88
REGULAR, BOLD = 400, 700
SIMPLIFIED = 2  # the face of Noto Sans CJK that draws simplified Chinese
NEVER_FIRST = "，。、；：！？）》」』】”’…,.;:!?)"


@dataclass(frozen=True)
class Colours:
    """`ground` is the sheet, `panel` what lies on it."""

    ground: str
    panel: str
    ink: str
    soft: str
    price: str
    badge: str
    badge_ink: str


PAPER = Colours("#ffffff", "#f6f1ea", "#241d18", "#6b5f55", "#b3261e", "#b3261e", "#ffffff")
FEAST = Colours("#a51d17", "#fffaf3", "#3a1512", "#7d5a50", "#b3261e", "#f4d58d", "#5c1a12")
FIELD = Colours("#efe3cb", "#fbf6ea", "#26361f", "#5d6650", "#8a3b12", "#3f5a2f", "#ffffff")


def poster_draw(spec: PosterSpec) -> bytes:
    """The poster as JPEG, WIDTH × HEIGHT. Without a photo that can be read, its code is large."""
    _label, colours, layout = STYLES[spec.style]
    sheet = Sheet(colours)
    if photo_read(spec.about.photo) is None:
        layout = _bare
    layout(sheet, spec)
    return sheet.jpeg()


class Sheet:
    """A canvas that knows how to set Chinese."""

    def __init__(self, colours: Colours) -> None:
        self.colours = colours
        self.image = Image.new("RGB", (WIDTH, HEIGHT), colours.ground)
        self.pen = ImageDraw.Draw(self.image)

    def panel(self, box: tuple[int, int, int, int], radius: int = 28) -> None:
        self.pen.rounded_rectangle(box, radius, fill=self.colours.panel)

    def photo(self, name: str, box: tuple[int, int, int, int], radius: int = 0) -> None:
        picture = photo_read(name)
        assert picture is not None, "a layout with a photo was chosen without one"
        left, top, right, bottom = box
        size = (right - left, bottom - top)
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, *size), radius, fill=255)
        self.image.paste(ImageOps.fit(picture, size, Image.Resampling.LANCZOS), box[:2], mask)

    def text(
        self,
        at: tuple[int, int],
        words: str,
        *,
        size: int,
        fill: str = "",
        bold: bool = False,
        width: int = WIDTH - 2 * MARGIN,
        lines: int = 1,
    ) -> int:
        """Set the words from `at` down, in so many lines at most; the y below the last one."""
        font = face(size, BOLD if bold else REGULAR)
        x, y = at
        for line in wrap(words, font, width, lines):
            self.pen.text((x, y), line, font=font, fill=fill or self.colours.ink, anchor="lt")
            y += round(size * 1.4)
        return y

    def price(self, at: tuple[int, int], spec: PosterSpec) -> None:
        """“¥39.90”, what it was struck through, and the note as a badge, on one line."""
        x, y = at
        about, base = spec.about, y + 60
        if about.price_fen is not None:
            x = self._word((x, base), "¥", size=36, fill=self.colours.price) + 4
            x = self._word((x, base), yuan(about.price_fen), size=68, fill=self.colours.price) + 16
        if about.was_fen is not None:
            was = f"¥{yuan(about.was_fen)}"
            end = self._word((x, base), was, size=28, fill=self.colours.soft, weight=REGULAR)
            self.pen.line((x, base - 10, end, base - 10), fill=self.colours.soft, width=2)
            x = end + 20
        if about.note:
            font = face(28, BOLD)
            wide = round(font.getlength(about.note)) + 32
            if x + wide > WIDTH - MARGIN:
                x, base = at[0], base + 64
            box = (x, base - 42, x + wide, base + 10)
            self.pen.rounded_rectangle(box, 26, fill=self.colours.badge)
            where = (x + wide // 2, base - 16)
            self.pen.text(where, about.note, font=font, fill=self.colours.badge_ink, anchor="mm")

    def foot(self, spec: PosterSpec, *, top: int, left: int = MARGIN) -> None:
        """The store, what to do with the code, and the code itself, white around it always."""
        right = WIDTH - left
        code = qr_draw(spec.link, QR_SIDE)
        where = (right - code.width, top)
        box = (where[0] - 8, top - 8, right + 8, top + code.height + 8)
        self.pen.rounded_rectangle(box, 16, fill="white")
        self.image.paste(code, where)
        wide = where[0] - left - 32
        y = self.text((left, top + 10), spec.store, size=34, bold=True, width=wide, lines=2)
        say = _("长按识别，或微信扫一扫")
        y = self.text((left, y + 12), say, size=26, width=wide, fill=self.colours.soft)
        said = _("价格与库存以页面为准")
        self.text((left, y + 4), said, size=22, width=wide, fill=self.colours.soft)

    def jpeg(self) -> bytes:
        out = io.BytesIO()
        self.image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
        return out.getvalue()

    def _word(
        self, at: tuple[int, int], words: str, *, size: int, fill: str, weight: int = BOLD
    ) -> int:
        font = face(size, weight)
        self.pen.text(at, words, font=font, fill=fill, anchor="ls")
        return at[0] + round(font.getlength(words))


def _card(sheet: Sheet, spec: PosterSpec) -> None:
    """The photo fills the upper half, the words stand below it."""
    sheet.photo(spec.about.photo, (0, 0, WIDTH, 610))
    y = sheet.text((MARGIN, 642), spec.title, size=42, bold=True, lines=2)
    y = sheet.text((MARGIN, y + 6), spec.desc, size=26, fill=sheet.colours.soft)
    sheet.price((MARGIN, y + 10), spec)
    sheet.panel((24, HEIGHT - 272, WIDTH - 24, HEIGHT - 24))
    sheet.foot(spec, top=HEIGHT - 252)


def _frame(sheet: Sheet, spec: PosterSpec) -> None:
    """A panel on red, with the store's name above it."""
    font = face(40, BOLD)
    name = wrap(spec.store, font, WIDTH - 2 * MARGIN, 1)[0]
    where = (WIDTH // 2, 64)
    sheet.pen.text(where, name, font=font, fill=sheet.colours.badge, anchor="mm")
    sheet.panel((28, 120, WIDTH - 28, HEIGHT - 28))
    sheet.photo(spec.about.photo, (52, 144, WIDTH - 52, 664), 18)
    wide = WIDTH - 2 * 60
    y = sheet.text((60, 692), spec.title, size=38, bold=True, lines=2, width=wide)
    sheet.price((60, y + 4), spec)
    sheet.foot(spec, top=HEIGHT - 268, left=60)


def _letter(sheet: Sheet, spec: PosterSpec) -> None:
    """The words first, like a letter from the farm; then the photo."""
    y = sheet.text((MARGIN, 56), spec.title, size=50, bold=True, lines=2)
    y = sheet.text((MARGIN, y + 6), spec.desc, size=28, lines=2, fill=sheet.colours.soft)
    top = y + 20
    bottom = max(top + 360, HEIGHT - 412)
    sheet.photo(spec.about.photo, (MARGIN, top, WIDTH - MARGIN, bottom), 24)
    sheet.price((MARGIN, bottom + 16), spec)
    sheet.panel((24, HEIGHT - 272, WIDTH - 24, HEIGHT - 24))
    sheet.foot(spec, top=HEIGHT - 252)


def _bare(sheet: Sheet, spec: PosterSpec) -> None:
    """Without a photo the code itself is the picture."""
    sheet.panel((28, 28, WIDTH - 28, HEIGHT - 28))
    y = sheet.text((72, 84), spec.title, size=50, bold=True, lines=2, width=WIDTH - 144)
    soft = sheet.colours.soft
    y = sheet.text((72, y + 8), spec.desc, size=28, lines=2, width=WIDTH - 144, fill=soft)
    sheet.price((72, y + 8), spec)
    code = qr_draw(spec.link, 460)
    left, top = (WIDTH - code.width) // 2, 440
    box = (left - 16, top - 16, left + code.width + 16, top + code.height + 16)
    sheet.pen.rounded_rectangle(box, 24, fill="white")
    sheet.image.paste(code, (left, top))
    y = box[3] + 48
    for words, size, weight, fill in (
        (spec.store, 36, BOLD, sheet.colours.ink),
        (_("长按识别，或微信扫一扫"), 28, REGULAR, soft),
    ):
        font = face(size, weight)
        line = wrap(words, font, WIDTH - 144, 1)[0]
        sheet.pen.text((WIDTH // 2, y), line, font=font, fill=fill, anchor="mm")
        y += 54


# The name that a person chooses by, the colours, the layout. The first one is the usual one.
STYLES: dict[str, tuple[str | Promise, Colours, Callable[[Sheet, PosterSpec], None]]] = {
    "card": (gettext_lazy("简洁"), PAPER, _card),
    "frame": (gettext_lazy("喜庆"), FEAST, _frame),
    "letter": (gettext_lazy("乡野"), FIELD, _letter),
}


def wrap(words: str, font: ImageFont.FreeTypeFont, width: int, lines: int) -> list[str]:
    """The words in at most so many lines of at most `width` pixels, the last one cut with “…”.

    A line does not begin with a mark that closes something, and Latin words stay whole where they
    fit.
    """
    rest = "".join(one for one in " ".join(words.split()) if one.isprintable())
    found: list[str] = []
    while rest and len(found) < lines:
        fits = _fitting(rest, font, width)
        if fits == len(rest):
            found.append(rest)
            break
        if len(found) == lines - 1:
            found.append(rest[: _fitting(rest, font, width - font.getlength("…"))].rstrip() + "…")
            break
        cut = _break(rest, fits)
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return found or [""]


def _fitting(words: str, font: ImageFont.FreeTypeFont, width: float) -> int:
    fits = len(words)
    while fits > 1 and font.getlength(words[:fits]) > width:
        fits -= 1
    return fits


def _break(words: str, fits: int) -> int:
    cut = fits
    while cut > 1 and words[cut] in NEVER_FIRST:
        cut -= 1
    if _latin(words[cut - 1]) and _latin(words[cut]):
        start = cut
        while start > 0 and _latin(words[start - 1]):
            start -= 1
        cut = start or cut
    return cut


def _latin(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in ".-_")


def photo_read(name: str) -> Image.Image | None:
    """A stored photo; None when there is none, or it cannot be read."""
    if not name:
        return None
    try:
        with default_storage.open(name) as file:
            return Image.open(io.BytesIO(file.read())).convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError):
        return None


def qr_draw(link: str, side: int) -> Image.Image:
    """The link as a QR code of about `side` pixels, every module a whole number of them."""
    code = segno.make(link, error="m", micro=False)
    modules = code.symbol_size(border=2)[0]
    out = io.BytesIO()
    code.save(out, kind="png", border=2, scale=max(3, side // modules))
    return Image.open(out).convert("RGB")


@lru_cache(maxsize=32)
def face(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The poster's typeface in pixels; a variable font is set to `weight`, another is as it is."""
    index = SIMPLIFIED if settings.POSTER_FONT.endswith(".ttc") else 0
    font = ImageFont.truetype(settings.POSTER_FONT, size, index=index)
    try:
        font.set_variation_by_axes([weight])
    except OSError:  # not a variable font
        pass
    return font
