"""Posters of flash offers: the slot, both prices and the quota, in each of the three templates."""

import pytest

from campaigns.flash.posters import FlashPoster
from sharing.tests.drawings import (
    LINK,
    MANY,
    drawing,
    long_spec_make,
    photo_make,
    spec_make,
    styles_of,
)

STYLES = ("clock", "blaze", "leaf")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def about(**changes):
    values = {
        "price_fen": 3900,
        "list_fen": 5900,
        "sku": "5 斤装",
        "quota": 50,
        "per_person": 2,
        "starts_at": "2026-11-29T02:00:00+00:00",
        "ends_at": "2026-11-29T04:00:00+00:00",
    }
    return FlashPoster(**values | changes)


def test_there_are_three_templates():
    assert styles_of("flash") == STYLES


@pytest.mark.parametrize("style", STYLES)
def test_a_poster_says_when_for_how_much_and_how_many(style):
    drawn = drawing(spec_make("flash", style, about(photo=photo_make())))
    words = drawn.words
    for said in (
        "吕梁滩枣 5 斤",
        "39.00",
        "10:00–12:00",
        "限量 50 件",
        "每人限购 2 件",
        "5 斤装",
        "单独购买",
    ):
        assert said in words, said
    assert "11月29日" in words or {"11月", "29"} <= set(words.splitlines())
    assert drawn.is_struck("¥59.00") and not drawn.is_struck("39.00")
    assert drawn.codes == [LINK]
    assert drawn.faults() == []


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("with_photo", [True, False])
def test_long_words_and_large_sums_keep_their_places(style, with_photo):
    told = about(
        photo=photo_make() if with_photo else "p/lost.webp",
        price_fen=MANY - 100,
        list_fen=MANY,
        sku="规" * 30,
        quota=99_999,
        per_person=999,
    )
    drawn = drawing(long_spec_make("flash", style, told))
    assert drawn.faults() == []
    assert "999998.00" in drawn.words and "¥999999.00" in drawn.words
    assert drawn.codes == [LINK]


def test_the_templates_differ():
    drawn = {drawing(spec_make("flash", style, about())).data for style in STYLES}
    assert len(drawn) == len(STYLES)
