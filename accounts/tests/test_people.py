"""Consent comes before nickname, avatar or phone; a proof of a number beats a claim."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.documents import VERSIONS
from accounts.models import Consent, User
from accounts.queries import has_basic_consent, profiles
from accounts.services import (
    ConsentMissing,
    PhoneTaken,
    consent_give,
    people_sweep,
    person_claim,
    phone_set,
    profile_take,
)
from accounts.tests.factories import address_make, phone_make, user_make
from core import clock
from stores.tests.factories import store_make

pytestmark = pytest.mark.django_db

AVATAR = "https://thirdwx.qlogo.cn/mmopen/abc/132"


def test_consent_is_stored_once_with_its_version():
    user = user_make(agreed=False)
    give = {"user_id": user.pk, "document": "privacy", "version": VERSIONS["privacy"]}
    assert consent_give(**give, now=clock.now())
    assert not consent_give(**give, now=clock.now() + timedelta(days=1))
    assert Consent.objects.get(user=user).version == VERSIONS["privacy"]
    assert not has_basic_consent(user.pk)
    with pytest.raises(ValueError, match="not a text"):
        consent_give(user_id=user.pk, document="privacy", version="1999", now=clock.now())


def test_a_new_version_asks_everyone_again(monkeypatch):
    user = user_make()
    assert has_basic_consent(user.pk)
    monkeypatch.setitem(VERSIONS, Consent.Document.PRIVACY, "2099-01")
    assert not has_basic_consent(user.pk)


def test_nickname_and_avatar_wait_for_consent():
    user = user_make(agreed=False)
    with pytest.raises(ConsentMissing):
        profile_take(user_id=user.pk, nickname="爱丽丝", avatar=AVATAR, now=clock.now())
    user.refresh_from_db()
    assert (user.nickname, user.avatar) == ("", "")


@pytest.mark.parametrize(
    ("nickname", "stored"),
    [
        ("爱丽丝", "爱丽丝"),
        ("👨‍👩‍👧 一家", "👨‍👩‍👧 一家"),
        ("\u202eslave\u200b\u0000", "slave"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("长" * 10_000, "长" * 64),
        ("\u200b\u200d", ""),
        ("a\r\nb", "a b"),
    ],
)
def test_nicknames_lose_what_is_invisible(nickname, stored):
    user = user_make()
    profile_take(user_id=user.pk, nickname=nickname, avatar=AVATAR, now=clock.now())
    user.refresh_from_db()
    assert (user.nickname, user.avatar) == (stored, AVATAR)
    assert profiles({user.pk})[user.pk].avatar == AVATAR


@pytest.mark.parametrize(
    "avatar",
    [
        "javascript:alert(1)",
        "http://thirdwx.qlogo.cn/a",
        "https://evil.example/a",
        "https://evilqlogo.cn/a",
        "https://[bad",
        "https://x.qlogo.cn/" + "a" * 600,
        "https://x.qlogo.cn/a b",
    ],
)
def test_an_avatar_from_elsewhere_is_left_out(avatar):
    user = user_make()
    assert profile_take(user_id=user.pk, nickname="a", avatar=avatar, now=clock.now()).avatar == ""


def test_a_phone_waits_for_consent():
    user = user_make(agreed=False)
    with pytest.raises(ConsentMissing):
        phone_set(user_id=user.pk, phone=phone_make(), now=clock.now(), verified=True)


def test_a_proved_number_is_nobody_elses():
    phone = phone_make()
    owner = user_make(phone=phone, phone_verified_at=clock.now())
    with pytest.raises(PhoneTaken):
        phone_set(user_id=user_make().pk, phone=phone, now=clock.now(), verified=True)
    owner.refresh_from_db()
    assert owner.phone == phone


def test_a_proof_beats_a_claim_and_a_claim_beats_nothing():
    phone = phone_make()
    claimed, proved = user_make(phone=phone), user_make()
    with pytest.raises(PhoneTaken):
        phone_set(user_id=proved.pk, phone=phone, now=clock.now())
    phone_set(user_id=proved.pk, phone=phone, now=clock.now(), verified=True)
    claimed.refresh_from_db()
    proved.refresh_from_db()
    assert (claimed.phone, claimed.phone_index) == ("", None)
    assert (proved.phone, proved.phone_verified_at is not None) == (phone, True)


def test_a_number_is_proved_again():
    owner = user_make(phone=(phone := phone_make()), phone_verified_at=clock.now())
    later = clock.now() + timedelta(days=3)
    phone_set(user_id=owner.pk, phone=phone, now=later, verified=True)
    owner.refresh_from_db()
    assert owner.phone_verified_at == later


@pytest.mark.parametrize(
    "typed", ["+86 138-1234-5678", "１３８１２３４５６７８", "0086 13812345678", " 138 1234 5678 "]
)
def test_a_number_is_stored_as_eleven_digits(typed):
    user = user_make()
    assert phone_set(user_id=user.pk, phone=typed, now=clock.now()).phone == "13812345678"


@pytest.mark.parametrize(
    "typed",
    ["", "123", "23812345678", "1381234567", "138123456789", "٠١٢", "😀" * 11, "x" * 10_000],
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(ValidationError, match="11 位"):
        phone_set(user_id=user_make().pk, phone=typed, now=clock.now())


def test_personal_data_is_encrypted_in_the_database():
    user = user_make(phone="13812345678")
    address = address_make(user, recipient="欧阳小明", street="滨河北中路 8 号")
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, phone_index FROM accounts_user WHERE id = %s", [user.pk])
        in_user = " ".join(map(str, cursor.fetchone()))
        cursor.execute(
            "SELECT row_to_json(a)::text FROM accounts_address a WHERE id = %s", [address.pk]
        )
        in_address = cursor.fetchone()[0]
    for secret in ("13812345678", "5678", "欧阳", "滨河"):
        assert secret not in in_user
        assert secret not in in_address
    assert in_user.startswith("gAAAA")
    user.refresh_from_db()
    address.refresh_from_db()
    assert (user.phone, address.recipient) == ("13812345678", "欧阳小明")


def test_sign_in_makes_an_account_with_its_consent_or_finds_it_untouched():
    phone = phone_make()
    made = person_claim(phone=phone, now=clock.now())
    assert has_basic_consent(made.pk)
    assert made.phone_verified_at is None
    assert person_claim(phone=f"+86{phone}", now=clock.now()) == made
    old = user_make(agreed=False, email="Bob@Example.com")
    assert person_claim(email="bob@example.com", now=clock.now()) == old
    assert not has_basic_consent(old.pk)


def test_accounts_that_were_never_proved_go_after_a_day():
    now = clock.now()
    stale = person_claim(phone=phone_make(), now=now - timedelta(days=2))
    fresh = person_claim(phone=phone_make(), now=now)
    proved = person_claim(phone=phone_make(), now=now - timedelta(days=2))
    phone_set(user_id=proved.pk, phone=proved.phone, verified=True, now=now)
    hired = person_claim(email="wang@zaoyuan.example", now=now - timedelta(days=2))
    store_make().staff.create(user=hired, role="owner")
    assert people_sweep(now=now) == 1
    assert set(User.objects.all()) == {fresh, proved, hired}
    assert not User.objects.filter(pk=stale.pk).exists()


def test_names_are_masked():
    user = user_make(phone="13812345678")
    assert (str(user), user.display_name) == ("微信用户", "138****5678")
    user.nickname = "王小明"
    assert (str(user), user.public_name, user.display_name) == ("王**", "王**", "王小明")


def test_a_person_read_by_id_is_the_row_and_a_relation_looks_among_its_own():
    alice, bob, friends = user_make(nickname="李梅"), user_make(), Group.objects.create(name="f")
    friends.user_set.add(alice)
    assert User.objects.get(pk=alice.pk).nickname == "李梅"
    assert friends.user_set.get(pk=alice.pk) == alice
    for rows, pk in ((friends.user_set, bob.pk), (User.objects, bob.pk + 1)):
        with pytest.raises(User.DoesNotExist):
            rows.get(pk=pk)
