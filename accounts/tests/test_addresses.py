"""Addresses: current divisions that fit together, one default, twenty at most, one's own only."""

import pytest

from accounts.divisions import (
    UnknownRegion,
    division_children,
    division_get,
    region_resolve,
)
from accounts.models import Address
from accounts.queries import AddressNotFound, address_for_order, addresses_of
from accounts.services import (
    AddressRefused,
    address_remove,
    address_set_default,
)
from accounts.tests.factories import address_make, user_make
from core import clock

pytestmark = pytest.mark.django_db


def test_the_list_is_the_ministrys_down_to_districts():
    assert len(division_children()) == 33
    assert division_get("141100").name == "吕梁市"
    assert "离石区" in {one.name for one in division_children("141100")}
    assert division_children("141102") == ()
    assert division_children("nothing") == ()


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        (("140000", "141100", "141102"), "山西省 吕梁市 离石区"),
        (("110000", "110105", ""), "北京市 朝阳区"),
        (("440000", "441900", ""), "广东省 东莞市"),
        (("410000", "419001", ""), "河南省 济源市"),
        (("810000", "", ""), "香港特别行政区"),
    ],
)
def test_codes_that_fit_together_make_a_region(codes, text):
    assert region_resolve(*codes).text == text


@pytest.mark.parametrize(
    "codes",
    [
        ("", "", ""),
        ("140000", "", ""),
        ("140000", "141100", ""),
        ("140000", "130100", "130102"),
        ("140000", "141100", "110105"),
        ("110000", "110105", "110105"),
        ("440000", "441900", "441900003"),
        ("810000", "810000", ""),
        ("140000", "", "141102"),
        ("<b>", "x" * 10_000, "\u202e"),
    ],
)
def test_codes_that_do_not_fit_are_refused(codes):
    with pytest.raises(UnknownRegion):
        region_resolve(*codes)


def test_a_district_right_below_its_province_leaves_the_city_empty():
    address = address_make(
        user_make(), province_code="110000", city_code="110105", district_code=""
    )
    assert (address.city_code, address.district_code) == ("", "110105")


def test_the_first_address_is_the_default_and_there_is_always_one():
    user = user_make()
    first, second = address_make(user), address_make(user)
    assert [a.is_default for a in addresses_of(user.pk)] == [True, False]
    third = address_make(user, is_default=True)
    assert [a.public_id for a in addresses_of(user.pk)] == [
        third.public_id,
        second.public_id,
        first.public_id,
    ]
    address_set_default(user_id=user.pk, public_id=first.public_id)
    assert address_remove(user_id=user.pk, public_id=first.public_id, now=clock.now())
    assert not address_remove(user_id=user.pk, public_id=first.public_id, now=clock.now())
    defaults = [a.public_id for a in addresses_of(user.pk) if a.is_default]
    assert defaults == [third.public_id]


def test_editing_keeps_the_default():
    user = user_make()
    address = address_make(user)
    address_make(user)
    changed = address_make(user, public_id=address.public_id, street="凤山北路 12 号")
    assert (changed.pk, changed.is_default, changed.street) == (address.pk, True, "凤山北路 12 号")
    assert Address.objects.filter(user=user).count() == 2


def test_what_is_removed_is_wiped():
    user = user_make()
    address = address_make(user)
    address_remove(user_id=user.pk, public_id=address.public_id, now=clock.now())
    address.refresh_from_db()
    assert (address.recipient, address.phone, address.street, address.phone_index) == ("",) * 4
    with pytest.raises(AddressNotFound):
        address_for_order(user.pk, address.public_id)


def test_the_twenty_first_is_refused_and_room_is_made_by_removing():
    user = user_make()
    made = [address_make(user) for _ in range(20)]
    with pytest.raises(AddressRefused, match="最多保存 20 个"):
        address_make(user)
    address_make(user, public_id=made[0].public_id, street="改一改也可以的")
    address_remove(user_id=user.pk, public_id=made[3].public_id, now=clock.now())
    address_make(user)


def test_somebody_elses_address_does_not_exist():
    alice, charlie = user_make(), user_make()
    address = address_make(alice)
    with pytest.raises(AddressNotFound):
        address_for_order(charlie.pk, address.public_id)
    with pytest.raises(AddressRefused):
        address_make(charlie, public_id=address.public_id)
    with pytest.raises(AddressRefused):
        address_set_default(user_id=charlie.pk, public_id=address.public_id)
    assert not address_remove(user_id=charlie.pk, public_id=address.public_id, now=clock.now())


def test_an_order_gets_the_address_in_plain_text():
    user = user_make()
    snapshot = address_for_order(user.pk, address_make(user).public_id)
    assert (snapshot.recipient, snapshot.phone) == ("王小明", "13812345678")
    assert snapshot.region == "山西省 吕梁市 离石区"
    assert snapshot.street == "滨河北中路 8 号 2 单元 301"
    assert (snapshot.city_code, snapshot.district_code) == ("141100", "141102")


def test_every_field_that_is_wrong_is_named_at_once():
    with pytest.raises(AddressRefused) as refused:
        address_make(user_make(), recipient=" \u200b ", phone="12", district_code="", street="短")
    assert set(refused.value.errors) == {"recipient", "phone", "region", "street"}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("recipient", "王" * 26),
        ("street", "长" * 10_000),
        ("street", "\u202e\u200b\u0000"),
        ("recipient", "\u200d"),
    ],
)
def test_bad_text_is_refused(field, text):
    with pytest.raises(AddressRefused):
        address_make(user_make(), **{field: text})


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("幸福路😀 8 号院", "幸福路😀 8 号院"),
        ("<b>幸福路</b> 8 号", "<b>幸福路</b> 8 号"),
        ("\u202e幸福路\u200b 8\u0000 号院", "幸福路 8 号院"),
        ("幸福路 8 号\r\n3 单元", "幸福路 8 号 3 单元"),
    ],
)
def test_odd_text_is_kept_without_what_is_invisible(typed, stored):
    assert address_make(user_make(), street=typed).street == stored
