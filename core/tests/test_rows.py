"""Rows that are written without the ORM's statements are the rows that it would have written."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import AccessEntry, FormKey
from core.rows import (
    row_get,
    row_insert,
    row_insert_once,
    row_lock,
    row_update,
    rows_get,
    rows_insert,
)
from stores.models import Store

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def key(name):
    return FormKey(
        owner="user:1",
        key=name,
        purpose="test",
        result={"a": ["枣", None]},
        created_at=NOW,
    )


def test_a_row_is_as_the_orm_writes_it():
    ours, its = key("a"), key("a")
    its.owner = "user:2"
    row_insert(ours)
    its.save()
    kept = FormKey.objects.get(pk=ours.pk)
    same = model_to_dict(FormKey.objects.get(pk=its.pk)) | {"owner": "user:1", "id": kept.pk}
    assert model_to_dict(kept) == same
    assert kept.result == {"a": ["枣", None]}


def test_defaults_are_written_and_the_row_can_be_saved_again():
    store = Store(slug="jujube", name="枣园")
    row_insert(store)
    kept = Store.objects.get(pk=store.pk)
    assert model_to_dict(kept) == model_to_dict(store)
    store.name = "新枣园"
    store.save()
    assert Store.objects.get().name == "新枣园"


def test_a_row_is_read_as_the_orm_reads_it(django_user_model):
    """With what is encrypted, in JSON, or nothing at all."""
    user = django_user_model.objects.create_user(phone="13800138000", nickname="枣")
    row_insert(known := key("read"))
    for model, pk in ((django_user_model, user.pk), (FormKey, known.pk)):
        row, its = row_get(model, pk), model._base_manager.filter(pk=pk).get()
        assert row == its and model_to_dict(row) == model_to_dict(its)
        assert not row._state.adding and row._state.db == its._state.db
    assert row_get(django_user_model, user.pk).phone == "13800138000"
    assert row_get(FormKey, 0) is None


def test_a_row_is_locked_until_the_transaction_ends():
    row_insert(known := key("locked"))
    with CaptureQueriesContext(connection) as seen:
        assert row_lock(FormKey, known.pk) == known
    assert "core_formkey_lock" in seen.captured_queries[0]["sql"]
    with pytest.raises(FormKey.DoesNotExist):
        row_lock(FormKey, 0)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_locked():
    row_insert(known := key("loose"))
    with pytest.raises(transaction.TransactionManagementError):
        row_lock(FormKey, known.pk)


def test_rows_that_refer_to_one_are_read_in_their_sequence(django_user_model):
    user = django_user_model.objects.create_user(email="a@shop.example")
    other = django_user_model.objects.create_user(email="b@shop.example")
    for who, what in ((user, "one"), (other, "his"), (user, "two")):
        row_insert(AccessEntry(user=who, what=what, count=1, at=NOW))
    mine = list(AccessEntry.objects.filter(user=user).order_by("pk"))
    read = rows_get(AccessEntry, user_id=user.pk)
    assert [model_to_dict(one) for one in read] == [model_to_dict(one) for one in mine]
    assert rows_get(AccessEntry, user_id=0) == []


def test_a_row_that_is_there_is_not_written_again():
    first, again = key("once"), key("once")
    assert row_insert_once(first) and first.pk == FormKey.objects.get().pk
    assert not row_insert_once(again) and again.pk is None and again._state.adding


def test_columns_are_set_where_others_hold_what_they_should():
    row_insert(known := key("set"))
    change = {"result": {"b": 1}, "owner": "user:7"}
    assert not row_update(known, change, name="test", only={"purpose": ("other", "more")})
    assert FormKey.objects.get().owner == "user:1"
    assert row_update(known, change, name="test", only={"purpose": ("other", "test")})
    kept = FormKey.objects.get()
    assert (kept.owner, kept.result, kept.key) == ("user:7", {"b": 1}, "set")
    assert known.owner == "user:1"


def test_rows_of_several_models_go_in_one_trip(django_user_model):
    user = django_user_model.objects.create_user(email="a@shop.example")
    entry = AccessEntry(user=user, what="test", count=1, at=NOW)
    row_insert(key("first"))
    rows_insert(AccessEntry(user=user, what="first", count=1, at=NOW))
    with CaptureQueriesContext(connection) as seen:
        rows_insert(key("b"), key("c"), entry)
    assert len(seen.captured_queries) == 1
    assert FormKey.objects.count() == 3
    assert AccessEntry.objects.count() == 2
    assert rows_insert() is None


def test_the_first_that_fails_leaves_nothing():
    with pytest.raises(IntegrityError, match="core_formkey_once"), transaction.atomic():
        rows_insert(key("d"), key("d"))
    assert not FormKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_they_are_refused():
    with pytest.raises(transaction.TransactionManagementError):
        rows_insert(key("e"))
    assert not FormKey.objects.exists()
