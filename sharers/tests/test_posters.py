"""Posters of showcases: what is recommended, in each template; nothing of what sharing earns."""

import pytest

from sharers.posters import ShowcasePoster
from sharing.posters.spec import PosterGoods
from sharing.tests.drawings import (
    LINK,
    MANY,
    drawing,
    long_spec_make,
    photo_make,
    spec_make,
    styles_of,
)

STYLES = ("list", "tiles", "note")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def goods(number, *, photo="", title="滩枣", price_fen=5900, has_more=False):
    return tuple(PosterGoods(f"{title}{n}", price_fen, photo, has_more) for n in range(number))


def test_there_are_three_templates():
    assert styles_of("showcase") == STYLES


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_poster_shows_what_is_recommended(style, number):
    told = ShowcasePoster(goods=goods(number, photo=photo_make()))
    drawn = drawing(spec_make("showcase", style, told, title="李梅的好物"))
    assert "李梅的好物" in drawn.words
    assert drawn.words.splitlines().count("59.00") == number
    assert all(f"滩枣{n}" in drawn.words for n in range(number))
    assert drawn.codes == [LINK]
    assert drawn.faults() == []


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_long_words_and_large_sums_keep_their_places(style, number):
    long = goods(number, title="吕梁山里老树晒足四十天的特级滩枣", price_fen=MANY, has_more=True)
    drawn = drawing(long_spec_make("showcase", style, ShowcasePoster(goods=long)))
    assert drawn.faults() == []
    assert drawn.words.splitlines().count("999999.00") == number
    assert drawn.codes == [LINK]
