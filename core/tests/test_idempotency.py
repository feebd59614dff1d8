"""A form that is sent twice does its work once and gives the first result twice."""

import pytest
from django.db import transaction
from django.utils import timezone

from core.idempotency import KEPT, form_claim, form_key_new, form_keys_forget
from core.ids import public_id
from core.models import FormKey


def claim(owner="user:1", key="k", order="ord_1"):
    return form_claim(
        owner=owner, key=key, purpose="order", result={"order": order}, now=timezone.now()
    )


@pytest.mark.django_db
def test_the_second_sender_is_given_the_first_result():
    assert claim(order="ord_1") is None
    assert claim(order="ord_2") == {"order": "ord_1"}


@pytest.mark.django_db
def test_another_persons_same_key_is_another_form():
    assert claim(owner="user:1") is None
    assert claim(owner="user:2") is None


@pytest.mark.django_db(transaction=True)
def test_a_failed_attempt_frees_the_key():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        claim()
        _ = 1 / 0
    assert not FormKey.objects.exists()
    assert claim() is None


def test_new_keys_differ():
    assert form_key_new() != form_key_new()


@pytest.mark.django_db
def test_keys_of_forms_go_when_nobody_sends_those_any_more():
    now = timezone.now()
    claim(key=form_key_new())
    claim(key=f"{form_key_new()}:7")  # a cart's, of one store
    assert form_keys_forget(now=now + KEPT) == 0
    assert form_keys_forget(now=timezone.now() + KEPT) == 2
    assert not FormKey.objects.exists()


@pytest.mark.django_db
def test_a_reason_for_which_something_is_done_once_for_ever_stays():
    for reason in ("newcomer:5", f"{public_id('ord')}:5"):
        claim(key=reason)
    assert form_keys_forget(now=timezone.now() + KEPT * 9) == 0
    assert FormKey.objects.count() == 2
