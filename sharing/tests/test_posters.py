"""Posters: what they say, that their code leads home, and that they are drawn once."""

import io
from datetime import timedelta

import pytest
import zxingcpp
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts.tests.factories import user_make
from core.photos import derivative, photo_store
from sharing.models import ShareLink
from sharing.pages import ShareTarget, poster_read, poster_sign
from sharing.posters import draw, services
from sharing.posters.draw import HEIGHT, STYLES, WIDTH, face, poster_draw, wrap
from sharing.posters.queue import poster_claim, poster_order, poster_unclaim
from sharing.posters.services import poster_keep, poster_url, posters_forget
from sharing.posters.spec import PosterAbout, PosterSpec
from sharing.tasks import poster_keep as task
from sharing.views import PATIENCE
from stores.tests.factories import store_make
from tests import cast

LINK = "https://shop.example/p/pro_abcdefghijklmnopqrstuv/?s=abcdefghijkl"
NOTES = {"product": "", "group": "3 人团，单买 ¥88.00", "store": ""}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cache.clear()


@pytest.fixture
def photo(media):
    picture = Image.effect_noise((900, 700), 80).convert("RGB")
    return derivative(photo_store(picture).name, 960)


@pytest.fixture
def now():
    return timezone.now()


def spec(*, style="card", title="吕梁滩枣 5 斤", desc="晒足四十天", **about):
    return PosterSpec(title, desc, "枣农小店", LINK, style, PosterAbout(**about))


def codes(data):
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.size) == ("JPEG", (WIDTH, HEIGHT))
    return [one.text for one in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", NOTES)
@pytest.mark.parametrize("with_photo", [True, False])
def test_the_code_leads_where_it_should_in_every_style(photo, style, kind, with_photo):
    price = None if kind == "store" else 3990
    drawn = poster_draw(
        spec(
            style=style,
            title="特别特别长的标题 With Latin Words 也要放得下" * 4,
            price_fen=price,
            was_fen=price and 4990,
            note=NOTES[kind],
            photo=photo if with_photo else "",
        )
    )
    assert codes(drawn) == [LINK]


def test_the_styles_differ(photo):
    assert len({poster_draw(spec(style=style, photo=photo)) for style in STYLES}) == len(STYLES)


@pytest.mark.parametrize("content", [None, b"not a photo"])
def test_a_photo_that_is_lost_or_broken_leaves_a_poster(content):
    if content:
        default_storage.save("p/broken.webp", io.BytesIO(content))
    assert codes(poster_draw(spec(photo="p/broken.webp"))) == [LINK]


@given(st.text(max_size=80), st.integers(1, 3))
def test_lines_fit_and_nothing_is_lost_but_what_is_cut(words, lines):
    font = face(30, 400)
    found = wrap(words, font, 300, lines)
    assert 1 <= len(found) <= lines
    assert all(len(line) <= 2 or font.getlength(line) <= 300 for line in found)
    whole = "".join(one for one in words if one.isprintable() and not one.isspace())
    shown = "".join(found).replace(" ", "")
    if found[-1].endswith("…") and not whole.endswith("…"):
        assert whole.startswith("".join(shown[:-1].split()))


def test_marks_do_not_begin_a_line():
    for line in wrap("一二三四五六七八九十，一二三四五六七八九十。", face(30, 400), 300, 3)[1:]:
        assert line[0] not in draw.NEVER_FIRST


def test_a_latin_word_stays_whole():
    assert wrap("黄小米 Organic Millet 2.5kg 装", face(40, 700), 320, 3)[1].startswith(
        "Millet 2.5kg"
    )


# --- kept ---
def test_a_poster_is_drawn_once(now, monkeypatch):
    drawings = []
    monkeypatch.setattr(services, "poster_draw", lambda one: drawings.append(one) or b"jpeg")
    first = poster_keep(spec(), now=now)
    assert poster_keep(spec(), now=now) == first
    assert poster_keep(spec(title="别的"), now=now) != first
    assert len(drawings) == 2


def test_two_who_draw_at_once_leave_one_picture(now, monkeypatch):
    def drawn_meanwhile(one):
        monkeypatch.setattr(services, "poster_draw", lambda _: b"first")
        poster_keep(one, now=now)
        return b"second"

    monkeypatch.setattr(services, "poster_draw", drawn_meanwhile)
    name = poster_keep(spec(), now=now)
    folder = name.rpartition("/")[0]
    assert default_storage.listdir(folder)[1] == [name.rpartition("/")[2]]
    assert default_storage.open(name).read() == b"first"


def test_a_worker_draws_what_the_queue_carried(now, monkeypatch):
    sent = []
    monkeypatch.setattr(
        "sharing.tasks.poster_keep.apply_async", lambda args, **_: sent.append(args)
    )
    wanted = spec(price_fen=3990)
    poster_order(wanted, now=now)
    assert poster_url(wanted, now=now) is None
    ((packed,),) = sent
    poster_keep(PosterSpec.unpacked(packed), now=now)
    assert poster_url(wanted, now=now).endswith(f"{wanted.key()}.jpg")


def test_without_a_broker_it_is_drawn_at_once(now, monkeypatch):
    def down(*_args, **_kwargs):
        raise ConnectionError

    monkeypatch.setattr("sharing.tasks.poster_keep.apply_async", down)
    poster_order(spec(), now=now)
    assert poster_url(spec(), now=now).endswith(".jpg")


def test_one_drawing_at_a_time():
    assert poster_claim(spec())
    assert not poster_claim(spec())
    assert poster_claim(spec(title="别的"))
    poster_unclaim(spec())
    assert poster_claim(spec())


def test_without_a_cache_everybody_may_draw(monkeypatch):
    def away(*_args, **_kwargs):
        raise ConnectionError

    monkeypatch.setattr(cache, "add", away)
    assert poster_claim(spec())


def test_old_months_are_forgotten(now):
    months = [now, now.replace(day=1) - timedelta(days=1)]
    kept = [poster_keep(spec(), now=month) for month in months]
    old = poster_keep(spec(), now=now - timedelta(days=90))
    assert posters_forget(now=now) == 1
    assert [default_storage.exists(name) for name in (*kept, old)] == [True, True, False]
    assert posters_forget(now=now) == 0


# --- the page ---
@pytest.fixture
def person(db):
    return user_make()


@pytest.fixture
def ticket(db):
    target = ShareTarget("product", "pro_1", store_make(name="枣农小店").pk, "/p/pro_1/")
    return poster_sign(target, "滩枣", "晒足四十天", PosterAbout(price_fen=3990))


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(task, "apply_async", lambda args, **_: task(*args))


def code_on(page):
    name = page.context["image"].removeprefix("/media/")
    with default_storage.open(name) as file:
        return codes(file.read())


def test_the_poster_of_somebody_with_a_name_carries_their_link(
    client, person, ticket, at_once, settings
):
    client.force_login(person)
    page = client.get("/share/poster/", {"t": ticket})
    link = ShareLink.objects.get(sharer=person, channel="poster")
    assert code_on(page) == [f"{settings.SITE_URL}/p/pro_1/?s={link.token}"]
    client.get("/share/poster/", {"t": ticket, "style": "frame"})
    assert ShareLink.objects.count() == 1


def test_the_page_offers_a_poster_for_print_with_a_link_of_its_own(
    client, person, ticket, at_once, settings
):
    client.force_login(person)
    page = client.get("/share/poster/", {"t": ticket, "style": "frame"})
    (query,) = [one["query"] for one in page.context["uses"] if one["label"] == "打印张贴"]
    page = client.get(f"/share/poster/?{query}")
    assert "打印" in page.content.decode()
    link = ShareLink.objects.get(sharer=person, channel="paper")
    assert code_on(page) == [f"{settings.SITE_URL}/p/pro_1/?s={link.token}"]
    # The other choice stays as it was.
    assert [one["label"] for one in page.context["styles"] if one["is_here"]] == ["喜庆"]
    assert all("channel=paper" in one["query"] for one in page.context["styles"])


def test_a_poster_without_a_name_leads_to_the_plain_page(client, ticket, at_once, settings):
    page = client.get("/share/poster/", {"t": ticket})
    assert code_on(page) == [f"{settings.SITE_URL}/p/pro_1/"]
    assert "登录后" in page.content.decode()
    assert not ShareLink.objects.exists()


@pytest.fixture
def ordered(monkeypatch):
    """What was put on a queue that nobody empties."""
    sent = []
    monkeypatch.setattr(
        "sharing.tasks.poster_keep.apply_async", lambda args, **_: sent.append(args)
    )
    return sent


def test_while_it_is_drawn_the_page_waits(client, ticket, ordered):
    page = client.get("/share/poster/", {"t": ticket}).content.decode()
    assert "正在画海报" in page
    assert 'http-equiv="refresh"' in page
    part = client.get("/share/poster/", {"t": ticket}, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "hx-get" in part.content.decode()
    assert len(ordered) == 1


def test_waiting_gives_up_with_a_way_to_try_again(client, ticket, ordered):
    query, asked = urlencode({"t": ticket}), 0
    while "hx-get" in (part := polled(client, query)).content.decode():
        query, asked = part.context["waiting_query"], asked + 1
        assert asked < 60
    text = part.content.decode()
    assert asked == PATIENCE
    assert "海报没有画成" in text and "再试一次" in text
    assert len(ordered) == 1
    cache.clear()  # the claim has run out
    assert "正在画海报" in polled(client, part.context["retry_query"]).content.decode()
    assert len(ordered) == 2


def polled(client, query):
    return client.get(f"/share/poster/?{query}", headers={"HX-Request": "true"})


@pytest.mark.parametrize("query", [{}, {"t": "forged"}, {"style": "card"}])
def test_a_ticket_that_is_not_ours_makes_no_poster(client, db, query):
    assert client.get("/share/poster/", query).status_code == 400


def test_a_style_that_is_unknown_makes_no_poster(client, ticket):
    assert client.get("/share/poster/", {"t": ticket, "style": "x"}).status_code == 400


def test_drawings_are_limited_and_waiting_for_one_is_not(client, ticket, ordered, monkeypatch):
    monkeypatch.setattr("sharing.views.DRAWINGS_OF_GUESTS", 2)
    other = Client()
    for _ in range(5):
        assert "正在画海报" in client.get("/share/poster/", {"t": ticket}).content.decode()
    assert "正在画海报" in other.get("/share/poster/", {"t": ticket}).content.decode()
    assert len(ordered) == 1
    client.get("/share/poster/", {"t": ticket, "style": "frame"})
    refused = client.get("/share/poster/", {"t": ticket, "style": "letter"})
    assert "一分钟后再试" in refused.content.decode()
    assert len(ordered) == 2


def test_a_card_leads_to_its_poster(client, db):
    sku = cast.sku_on_sale(cast.store_open())
    page = client.get(f"/p/{sku.product.public_id}/mine/")
    assert "生成海报" in page.content.decode()
    target, title, _desc, about = poster_read(page.context["card"].poster)
    assert (target.path, title) == (f"/p/{sku.product.public_id}/", sku.product.title)
    assert about.price_fen == sku.price_fen
