"""Personal data is unreadable at rest and findable all the same."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from accounts.models import Address, User
from core import crypto


@pytest.fixture
def fresh_keys(settings):
    crypto._fernet.cache_clear()
    yield settings
    crypto._fernet.cache_clear()


def test_a_rotated_key_still_reads_what_the_old_one_wrote(fresh_keys):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    fresh_keys.FIELD_KEYS = [old]
    token = crypto.encrypt("13800000000")
    fresh_keys.FIELD_KEYS = [new, old]
    crypto._fernet.cache_clear()
    assert crypto.decrypt(token) == "13800000000"
    fresh_keys.FIELD_KEYS = [new]
    crypto._fernet.cache_clear()
    with pytest.raises(ValueError, match="FIELD_KEYS"):
        crypto.decrypt(token)


def test_a_blind_index_depends_on_value_and_purpose():
    one = crypto.blind_index("13800000000", purpose="a")
    assert one == crypto.blind_index("13800000000", purpose="a")
    assert one != crypto.blind_index("13800000001", purpose="a")
    assert one != crypto.blind_index("13800000000", purpose="b")


@pytest.mark.django_db
def test_the_database_never_sees_the_phone():
    User.objects.create_user(email="a@example.com", phone="13812345678")
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM accounts_user")
        assert "138" not in cursor.fetchone()[0][:12]
    assert User.objects.get().phone == "13812345678"


def test_an_encrypted_column_cannot_be_searched_by_mistake():
    with pytest.raises(TypeError, match="blind index"):
        Address.objects.filter(phone="13812345678")


def test_masks_show_enough_to_recognise_and_no_more():
    assert crypto.mask_phone("13812345678") == "138****5678"
    assert crypto.mask_name("王小明") == "王**"
    assert crypto.mask_name("王") == "王*"
    assert crypto.mask_name("") == ""
