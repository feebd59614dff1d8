"""Codes: how many are sent to one number, by whomever they are asked for."""

import time
from types import SimpleNamespace

import pytest
from allauth.account import app_settings
from allauth.core.internal.ratelimit import parse_rates
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import sms
from accounts.tests.factories import phone_make, user_make

pytestmark = pytest.mark.django_db

DAY_S = 86_400
# Asked with a password or a code that is there already: nothing is sent.
SENDS_NOTHING = {"login", "login_failed"}


@pytest.fixture(autouse=True)
def no_limits_left_over():
    cache.clear()


@pytest.fixture
def minutes(monkeypatch):
    """Every call lets a minute and a second go by, for the limits alone."""
    passed = {"s": 0}
    fake = SimpleNamespace(
        time=lambda: time.time() + passed["s"], sleep=time.sleep, monotonic=time.monotonic
    )
    monkeypatch.setattr("allauth.core.internal.ratelimit.time", fake)
    return lambda: passed.update(s=passed["s"] + 61)


@pytest.fixture
def sent(monkeypatch):
    """The numbers that codes were sent to."""
    numbers = []
    carrier = SimpleNamespace(code_send=lambda *, phone, code: numbers.append(phone))
    monkeypatch.setattr(sms, "gateway", lambda: carrier)
    return numbers


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def bind(client, phone):
    return client.post(reverse("account_change_phone"), {"phone": phone, "agree": "on"})


def test_every_action_that_sends_something_is_bound_by_the_day():
    actions = set(django_settings.ACCOUNT_RATE_LIMITS) - SENDS_NOTHING
    assert {"request_login_code", "change_phone", "verify_phone"} <= actions
    for action in actions:
        by_day = {
            rate.per
            for rate in parse_rates(app_settings.RATE_LIMITS[action])
            if rate.duration >= DAY_S and rate.amount <= 20
        }
        wanted = "user" if action == "change_phone" else "key"
        assert wanted in by_day, action


def test_the_eleventh_code_of_a_day_to_one_number_is_not_sent(sent, minutes):
    phone = phone_make()
    people = [signed_in(user_make()) for _ in range(2)]
    for number in range(11):
        answer = bind(people[number % 2], phone)
        minutes()
    assert sent == [phone] * 10
    assert "取验证码太频繁" in answer.content.decode()
    # Somebody else's number is another matter.
    assert bind(signed_in(user_make()), other := phone_make()).status_code == 302
    assert sent[-1] == other


def test_one_account_asks_for_few_codes_a_day(sent, minutes):
    alice = signed_in(user_make())
    for _ in range(11):
        answer = bind(alice, phone_make())
        minutes()
    assert len(sent) == 10
    assert answer.status_code == 429


def test_two_people_who_bind_one_number_at_once_are_told_to_wait(sent):
    phone = phone_make()
    assert bind(signed_in(user_make()), phone).status_code == 302
    answer = bind(signed_in(user_make()), phone)
    assert (answer.status_code, sent) == (200, [phone])
    assert phone in answer.content.decode()
