"""Signing in to the office by password: guessing has an end, and the owner is let in."""

import pytest
from django.core.cache import cache

from accounts.models import User
from accounts.office import TRIES

pytestmark = pytest.mark.django_db

WANG, SECRET = "wang@zaoyuan.example", "Zao-yuan-7391"


@pytest.fixture(autouse=True)
def owner():
    cache.clear()
    return User.objects.create_user(email=WANG, password=SECRET, is_staff=True)


def sign_in(client, password, *, name=WANG, address="192.0.2.1"):
    form = {"username": name, "password": password}
    return client.post("/office/login/?next=/office/", form, REMOTE_ADDR=address)


def test_the_right_password_opens(client):
    assert sign_in(client, SECRET).status_code == 302


def test_after_some_guesses_even_the_right_password_must_wait(client):
    for _ in range(TRIES):
        assert "请过五分钟" not in sign_in(client, "wrong").content.decode()
    refused = sign_in(client, SECRET)
    assert "请过五分钟再试" in refused.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_name_in_capitals_is_the_same_name(client):
    for _ in range(TRIES):
        sign_in(client, "wrong", name=WANG.upper())
    assert "请过五分钟再试" in sign_in(client, SECRET).content.decode()


def test_somebody_elsewhere_does_not_lock_the_owner_out(client):
    for _ in range(TRIES + 1):
        sign_in(client, "wrong")
    assert sign_in(client, SECRET, address="198.51.100.7").status_code == 302
