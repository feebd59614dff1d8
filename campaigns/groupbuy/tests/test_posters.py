"""Posters of groups: the seats that are left, both prices and the deadline, in each template."""

import pytest

from campaigns.groupbuy.posters import GroupPoster
from campaigns.groupbuy.tests.factories import campaign_make, group_open
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

STYLES = ("seats", "duel", "ticket")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def about(**changes):
    values = {
        "price_fen": 3990,
        "has_more": False,
        "alone_fen": 5900,
        "size": 3,
        "left": 1,
        "missing": 1,
        "ends_at": "2026-11-29T12:30:00+00:00",
    }
    return GroupPoster(**values | changes)


def test_there_are_three_templates():
    assert styles_of("group") == STYLES


@pytest.mark.parametrize("style", STYLES)
def test_a_poster_says_who_is_missing_for_which_price_until_when(style):
    drawn = drawing(spec_make("group", style, about(photo=photo_make())))
    for said in ("3 人团", "还差 1 人成团", "39.90", "59.00", "单独购买", "11月29日 20:30 截止"):
        assert said in drawn.words, said
    assert drawn.codes == [LINK]
    assert drawn.faults() == []
    enough = drawing(spec_make("group", style, about(missing=0, has_more=True)))
    assert "人数已够，还有 1 席" in enough.words
    assert "起" in enough.words.splitlines()
    nearly = drawing(spec_make("group", style, about(size=10, left=8, missing=1)))
    assert "还差 1 人成团" in nearly.words


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("size", "with_photo"), [(2, True), (20, False), (99, True)])
def test_long_words_and_large_sums_keep_their_places(style, size, with_photo):
    told = about(
        photo=photo_make() if with_photo else "",
        price_fen=MANY - 100,
        alone_fen=MANY,
        has_more=True,
        size=size,
        left=size - 1,
        missing=0 if size > 2 else 1,
    )
    drawn = drawing(long_spec_make("group", style, told))
    assert drawn.faults() == []
    assert "999998.00" in drawn.words and "999999.00" in drawn.words
    assert drawn.codes == [LINK]


def test_every_seat_is_a_mark_and_very_many_are_a_bar():
    def marks(**changes):
        return len(drawing(spec_make("group", "seats", about(**changes))).marks)

    assert marks(size=6, left=1) > marks(size=5, left=1) > marks(size=99, left=1)


def test_without_a_lower_price_nothing_is_said_to_be_saved():
    words = drawing(spec_make("group", "duel", about())).words
    assert "每件省 19.10 元" in words
    assert "每件省" not in drawing(spec_make("group", "duel", about(alone_fen=3990))).words


@pytest.mark.django_db(transaction=True)
def test_the_page_tells_its_poster_how_the_group_stands(client):
    campaign, sku = campaign_make(size=3, ending="complete", least=2)
    group = group_open(campaign, sku)[0]
    card = client.get(f"/g/{group.public_id}/mine/").context["card"]
    *_rest, told = poster_read(card.poster)
    assert (told.size, told.left, told.missing) == (3, 2, 1)
    assert (told.price_fen, told.alone_fen) == (4900, sku.price_fen)
    assert told.ends_at == group.deadline_at.isoformat()
