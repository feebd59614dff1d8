"""Which kinds of pages have posters, and how each may look: the apps whose pages they are register
them, so that a poster is drawn here without knowing them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from sharing.posters.sheet import Colours, Sheet
from sharing.posters.spec import PosterAbout, PosterSpec

# Draws the poster; the last argument is the spec's `about`, as the kind's own class.
Draw = Callable[[Sheet, PosterSpec, Any], None]


@dataclass(frozen=True)
class Template:
    """One look: the name that a person chooses it by, its colours, its layout."""

    label: str | Promise
    colours: Colours
    draw: Draw


@dataclass(frozen=True)
class PosterKind:
    """What a kind tells of its pages, and its templates by name; the first one is the usual one."""

    about: type[PosterAbout]
    templates: Mapping[str, Template]


_kinds: dict[str, PosterKind] = {}


def poster_register(kind: str, about: type[PosterAbout], templates: Mapping[str, Template]) -> None:
    """From an app's `ready()`: how the pages of a kind of share link look as posters."""
    _kinds[kind] = PosterKind(about, templates)


def poster_kind(kind: str) -> PosterKind | None:
    """None for pages that have no poster."""
    return _kinds.get(kind)


def poster_kinds() -> Mapping[str, PosterKind]:
    return dict(_kinds)


def spec_unpack(told: dict[str, Any]) -> PosterSpec:
    """What `PosterSpec.packed` made, from the queue. Raises KeyError or TypeError for anything else."""
    about = _kinds[told["kind"]].about.read(told["about"])
    return PosterSpec(**{**told, "about": about})


def poster_draw(spec: PosterSpec) -> bytes:
    """The poster as JPEG, WIDTH × HEIGHT."""
    template = _kinds[spec.kind].templates[spec.style]
    sheet = Sheet(template.colours)
    template.draw(sheet, spec, spec.about)
    return sheet.jpeg()
