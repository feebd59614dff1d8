"""Posters: what they say, that their code leads home, and that they are drawn once."""

import io
import json
import random
from dataclasses import asdict
from datetime import timedelta

import pytest
import zxingcpp
from django.core import signing
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from accounts.tests.factories import user_make
from sharing.models import ShareLink
from sharing.pages import POSTER_SALT, ShareTarget, poster_read, poster_sign
from sharing.posters import services
from sharing.posters.kinds import poster_kinds, spec_unpack
from sharing.posters.queue import poster_claim, poster_order, poster_unclaim
from sharing.posters.services import poster_keep, poster_url, posters_forget
from sharing.posters.sheet import HEIGHT, NEVER_FIRST, WIDTH, face, wrap
from sharing.posters.spec import DESC_TOLD, TITLE_TOLD, PosterGoods, PosterSpec
from sharing.tasks import poster_keep as task
from sharing.tests.drawings import Drawing, Mark
from sharing.views import PATIENCE
from storefront.posters import ProductPoster, StorePoster
from stores.tests.factories import store_make
from tests import cast

LINK = "https://shop.example/p/pro_abcdefghijklmnopqrstuv/?s=abcdefghijkl"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cache.clear()


@pytest.fixture
def now():
    return timezone.now()


def spec(*, style="card", title="吕梁滩枣 5 斤", price_fen=3990):
    about = ProductPoster(price_fen=price_fen, facts=("5 斤", "10 斤"))
    return PosterSpec("product", title, "晒足四十天", "枣农小店", LINK, style, about)


def codes(data):
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.size) == ("JPEG", (WIDTH, HEIGHT))
    return [one.text for one in zxingcpp.read_barcodes(picture)]


@given(st.text(max_size=80), st.integers(1, 3))
@example("0MW/\r`nnn°±ÆÐÐ00", 1)  # Wider with the ellipsis than the two alone.
@example("\x1b \x1b", 1)  # Nothing that can be drawn.
def test_lines_fit_and_nothing_is_lost_but_what_is_cut(words, lines):
    font = face(30, 400)
    found = wrap(words, font, 300, lines)
    assert len(found) <= lines
    assert all(len(line) <= 2 or font.getlength(line) <= 300 for line in found)
    whole = "".join(one for one in words if one.isprintable() and not one.isspace())
    shown = "".join(found).replace(" ", "")
    assert bool(found) == bool(whole)
    if shown.endswith("…") and not whole.endswith("…"):
        assert whole.startswith("".join(shown[:-1].split()))


def test_marks_do_not_begin_a_line():
    for line in wrap("一二三四五六七八九十，一二三四五六七八九十。", face(30, 400), 300, 3)[1:]:
        assert line[0] not in NEVER_FIRST


def test_a_latin_word_stays_whole():
    assert wrap("黄小米 Organic Millet 2.5kg 装", face(40, 700), 320, 3)[1].startswith(
        "Millet 2.5kg"
    )


def test_every_kind_of_page_with_posters_has_three_templates_of_its_own():
    found = {kind: [*one.templates.values()] for kind, one in poster_kinds().items()}
    assert set(found) == {"product", "store", "group", "bargain", "flash", "showcase"}
    assert all(len(templates) == 3 for templates in found.values())
    drawings = [template.draw for templates in found.values() for template in templates]
    assert len(set(drawings)) == len(drawings) == 18


def test_what_tests_of_layouts_look_for_is_found():
    panel, word = Mark((100, 100, 300, 300)), Mark((110, 110, 200, 140), "枣")
    for marks, fault in (
        ((panel, word), ""),
        ((panel, Mark((250, 110, 320, 140), "枣")), "crosses an edge"),
        ((panel, word, Mark((190, 120, 280, 150), "农")), "lies under"),
        ((word, panel), "lies under"),
        ((Mark((700, 110, 760, 140), "枣"),), "leaves the sheet"),
    ):
        found = Drawing(b"", marks).faults()
        assert bool(found) == bool(fault) and all(fault in one for one in found), found


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
    unpacked = spec_unpack(json.loads(json.dumps(packed)))
    assert unpacked == wanted
    poster_keep(unpacked, now=now)
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
    return poster_sign(target, "滩枣", "晒足四十天", ProductPoster(price_fen=3990))


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


@pytest.mark.parametrize(
    ("channel", "label"),
    [("poster", "手机上发"), ("paper", "打印张贴"), ("wecom", "企业微信发")],
)
def test_a_poster_carries_a_link_of_the_channel_that_it_is_for(
    client, person, ticket, ordered, channel, label
):
    client.force_login(person)
    page = client.get("/share/poster/", {"t": ticket, "channel": channel})
    link = ShareLink.objects.get()
    assert (link.sharer, link.channel) == (person, channel)
    assert [one["label"] for one in page.context["uses"] if one["is_here"]] == [label]
    ((packed,),) = ordered
    assert packed["link"].endswith(f"/p/pro_1/?s={link.token}")


@pytest.mark.parametrize("channel", ["friend", "moments", "copy", "notice", "showcase", "x"])
def test_no_poster_is_made_for_another_channel(client, person, ticket, ordered, channel):
    client.force_login(person)
    answer = client.get("/share/poster/", {"t": ticket, "channel": channel})
    assert (answer.status_code, ordered) == (400, [])
    assert not ShareLink.objects.exists()


def test_the_page_offers_the_templates_of_the_kind(client, ticket, db, ordered):
    store = store_make()
    labels = {}
    for target, about in (
        (ShareTarget("product", "pro_1", store.pk, "/p/pro_1/"), ProductPoster(price_fen=3990)),
        (ShareTarget("store", store.slug, store.pk, f"/store/{store.slug}/"), StorePoster()),
    ):
        page = client.get("/share/poster/", {"t": poster_sign(target, "滩枣", "", about)})
        labels[target.kind] = [str(one["label"]) for one in page.context["styles"]]
    assert labels == {"product": ["简洁", "喜庆", "乡野"], "store": ["招牌", "橱窗", "名片"]}


def test_a_template_of_another_kind_makes_no_poster(client, ticket, ordered):
    assert client.get("/share/poster/", {"t": ticket, "style": "clock"}).status_code == 400
    assert ordered == []


def test_a_page_of_a_kind_without_posters_makes_none(client, db):
    target = ShareTarget("counter", "cou_1", store_make().pk, "/q/cou_1/")
    odd = poster_sign(target, "柜台", "", ProductPoster(price_fen=1))
    assert poster_read(odd) is None
    assert client.get("/share/poster/", {"t": odd}).status_code == 400


def test_a_ticket_of_before_makes_no_poster(client, db):
    """What a page told before its kind's templates changed is asked for anew."""
    target = ShareTarget("product", "pro_1", store_make().pk, "/p/pro_1/")
    old = signing.dumps(
        [asdict(target), "滩枣", "", {"price_fen": 1, "note": "", "photo": ""}],
        salt=POSTER_SALT,
        compress=True,
    )
    assert client.get("/share/poster/", {"t": old}).status_code == 400


def test_the_longest_that_a_poster_can_say_fits_into_an_address(client, db, at_once):
    words = iter(random.Random(7).choices([chr(one) for one in range(0x4E00, 0x9000)], k=1000))

    def some(length):
        return "".join(next(words) for _ in range(length))

    goods = tuple(
        PosterGoods(some(TITLE_TOLD), 99_999_900, f"p/{number}{LINK[-40:]}-960.webp")
        for number in range(3)
    )
    store = store_make()
    target = ShareTarget("store", store.slug, store.pk, f"/store/{store.slug}/")
    about = StorePoster(goods=goods, photo=goods[0].photo)
    ticket = poster_sign(target, some(40), some(120), about)
    _target, _title, desc, read = poster_read(ticket)
    assert (read, len(desc)) == (about, DESC_TOLD)
    assert client.get("/share/poster/", {"t": ticket}).status_code == 200


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
