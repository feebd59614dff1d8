"""Opening a store, working in it, and what its pages and orders read of it."""

import pytest

from accounts.tests.factories import user_make
from core import clock
from stores.models import Store, StoreStaff
from stores.queries import (
    store_by_id,
    store_by_slug,
    store_id_of,
    store_terms,
    stores_by_id,
    stores_open,
)
from stores.services import StoreRefused, staff_add, staff_remove, store_open
from stores.tests.factories import staff_make, store_make

pytestmark = pytest.mark.django_db


def test_a_new_store_has_the_default_terms():
    store = store_open(name=" 枣儿红 ", slug="zaoerhong", now=clock.now())
    terms = store_terms(store.pk)
    assert (terms.freight_fen, terms.payment_window_s, terms.auto_receive_days) == (0, 900, 10)
    assert terms.is_open
    assert store_by_slug("zaoerhong").name == "枣儿红"
    assert store_by_slug("nothing") is None


def test_a_store_without_a_slug_gets_one():
    assert store_by_slug(store_open(name="枣儿红", now=clock.now()).slug) is not None


@pytest.mark.parametrize("slug", ["红枣", "A", "-a", "a b", "a" * 41, "a/b"])
def test_a_bad_slug_is_refused(slug):
    with pytest.raises(StoreRefused, match="网址名"):
        store_open(name="枣儿红", slug=slug, now=clock.now())


@pytest.mark.parametrize("name", ["", "   ", "枣" * 41])
def test_a_bad_name_is_refused(name):
    with pytest.raises(StoreRefused, match="店名"):
        store_open(name=name, now=clock.now())


def test_a_taken_slug_is_refused():
    store_open(name="枣儿红", slug="dates", now=clock.now())
    with pytest.raises(StoreRefused, match="已被使用"):
        store_open(name="枣儿黑", slug="dates", now=clock.now())


def test_the_owner_of_a_new_store_may_enter_the_office():
    owner = user_make()
    store = store_open(name="枣儿红", owner_id=owner.pk, now=clock.now())
    owner.refresh_from_db()
    assert owner.is_staff
    assert store_id_of(owner.pk) == store.pk
    assert owner.staff_of.role == StoreStaff.Role.OWNER


def test_an_owner_who_works_elsewhere_opens_no_store():
    staff = staff_make(store_make())
    with pytest.raises(StoreRefused, match="另一家店"):
        store_open(name="第二家", slug="second", owner_id=staff.user_id, now=clock.now())
    assert not Store.objects.filter(slug="second").exists()


def test_staff_change_roles_in_their_own_store_and_leave():
    store = store_make()
    staff = staff_make(store, role="clerk")
    staff_add(store_id=store.pk, user_id=staff.user_id, role="owner", now=clock.now())
    staff.refresh_from_db()
    assert staff.role == StoreStaff.Role.OWNER
    with pytest.raises(StoreRefused, match="角色"):
        staff_add(store_id=store.pk, user_id=staff.user_id, role="king", now=clock.now())
    assert not staff_remove(store_id=store_make().pk, user_id=staff.user_id)
    assert staff_remove(store_id=store.pk, user_id=staff.user_id)
    staff.user.refresh_from_db()
    assert (staff.user.is_staff, store_id_of(staff.user_id)) == (False, None)


def test_only_open_stores_are_listed():
    first, closed, last = store_make(), store_make(is_open=False), store_make()
    assert [store.id for store in stores_open()] == [first.pk, last.pk]
    assert store_by_id(closed.pk).is_open is False
    assert set(stores_by_id({first.pk, last.pk})) == {first.pk, last.pk}
