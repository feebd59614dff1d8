"""What a poster has drawn, and where: texts, and the surfaces that they lie on."""

import io
from dataclasses import dataclass
from unittest.mock import patch

import zxingcpp
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw

from sharing.posters.kinds import poster_draw, poster_kind
from sharing.posters.sheet import HEIGHT, WIDTH, Sheet
from sharing.posters.spec import PosterAbout, PosterSpec

LINK = "https://shop.example/p/pro_abcdefghijklmnopqrstuv/?s=abcdefghijkl"
LONG_TITLE = "吕梁山里老树晒足四十天的特级滩枣礼盒装 Organic 2.5kg 送长辈送同事逢年过节都合适，颗颗饱满肉厚核小"
LONG_STORE = "吕梁山区枣农合作社直营旗舰专卖小店（离石区滨河北中路总店，常年有货）"
MANY = 99_999_900
EDGE = 16
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Mark:
    """A text with its words, or a surface without any, or a line; in the order of drawing."""

    box: Box
    words: str = ""
    is_line: bool = False


@dataclass(frozen=True)
class Drawing:
    """A poster's JPEG, and everything that was drawn on it."""

    data: bytes
    marks: tuple[Mark, ...]

    @property
    def words(self) -> str:
        """All texts, one a line."""
        return "\n".join(mark.words for mark in self.marks if mark.words)

    @property
    def codes(self) -> list[str]:
        picture = Image.open(io.BytesIO(self.data))
        assert (picture.format, picture.size) == ("JPEG", (WIDTH, HEIGHT))
        return [one.text for one in zxingcpp.read_barcodes(picture)]

    def is_struck(self, words: str) -> bool:
        """Whether a line goes through that text."""
        (text,) = [mark for mark in self.marks if mark.words == words]
        left, top, right, bottom = text.box
        return any(
            line.box[0] <= left and line.box[2] >= right and top < line.box[1] < bottom
            for line in self.marks
            if line.is_line
        )

    def faults(self) -> list[str]:
        """Texts that leave the sheet, lie on each other, cross an edge, or are covered."""
        found = []
        for number, mark in enumerate(self.marks):
            if not mark.words:
                continue
            box = mark.box
            if min(box[0], box[1]) < EDGE or box[2] > WIDTH - EDGE or box[3] > HEIGHT - EDGE:
                found.append(f"{mark.words} leaves the sheet: {box}")
            below = [one for one in self.marks[:number] if _is_surface(one) and _meet(one.box, box)]
            if below and not _contains(below[-1].box, box):
                found.append(f"{mark.words} crosses an edge of {below[-1].box}: {box}")
            for later in self.marks[number + 1 :]:
                if not later.is_line and _meet(later.box, box):
                    found.append(f"{mark.words} lies under {later.words or later.box}: {box}")
        return found


def photo_make() -> str:
    """The storage name of a photo."""
    out = io.BytesIO()
    Image.effect_noise((300, 240), 80).convert("RGB").save(out, "JPEG")
    return default_storage.save("p/goods.jpg", ContentFile(out.getvalue()))


def spec_make(
    kind: str,
    style: str,
    about: PosterAbout,
    *,
    title: str = "吕梁滩枣 5 斤",
    desc: str = "晒足四十天",
    store: str = "枣农小店",
) -> PosterSpec:
    return PosterSpec(kind, title, desc, store, LINK, style, about)


def long_spec_make(kind: str, style: str, about: PosterAbout) -> PosterSpec:
    """The same with as many words as there can be."""
    assert len(LONG_TITLE) > 55
    return spec_make(kind, style, about, title=LONG_TITLE, desc="新" * 80, store=LONG_STORE)


def styles_of(kind: str) -> tuple[str, ...]:
    found = poster_kind(kind)
    assert found is not None
    return tuple(found.templates)


def drawing(spec: PosterSpec) -> Drawing:
    """Draw the poster, and look on."""
    marks: list[Mark] = []
    plain_text, plain_line = ImageDraw.ImageDraw.text, ImageDraw.ImageDraw.line

    def text(pen, xy, words, *args, **how):
        where = pen.textbbox(xy, words, font=how["font"], anchor=how["anchor"])
        marks.append(Mark(where, words))
        return plain_text(pen, xy, words, *args, **how)

    def line(pen, xy, *args, **how):
        if pen.im.size == (WIDTH, HEIGHT) and len(xy) == 4:
            marks.append(Mark(tuple(xy), is_line=True))
        return plain_line(pen, xy, *args, **how)

    def looked_at(plain):
        def surface(sheet, where, *args, **how):
            marks.append(Mark(where if isinstance(where, tuple) else args[0]))
            return plain(sheet, where, *args, **how)

        return surface

    seen = {name: looked_at(getattr(Sheet, name)) for name in ("panel", "disc", "photo", "code")}
    with (
        patch.object(ImageDraw.ImageDraw, "text", text),
        patch.object(ImageDraw.ImageDraw, "line", line),
        patch.multiple(Sheet, **seen),
    ):
        data = poster_draw(spec)
    return Drawing(data, tuple(marks))


def _is_surface(mark: Mark) -> bool:
    return not mark.words and not mark.is_line


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _contains(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[2] >= inner[2]
        and outer[3] >= inner[3]
    )
