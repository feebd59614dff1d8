"""Provinces as a merchant writes them: 广东、新疆, or 江浙沪."""

import re
from functools import lru_cache

from django.utils.translation import gettext as _

from accounts.divisions import division_children, division_get

# How the official names end; people leave it out.
ENDINGS = (
    *("维吾尔自治区", "壮族自治区", "回族自治区"),
    *("特别行政区", "自治区", "省", "市"),
)
# What merchants call several provinces at once, by the first two digits of their codes.
TOGETHER = {
    "江浙沪": ("32", "33", "31"),
    "京津冀": ("11", "12", "13"),
    "东三省": ("21", "22", "23"),
    "港澳": ("81", "82"),
    "偏远地区": ("15", "54", "62", "63", "64", "65"),
}


class UnknownProvince(ValueError):
    """A word that names no province; the message says which, for the merchant."""


def provinces_read(text: str) -> list[str]:
    """The codes of the provinces that a text names, each once. Raises UnknownProvince."""
    found: list[str] = []
    for word in re.split(r"[、,，;；\s]+", text.strip()):
        if word:
            found += [code for code in _codes(word) if code not in found]
    return found


def provinces_write(codes: list[str]) -> str:
    """ "广东、新疆", in the order that was given."""
    return "、".join(province_short(code) for code in codes)


def province_short(code: str) -> str:
    """ "广东" for 广东省's code; the code itself when the list does not know it."""
    found = division_get(code)
    return _bare(found.name) if found else code


def _codes(word: str) -> list[str]:
    for name, digits in TOGETHER.items():
        if word == name:
            return [code for code in _known().values() if code[:2] in digits]
    code = _known().get(_bare(word))
    if code is None:
        raise UnknownProvince(
            _("“%(word)s”不是省份名。请写省、自治区或直辖市，例如：广东、新疆。") % {"word": word}
        )
    return [code]


def _bare(name: str) -> str:
    return next((name.removesuffix(one) for one in ENDINGS if name.endswith(one)), name)


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    return {province_short(one.code): one.code for one in division_children()}
