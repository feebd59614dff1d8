"""The office: uploading codes, seeing what is left, and codes for the counter to print."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from PIL import Image

from catalog.tests.factories import picture, product_make
from community.models import CounterCode, GroupCode, GroupEntry
from community.services import code_show
from community.tests.factories import code_make, counter_make, entry_make
from core import clock
from stores.models import StoreStaff
from stores.tests.factories import staff_make, store_make
from tests import cast
from wechat.tests.factories import domain_make, domain_retire

pytestmark = pytest.mark.django_db

CODES = "/office/community/groupcode/"
ENTRIES = "/office/community/groupentry/"
COUNTERS = "/office/community/countercode/"


@pytest.fixture
def store():
    return store_make(name="枣园")


@pytest.fixture
def owner(store):
    return client_of(store)


def client_of(store, role=StoreStaff.Role.OWNER):
    client = Client()
    client.force_login(staff_make(store, role=role).user)
    return client


def fields(entry, **changes):
    return {
        "entry": entry.pk,
        "name": "老友 2 群",
        "capacity": 200,
        "spare": 10,
        "position": 0,
        "expires_at_0": "2030-01-01",
        "expires_at_1": "12:00:00",
        **changes,
    }


def shown_to(code, number):
    for one in range(number):
        code_show(entry_id=code.entry_id, person_id=None, guest=f"{one:026d}", now=clock.now())


def test_a_merchant_opens_an_entry_and_uploads_a_code(store, owner):
    owner.post(ENTRIES + "add/", {"name": "老友群", "welcome": "欢迎", "is_open": "on"})
    entry = GroupEntry.objects.get()
    assert (entry.store_id, entry.is_open) == (store.pk, True)
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    upload = picture(size=(500, 700), exif=exif)
    upload.name = "code.jpg"
    answer = owner.post(CODES + "add/", fields(entry, picture=upload))
    assert answer.status_code == 302, answer.context["errors"]
    code = GroupCode.objects.get()
    assert (code.store_id, code.capacity, code.spare) == (store.pk, 200, 10)
    with code.picture.open() as kept, Image.open(kept) as drawn:
        assert (drawn.format, drawn.size, dict(drawn.getexif())) == ("WEBP", (500, 700), {})


def test_what_is_no_picture_is_an_error_beside_it(store, owner):
    upload = io.BytesIO(b"not a picture")
    upload.name = "code.png"
    answer = owner.post(CODES + "add/", fields(entry_make(store), picture=upload))
    assert answer.status_code == 200
    assert not GroupCode.objects.exists()
    assert 'value="老友 2 群"' in answer.content.decode()


def test_a_code_cannot_be_put_into_a_neighbours_entry(store, owner):
    upload = picture()
    upload.name = "code.jpg"
    answer = owner.post(CODES + "add/", fields(entry_make(), picture=upload))
    assert answer.status_code == 200
    assert not GroupCode.objects.exists()


def test_changing_a_code_keeps_what_was_counted_and_its_picture(store, owner):
    code = code_make(entry_make(store))
    shown_to(code, 3)
    before = code.picture.name
    upload = picture()
    upload.name = "other.jpg"
    answer = owner.post(
        f"{CODES}{code.pk}/change/",
        fields(code.entry, capacity=100, spare=5, is_stopped="on", shown=0, picture=upload),
    )
    assert answer.status_code == 302
    code.refresh_from_db()
    assert (code.capacity, code.spare, code.is_stopped, code.shown) == (100, 5, True, 3)
    assert code.picture.name == before


@pytest.mark.parametrize(
    ("numbers", "said"), [({"capacity": 2, "spare": 0}, "3 人"), ({"spare": 200}, "预留")]
)
def test_numbers_that_leave_no_place_are_refused(store, owner, numbers, said):
    code = code_make(entry_make(store))
    shown_to(code, 3)
    answer = owner.post(f"{CODES}{code.pk}/change/", fields(code.entry, **numbers))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    code.refresh_from_db()
    assert code.capacity == 50


def test_somebody_who_is_shown_it_meanwhile_is_an_error_not_a_crash(store, owner, monkeypatch):
    code = code_make(entry_make(store))
    shown_to(code, 3)
    monkeypatch.setattr("community.admin.CodeForm.clean", lambda form: form.cleaned_data)
    answer = owner.post(
        f"{CODES}{code.pk}/change/", fields(code.entry, capacity=2, spare=0), follow=True
    )
    assert "已经展示给 3 人" in answer.content.decode()


def test_the_lists_say_what_is_left(store, owner, django_assert_max_num_queries):
    now = clock.now()
    entry = entry_make(store)
    code_make(entry, capacity=1)
    code_make(entry, expires_at=now + timedelta(hours=1))
    code_make(entry, capacity=40, spare=5)
    code_make(entry, expires_at=None)
    code_make(entry_make(), name="邻居的群")
    shown_to(entry.codes.first(), 2)
    with django_assert_max_num_queries(10):
        text = owner.get(CODES).content.decode()
    for said in ("已满", "已过期", "使用中", "排队中", "1 / 35", "长期", "还有 6 天"):
        assert said in text, said
    assert "邻居的群" not in text
    with django_assert_max_num_queries(10):
        text = owner.get(ENTRIES).content.decode()
    assert f"/q/{entry.public_id}/" in text
    text = owner.get(f"{ENTRIES}{entry.pk}/change/").content.decode()
    assert "使用中 · 1 / 35" in text


def test_the_first_screen_warns_of_entries_without_codes(store, owner):
    entry = entry_make(store)

    def tile():
        tiles = owner.get("/office/").context["tiles"]
        (found,) = [one for one in tiles if str(one.label) == "群码快用完"]
        return found.value, found.is_urgent

    assert tile() == ("1", True)
    code_make(entry)
    assert tile() == ("0", False)


def test_an_owner_makes_a_code_for_one_of_the_staff(store, owner):
    clerk = staff_make(store, role=StoreStaff.Role.CLERK)
    product = product_make(store)
    answer = owner.post(
        COUNTERS + "add/",
        {"person": clerk.user_id, "label": "前台 小王", "product": product.pk, "entry": ""},
    )
    assert answer.status_code == 302
    code = CounterCode.objects.get()
    assert (code.store_id, code.person_id) == (store.pk, clerk.user_id)
    assert code.link.path == f"/p/{product.public_id}/"


def test_nobody_else_may_be_chosen_and_one_target_at_most(store, owner):
    other = store_make()
    clerk = staff_make(store)
    for wrong in (
        {"person": staff_make(other).user_id},
        {"product": product_make(other).pk},
        {"entry": entry_make(other).pk},
        {"product": product_make(store).pk, "entry": entry_make(store).pk},
        {"label": ""},
    ):
        told = {"person": clerk.user_id, "label": "前台", "product": "", "entry": "", **wrong}
        assert owner.post(COUNTERS + "add/", told).status_code == 200, wrong
    assert not CounterCode.objects.exists()


def test_somebody_who_left_meanwhile_gets_no_code(store, owner, monkeypatch):
    clerk = staff_make(store)
    monkeypatch.setattr("community.services.counters.staff_ids", lambda _store_id: ())
    answer = owner.post(COUNTERS + "add/", {"person": clerk.user_id, "label": "前台"}, follow=True)
    assert "在职" in answer.content.decode()
    assert not CounterCode.objects.exists()


def test_a_clerk_looks_and_prints_but_makes_none(store):
    clerk = client_of(store, StoreStaff.Role.CLERK)
    code = counter_make(store)
    assert clerk.get(COUNTERS).status_code == 200
    assert clerk.get(f"{COUNTERS}{code.pk}/paper/").status_code == 200
    assert clerk.get(COUNTERS + "add/").status_code == 403


@pytest.mark.parametrize(
    ("name", "begins"), [("paper", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<svg")]
)
def test_a_code_is_printed_for_its_store_alone(store, owner, name, begins):
    code = counter_make(store, label="前台 小王" * 4)
    answer = owner.get(f"{COUNTERS}{code.pk}/{name}/")
    assert answer.content.startswith(begins)
    stranger = client_of(store_make())
    assert stranger.get(f"{COUNTERS}{code.pk}/{name}/").status_code in {302, 403, 404}
    assert Client().get(f"{COUNTERS}{code.pk}/{name}/").status_code == 302


def test_a_code_opens_its_persons_link(store, owner):
    code = counter_make(store, entry_id=entry_make(store).pk)
    text = owner.get(f"{COUNTERS}{code.pk}/change/").content.decode()
    assert f"{code.link.path}?s={code.link.token}" in text


def test_printed_links_lead_to_the_domain_that_the_store_shares_by(store, owner, settings):
    settings.SITE_URL = "https://shop.example"
    domain = domain_make("pool.example", is_pool=True)
    code = counter_make(store, entry_id=entry_make(store).pk)
    text = owner.get(f"{COUNTERS}{code.pk}/change/").content.decode()
    assert f"https://pool.example{code.link.path}?s=" in text
    domain_retire(domain)
    text = owner.get(f"{COUNTERS}{code.pk}/change/").content.decode()
    assert "pool.example" not in text


def test_the_list_of_counter_codes_costs_the_same_for_many(
    store, owner, django_assert_max_num_queries
):
    for _ in range(6):
        counter_make(store)
    with django_assert_max_num_queries(12):
        text = owner.get(COUNTERS).content.decode()
    assert text.count("店铺首页") == 6
    assert "0.00" in text
    assert cast.broken("community.counters") == []
