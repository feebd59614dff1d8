"""Posters of bargains: the price now, where it began, the floor and the helpers, in each template."""

import pytest

from campaigns.bargain.models import Bargain
from campaigns.bargain.posters import BargainPoster
from campaigns.bargain.tests.factories import campaign_make, give, launch
from core import clock
from sharing.pages import poster_read
from sharing.tests.drawings import (
    LINK,
    MANY,
    drawing,
    long_spec_make,
    photo_make,
    spec_make,
    styles_of,
)

STYLES = ("ruler", "steps", "tag")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def about(**changes):
    values = {
        "price_fen": 4520,
        "list_fen": 5900,
        "floor_fen": 2900,
        "helps": 4,
        "helpers": 9,
        "ends_at": "2026-11-29T12:30:00+00:00",
    }
    return BargainPoster(**values | changes)


def test_there_are_three_templates():
    assert styles_of("bargain") == STYLES


@pytest.mark.parametrize("style", STYLES)
def test_a_poster_says_what_it_costs_now_and_how_low_it_goes(style):
    drawn = drawing(spec_make("bargain", style, about(photo=photo_make())))
    for said in (
        "现价",
        "45.20",
        "底价",
        "¥29.00",
        "¥59.00",
        "4 / 9 人帮砍",
        "11月29日 20:30 截止",
    ):
        assert said in drawn.words, said
    assert drawn.codes == [LINK]
    assert drawn.faults() == []


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("helps", "with_photo"), [(0, True), (1, False), (100, True)])
def test_long_words_and_large_sums_keep_their_places(style, helps, with_photo):
    told = about(
        photo=photo_make() if with_photo else "",
        price_fen=MANY - helps,
        list_fen=MANY,
        floor_fen=MANY - 100,
        helps=helps,
        helpers=100,
    )
    drawn = drawing(long_spec_make("bargain", style, told))
    assert drawn.faults() == []
    assert "底价 ¥999998.00" in drawn.words or {"底价", "¥999998.00"} <= set(
        drawn.words.splitlines()
    )
    assert drawn.codes == [LINK]


def test_the_way_to_the_floor_is_between_its_ends():
    ways = [about(price_fen=price).way for price in (5900, 4400, 2900)]
    assert ways == [0.0, 0.5, 1.0]


@pytest.mark.django_db
def test_the_page_tells_its_poster_how_it_stands_while_it_runs(client):
    bargain = launch(campaign_make())
    give(bargain)
    bargain.refresh_from_db()
    path = f"/b/{bargain.public_id}/mine/"
    *_rest, told = poster_read(client.get(path).context["card"].poster)
    assert (told.price_fen, told.list_fen, told.floor_fen) == (
        bargain.price_fen,
        bargain.list_fen,
        bargain.floor_fen,
    )
    assert (told.helps, told.helpers) == (1, bargain.helpers)
    Bargain.objects.filter(pk=bargain.pk).update(deadline_at=clock.now())
    assert client.get(path).context["card"].poster == ""
