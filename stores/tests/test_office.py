"""The office opens stores and lets people in and out; what a store has once is refused in words."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.tests.factories import user_make
from catalog.models import Category
from catalog.tests.factories import category_make, picture
from core import limits
from freight.models import FreightTemplate
from freight.tests.factories import freight_make
from payments.models import MerchantAccount
from payments.tests.factories import merchant_account_make
from stores.models import PickupPoint, Store, StoreStaff
from stores.tests.factories import pickup_make, staff_make, store_make
from tests.office import complaints, fill, staff_client, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def platform():
    client = Client()
    client.force_login(user_make(is_staff=True, is_superuser=True))
    return client


def may_enter(user) -> bool:
    client = Client()
    client.force_login(user)
    return client.get("/office/").status_code == 200


def test_a_store_opens_with_its_first_owner(platform):
    wang = user_make(email="wang@example.cn")
    answer = fill(
        platform, url(Store, "add"), name="枣儿红", slug="zao", owner=wang.email, phone="0358-1"
    )
    assert answer.status_code == 302, complaints(answer)
    store = Store.objects.get(slug="zao")
    assert (store.name, store.phone, store.payment_window_s) == ("枣儿红", "0358-1", 900)
    assert StoreStaff.objects.get(store=store).user_id == wang.pk
    assert may_enter(wang)


@pytest.mark.parametrize("name", ["email", "phone", "public_id"])
def test_an_owner_is_found_by(platform, name):
    wang = user_make(email="wang@example.cn", phone="13800138000")
    typed = {"email": "WANG@example.cn", "phone": "138 0013 8000", "public_id": wang.public_id}
    fill(platform, url(Store, "add"), name="枣儿红", slug="zao", owner=typed[name])
    assert StoreStaff.objects.get(store__slug="zao").user_id == wang.pk


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"owner": "nobody@example.cn"}, "没有找到这个人"),
        ({"owner": "busy@example.cn"}, "一个人只能在一家店"),
        ({"slug": "A_b"}, "小写字母、数字和连字符"),
        ({"slug": "taken"}, "网址名"),
    ],
    ids=str,
)
def test_a_store_that_cannot_open_says_why_and_leaves_nothing(platform, typed, said):
    staff_make(store_make(slug="taken"), email="busy@example.cn")
    user_make(email="wang@example.cn")
    good = {"name": "枣儿红", "slug": "zao", "owner": "wang@example.cn"}
    answer = fill(platform, url(Store, "add"), **(good | typed))
    assert said in complaints(answer)
    assert Store.objects.count() == 1


def test_staff_come_and_go_with_the_way_into_the_office(platform):
    store, li, sun = store_make(), user_make(), user_make()
    for user in (li, sun):
        fill(platform, url(StoreStaff, "add"), store=store.pk, user=user.pk, role="clerk")
        user.refresh_from_db()
        assert may_enter(user)
    row = StoreStaff.objects.get(user=li)
    fill(platform, url(StoreStaff, "change", row.pk), role="owner")
    row.refresh_from_db()
    assert row.role == "owner"
    platform.post(url(StoreStaff, "delete", row.pk), {"post": "yes"})
    other = StoreStaff.objects.get(user=sun)
    platform.post(
        url(StoreStaff, "changelist"),
        {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"},
    )
    assert not StoreStaff.objects.filter(store=store).exists()
    for user in (li, sun):
        user.refresh_from_db()
        assert not may_enter(user)


def test_a_person_works_in_one_store(platform):
    busy = staff_make(store_make()).user_id
    answer = fill(platform, url(StoreStaff, "add"), store=store_make().pk, user=busy, role="clerk")
    assert "一个人只能在一家店" in complaints(answer)


def test_an_owner_lets_nobody_in():
    store = store_make()
    client = staff_client(store)
    stranger = user_make()
    client.post(url(StoreStaff, "add"), {"store": store.pk, "user": stranger.pk, "role": "owner"})
    assert not StoreStaff.objects.filter(user=stranger).exists()


# What a store has once


def twice(model, store):
    """A row of the store, and what a merchant types to add another one like it."""
    if model is Category:
        return category_make(store, slug="dates"), {"slug": "dates", "name": "新枣"}
    if model is PickupPoint:
        row = pickup_make(store)
        return row, {name: getattr(row, name) for name in PICKUP}
    return freight_make(store), {"name": "默认模板", "first_fen": "1", "step_fen": "1"}


PICKUP = ("name", "region", "street", "hours", "phone")


@pytest.mark.parametrize("model", [Category, PickupPoint, FreightTemplate])
def test_what_a_store_has_once_is_refused_beside_its_field(model):
    store = store_make()
    client = staff_client(store)
    row, typed = twice(model, store)
    answer = fill(client, url(model, "add"), **typed)
    assert "本店已经有一样的" in complaints(answer)
    # Another store has its own, and the row itself may be saved again.
    assert fill(staff_client(store_make()), url(model, "add"), **typed).status_code == 302
    assert fill(client, url(model, "change", row.pk)).status_code == 302
    assert model.objects.filter(store=store).count() == 1


def test_a_renamed_row_may_not_take_anothers_name():
    store = store_make()
    category_make(store, slug="dates")
    other = category_make(store, slug="nuts")
    answer = fill(staff_client(store), url(Category, "change", other.pk), slug="dates")
    assert "本店已经有一样的“网址名”" in complaints(answer)


def test_a_store_is_paid_through_one_number(platform):
    first = merchant_account_make()
    second = merchant_account_make(store=first.store, is_active=False)
    answer = fill(platform, url(MerchantAccount, "change", second.pk), is_active="on")
    assert "已有启用的商户号" in complaints(answer)
    new = {
        "store": first.store_id,
        "mchid": "1900000999",
        "appid": "wx1",
        "serial_no": "A",
        "public_key": "k",
        "public_key_id": "k",
        "apiv3_key": "a" * 32,
        "private_key": "p",
        "is_active": "on",
    }
    assert "已有启用的商户号" in complaints(fill(platform, url(MerchantAccount, "add"), **new))
    fill(platform, url(MerchantAccount, "change", first.pk), is_active="")
    answer = fill(platform, url(MerchantAccount, "change", second.pk), is_active="on")
    assert answer.status_code == 302
    assert list(MerchantAccount.objects.filter(is_active=True)) == [second]


# Logo and banner


def upload(**how):
    return SimpleUploadedFile("logo.jpg", picture(**how).read(), "image/jpeg")


def test_a_logo_and_a_banner_are_drawn_anew():
    store = store_make()
    secret = Image.Exif()
    secret[0x010F] = "GPS 37.5N 111.1E"
    exif = secret.tobytes()
    answer = fill(
        staff_client(store),
        url(Store, "change", store.pk),
        logo=upload(size=(900, 900), exif=exif),
        banner=upload(size=(2400, 960), exif=exif),
    )
    assert answer.status_code == 302, complaints(answer)
    store.refresh_from_db()
    for name, size in ((store.logo.name, (480, 480)), (store.banner.name, (1600, 640))):
        with default_storage.open(name) as file:
            data = file.read()
        assert b"GPS" not in data
        found = Image.open(io.BytesIO(data))
        assert (found.format, found.size) == ("WEBP", size)


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        (SimpleUploadedFile("a.jpg", b"<svg/>", "image/jpeg"), "无法识别"),
        (upload(size=(90, 90)), "太小"),
    ],
    ids=["no picture", "small"],
)
def test_what_is_no_usable_picture_is_refused(logo, said):
    store = store_make()
    logo.seek(0)
    answer = fill(staff_client(store), url(Store, "change", store.pk), logo=logo, phone="123")
    assert said in complaints(answer)
    store.refresh_from_db()
    assert (store.logo.name, store.phone) == ("", "")


def test_a_logo_may_be_taken_away_again():
    store = store_make()
    client, page = staff_client(store), url(Store, "change", store.pk)
    fill(client, page, logo=upload())
    fill(client, page, **{"logo-clear": "on"})
    store.refresh_from_db()
    assert store.logo.name == ""


def test_too_many_uploads_are_refused_before_anything_is_decoded(monkeypatch):
    store = store_make()
    monkeypatch.setattr(limits, "UPLOADS", 0)
    monkeypatch.setattr("core.forms.photo_decode", lambda _: pytest.fail("it was decoded"))
    page = url(Store, "change", store.pk)
    assert "上传太频繁" in complaints(fill(staff_client(store), page, logo=upload()))
