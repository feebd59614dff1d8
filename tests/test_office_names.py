"""A store's office calls people who only came by as other shoppers see them; colleagues in full."""

import pytest

from accounts.models import IdentityConflict
from accounts.tests.factories import user_make
from catalog.services import stock_restock
from community.models import CounterCode
from community.tests.factories import counter_make
from core import clock
from core.access import access_record
from notices.tests.factories import notice_make
from orders.tests.factories import sku_on_sale, store_open
from risk.models import RiskAssessment, RiskReport
from sharers.tests.factories import plan_make, sharer_make
from sharing.tests.factories import link_make
from stores.models import StoreStaff
from stores.tests.factories import staff_make
from tests import cast
from tests.office import staff_client, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return store_open()


@pytest.fixture
def who():
    """Somebody with a nickname and a phone, who never bought anything."""
    who = cast.person()
    who.user.nickname = "王小明"
    who.user.save()
    return who


def report(store, who):
    return RiskReport.objects.create(
        store=store,
        user=who.user,
        kind="complaint",
        reference="ord_1",
        score=10,
        reported_at=clock.now(),
        until=clock.now(),
    )


def assessment(store, who):
    return RiskAssessment.objects.create(
        store=store, user=who.user, verdict="hold", score=10, fired=[], assessed_at=clock.now()
    )


def sharer(store, who):
    plan_make(store)
    return sharer_make(store, who)


ROWS = {
    "a share": lambda store, who: link_make(who.user, store),
    "a sharer": sharer,
    "a report": report,
    "an assessment": assessment,
    "a message": lambda store, who: notice_make(who.id, store=store),
}


@pytest.mark.parametrize("kind", ROWS)
def test_who_only_came_by_is_masked(store, who, kind):
    row = ROWS[kind](store, who)
    client = staff_client(store)
    for path in (url(type(row), "changelist"), url(type(row), "change", row.pk)):
        page = client.get(path).content.decode()
        assert "王**" in page, path
        assert "王小明" not in page, path


@pytest.mark.parametrize("kind", ROWS)
def test_nor_is_the_phone_of_who_has_no_nickname_shown(store, who, kind):
    who.user.nickname, who.user.phone = "", "13812345678"
    who.user.save()
    row = ROWS[kind](store, who)
    page = staff_client(store).get(url(type(row), "changelist")).content.decode()
    assert "微信用户" in page
    assert "138****5678" not in page


def test_colleagues_are_called_by_name(store):
    li = staff_make(store, role="clerk", nickname="李店员").user
    sku = sku_on_sale(store)
    stock_restock(sku_id=sku.pk, quantity=1, reason="补货", by_id=li.pk, now=clock.now())
    code = counter_make(store, person_id=li.pk)
    client = staff_client(store)
    for path in (
        url(StoreStaff, "changelist"),
        "/office/catalog/stockmovement/",
        url(CounterCode, "changelist"),
        url(CounterCode, "change", code.pk),
        url(CounterCode, "add"),
    ):
        assert "李店员" in client.get(path).content.decode(), path
    movement = sku.movements.get(reason="补货")
    page = client.get(url(type(movement), "change", movement.pk)).content.decode()
    assert "李店员" in page
    assert "李**" not in page


def test_the_platform_knows_whom_it_deals_with(client, admin_user, store, who):
    client.force_login(admin_user)
    staff = staff_make(store, nickname="王店主")
    access_record(user_id=who.id, store_id=store.pk, what="订单", now=clock.now())
    IdentityConflict.objects.create(
        kept=who.user, other=user_make(nickname="王大明"), found_at=clock.now()
    )
    for path, names in (
        (url(StoreStaff, "changelist"), ["王店主"]),
        (url(StoreStaff, "change", staff.pk), ["王店主"]),
        ("/office/core/accessentry/", ["王小明"]),
        (url(IdentityConflict, "changelist"), ["王小明", "王大明"]),
    ):
        page = client.get(path).content.decode()
        assert all(name in page for name in names), path


def test_a_person_as_text_is_masked(who):
    assert str(who.user) == "王**"
