"""The canvas of a poster: sets Chinese, fits pictures, draws smooth shapes, and the QR code.

Nothing on it is about the person who shares: 《微信外部链接内容管理规范》 bans personal avatars in
such pictures.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import segno
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps, UnidentifiedImageError

WIDTH, HEIGHT = 750, 1200
JPEG_QUALITY = 88
REGULAR, BOLD = 400, 700
SIMPLIFIED = 2  # the face of Noto Sans CJK that draws simplified Chinese
NEVER_FIRST = "，。、；：！？）》」』】”’…,.;:!?)"
LEADING = 1.4
# From the top of a line to its baseline: half of the leading, and the typeface's own ascent.
TO_BASELINE = 0.2 + 0.88
SMOOTH = 3  # shapes are drawn so much larger, as Pillow's own have steps

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Colours:
    """`ground` is the sheet, `panel` what lies on it; `ink` and `soft` are read on the panel, `price`
    too, `bright` on the ground. `badge` is a filled mark, with `badge_ink` on it, `tint` a pale one."""

    ground: str
    panel: str
    ink: str
    soft: str
    price: str
    badge: str
    badge_ink: str
    bright: str
    tint: str


class Sheet:
    """A canvas that knows how to set Chinese. A box is left, top, right, bottom."""

    def __init__(self, colours: Colours) -> None:
        self.colours = colours
        self.image = Image.new("RGB", (WIDTH, HEIGHT), colours.ground)
        self.pen = ImageDraw.Draw(self.image)

    # --- shapes ---
    def panel(self, box: Box, *, fill: str = "", radius: int = 28, shadow: bool = False) -> None:
        """Something to write on."""
        if shadow:
            self._shadow(box, radius)
        self._shape(
            box,
            lambda pen, size: pen.rounded_rectangle(size, radius * SMOOTH, fill=255),
            fill or self.colours.panel,
        )

    def ring(self, box: Box, *, fill: str, width: int = 3, radius: int = -1) -> None:
        """The outline of a rounded box; without a `radius`, an ellipse."""

        def draw(pen: ImageDraw.ImageDraw, size: Box) -> None:
            if radius < 0:
                pen.ellipse(size, outline=255, width=width * SMOOTH)
            else:
                pen.rounded_rectangle(size, radius * SMOOTH, outline=255, width=width * SMOOTH)

        self._shape(box, draw, fill)

    def disc(self, box: Box, *, fill: str) -> None:
        self._shape(box, lambda pen, size: pen.ellipse(size, fill=255), fill)

    def polygon(self, points: list[tuple[int, int]], *, fill: str) -> None:
        xs, ys = [x for x, _y in points], [y for _x, y in points]
        box = (min(xs), min(ys), max(xs) + 1, max(ys) + 1)
        at = [((x - box[0]) * SMOOTH, (y - box[1]) * SMOOTH) for x, y in points]
        self._shape(box, lambda pen, _size: pen.polygon(at, fill=255), fill)

    def stroke(self, points: list[tuple[int, int]], *, fill: str, width: int) -> None:
        """A line with round ends."""
        r = width // 2 + 1
        xs, ys = [x for x, _y in points], [y for _x, y in points]
        box = (min(xs) - r, min(ys) - r, max(xs) + r, max(ys) + r)
        at = [((x - box[0]) * SMOOTH, (y - box[1]) * SMOOTH) for x, y in points]
        half = width * SMOOTH / 2

        def draw(pen: ImageDraw.ImageDraw, _size: Box) -> None:
            pen.line(at, fill=255, width=width * SMOOTH, joint="curve")
            for x, y in at:
                pen.ellipse((x - half, y - half, x + half, y + half), fill=255)

        self._shape(box, draw, fill)

    def dashes(self, left: int, right: int, y: int, *, fill: str) -> None:
        """A line to tear along."""
        for x in range(left, right - 9, 22):
            self.pen.line((x, y, x + 11, y), fill=fill, width=3)

    def shade(self, box: Box, top: str, bottom: str) -> None:
        """A ground that goes from one colour to another."""
        size = (box[2] - box[0], box[3] - box[1])
        mask = Image.linear_gradient("L").resize(size)
        lower = Image.new("RGB", size, bottom)
        self.image.paste(Image.composite(lower, Image.new("RGB", size, top), mask), box[:2])

    # --- pictures ---
    def photo(self, name: str, box: Box, *, word: str, radius: int = 0) -> None:
        """A stored photo that fills the box; a plate with the word on it where there is none."""
        size = (box[2] - box[0], box[3] - box[1])
        picture = photo_read(name)
        if picture is None:
            self._plate(box, word, radius)
            return
        mask = Image.new("L", (size[0] * SMOOTH, size[1] * SMOOTH), 0)
        whole = (0, 0, size[0] * SMOOTH - 1, size[1] * SMOOTH - 1)
        ImageDraw.Draw(mask).rounded_rectangle(whole, radius * SMOOTH, fill=255)
        fitted = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
        self.image.paste(fitted, box[:2], mask.resize(size, Image.Resampling.LANCZOS))

    def code(self, link: str, box: Box) -> None:
        """The QR code, white around it always, in the middle of a square box."""
        code = qr_draw(link, box[2] - box[0] - 16)
        self.panel(box, fill="white", radius=16)
        x = (box[0] + box[2] - code.width) // 2
        y = (box[1] + box[3] - code.height) // 2
        self.image.paste(code, (x, y))

    # --- words ---
    def text(
        self,
        at: tuple[int, int],
        words: str,
        *,
        size: int,
        width: int,
        fill: str = "",
        bold: bool = False,
        lines: int = 1,
        centred: bool = False,
    ) -> int:
        """Set the words from `at` down, in so many lines at most; the y below the last one. No words
        take no room."""
        font = face(size, BOLD if bold else REGULAR)
        x, y = at
        for line in wrap(words, font, width, lines):
            where = (x + width // 2 if centred else x, y + round(size * TO_BASELINE))
            colour = fill or self.colours.ink
            self.pen.text(where, line, font=font, fill=colour, anchor="ms" if centred else "ls")
            y += round(size * LEADING)
        return y

    def height(
        self, words: str, *, size: int, width: int, bold: bool = False, lines: int = 1
    ) -> int:
        """How much room `text` would take."""
        found = wrap(words, face(size, BOLD if bold else REGULAR), width, lines)
        return len(found) * round(size * LEADING)

    def word(
        self, at: tuple[int, int], words: str, *, size: int, fill: str, weight: int = BOLD
    ) -> int:
        """One word on a baseline, as wide as it is; the x behind it."""
        font = face(size, weight)
        self.pen.text(at, words, font=font, fill=fill, anchor="ls")
        return at[0] + round(font.getlength(words))

    def fitted(
        self,
        box: Box,
        words: str,
        *,
        size: int,
        fill: str,
        weight: int = BOLD,
        least: int = 20,
        align: str = "m",
    ) -> None:
        """One line in the middle of a box, or at its left ("l") or right ("r"): smaller where it would
        not fit, cut where even that is too wide."""
        wide = box[2] - box[0]
        while size > least and face(size, weight).getlength(words) > wide:
            size -= 2
        font = face(size, weight)
        (line, *_none) = wrap(words, font, wide, 1) or [""]
        # The middle of Chinese characters and of digits is a bit above the baseline.
        x = {"l": box[0], "m": (box[0] + box[2]) // 2, "r": box[2]}[align]
        where = (x, (box[1] + box[3]) // 2 + round(size * 0.37))
        self.pen.text(where, line, font=font, fill=fill, anchor=f"{align}s")

    def jpeg(self) -> bytes:
        out = io.BytesIO()
        self.image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
        return out.getvalue()

    def _shape(self, box: Box, draw: Callable[[ImageDraw.ImageDraw, Box], None], fill: str) -> None:
        size = (box[2] - box[0], box[3] - box[1])
        mask = Image.new("L", (size[0] * SMOOTH, size[1] * SMOOTH), 0)
        draw(ImageDraw.Draw(mask), (0, 0, mask.width - 1, mask.height - 1))
        self.image.paste(fill, box, mask.resize(size, Image.Resampling.BOX))

    def _shadow(self, box: Box, radius: int) -> None:
        mask = Image.new("L", (WIDTH, HEIGHT), 0)
        lower = (box[0] + 4, box[1] + 10, box[2] - 4, box[3] + 10)
        ImageDraw.Draw(mask).rounded_rectangle(lower, radius, fill=70)
        self.image.paste("black", (0, 0), mask.filter(ImageFilter.GaussianBlur(14)))

    def _plate(self, box: Box, word: str, radius: int) -> None:
        """What stands for a photo: a seal on a tinted ground."""
        self.panel(box, fill=self.colours.tint, radius=radius)
        wide, tall = box[2] - box[0], box[3] - box[1]
        side = round(min(wide, tall) * 0.46)
        left, top = (box[0] + box[2] - side) // 2, (box[1] + box[3] - side) // 2
        seal = (left, top, left + side, top + side)
        edge = max(3, side // 40)
        self.ring(seal, fill=self.colours.badge, width=edge, radius=side // 8)
        inside = (left + 3 * edge, top, left + side - 3 * edge, top + side)
        self.fitted(inside, word, size=round(side * 0.4), fill=self.colours.badge)


def wrap(words: str, font: ImageFont.FreeTypeFont, width: int, lines: int) -> list[str]:
    """The words in at most so many lines of at most `width` pixels, the last one cut with “…”; no
    words are no lines.

    A line does not begin with a mark that closes something, and Latin words stay whole where they
    fit.
    """
    kept = "".join(one for one in words if one.isprintable() or one.isspace())
    rest = " ".join(kept.split())
    found: list[str] = []
    while rest and len(found) < lines:
        fits = _fitting(rest, font, width)
        if fits == len(rest):
            found.append(rest)
            break
        if len(found) == lines - 1:
            found.append(rest[: _fitting(rest, font, width, tail="…")].rstrip() + "…")
            break
        cut = _break(rest, fits)
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return found


def _fitting(words: str, font: ImageFont.FreeTypeFont, width: float, *, tail: str = "") -> int:
    """How many characters fit with `tail` behind them: together they may be wider than one by one."""
    fits = len(words)
    while fits > 1 and font.getlength(words[:fits].rstrip() + tail) > width:
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


@lru_cache(maxsize=64)
def face(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The poster's typeface in pixels; a variable font is set to `weight`, another is as it is."""
    index = SIMPLIFIED if settings.POSTER_FONT.endswith(".ttc") else 0
    font = ImageFont.truetype(settings.POSTER_FONT, size, index=index)
    try:
        font.set_variation_by_axes([weight])
    except OSError:  # not a variable font
        pass
    return font
