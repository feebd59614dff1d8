"""What a detour keeps of a checkout is small, is not anybody's to fill, and does not stay."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from accounts.models import Session
from core import clock
from orders.checkout import drafts
from orders.checkout.cart import STORES_KEPT
from orders.checkout.drafts import AGE, CART_DRAFT, DRAFT
from orders.forms import NOTE_MAX
from orders.tests.test_pages import NOTE, form

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uncounted():
    """No guest counted from another test."""
    cache.clear()


def notes(number, text="枣" * 300):
    return {f"note_{pk}": text for pk in range(1, number + 1)}


def test_a_guest_cannot_fill_the_sessions_with_a_cart(client):
    answer = client.post("/cart/checkout/", {**notes(2000), "phone": "1" * 3000})
    assert answer.url == "/sign-in/?next=/cart/checkout/%3Fdraft%3D1"
    fields = client.session[CART_DRAFT]["fields"]
    assert list(fields) == [*(f"note_{pk}" for pk in range(1, STORES_KEPT + 1)), "phone"]
    assert {len(value) for name, value in fields.items() if name != "phone"} == {NOTE_MAX}
    assert len(fields["phone"]) == 40
    assert len(Session.objects.get().session_data) < 20_000


def test_a_discount_that_there_is_not_is_not_kept(client):
    made_up = {f"wish_{'a' * count}_1": "枣" * 3000 for count in range(1, 20)}
    client.post("/cart/checkout/", {**made_up, "wish_coupon_1": "枣" * 3000})
    assert client.session[CART_DRAFT]["fields"] == {"wish_coupon_1": "枣" * 64}


def test_of_too_many_guests_nothing_is_kept(client, monkeypatch):
    monkeypatch.setattr(drafts, "GUESTS", 2)
    for _ in range(3):
        client.cookies.clear()
        answer = client.post("/cart/checkout/", notes(1))
        assert answer.url == "/sign-in/?next=/cart/checkout/%3Fdraft%3D1"
    assert Session.objects.count() == 2


def test_somebody_signed_in_is_not_counted(mine, sku, who, monkeypatch):
    monkeypatch.setattr(drafts, "GUESTS", 0)
    mine.post("/checkout/", form(sku, who, action="address"))
    assert mine.session[DRAFT]["fields"]["note"] == NOTE


@pytest.mark.parametrize("path", ["/checkout/", "/g/grp_none/join/", "/flash/none/buy/"])
def test_nothing_is_kept_of_goods_that_are_not_sold(client, path):
    answer = client.post(path, {"sku": "sku_none", "note": NOTE})
    assert answer.status_code == 404
    assert not Session.objects.exists()


def test_somebody_signed_in_keeps_nothing_of_them_either(mine, sku, who):
    answer = mine.post("/checkout/", form(sku, who, action="address") | {"sku": "sku_none"})
    assert answer.status_code == 404
    assert DRAFT not in mine.session


def test_a_guests_checkout_of_something_real_is_kept(client, sku, who):
    answer = client.post("/checkout/", form(sku, who, note=NOTE))
    assert answer.url.startswith("/sign-in/?next=")
    assert client.session[DRAFT]["fields"]["note"] == NOTE


def test_an_old_draft_leaves_the_session_when_it_is_read(mine, sku, who, monkeypatch):
    mine.post("/checkout/", form(sku, who, action="address"))
    later = clock.now() + AGE
    monkeypatch.setattr(drafts.clock, "now", lambda: later + timedelta(seconds=1))
    page = mine.get(f"/checkout/?sku={sku.public_id}&draft=1")
    assert NOTE not in page.content.decode()
    assert DRAFT not in mine.session
