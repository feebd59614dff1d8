"""A session knows whose it is, ends with its person in every browser, and goes when it is over."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from accounts.models import Session
from accounts.services import sessions_end, sessions_sweep
from accounts.sessions import SessionStore
from accounts.tests.factories import user_make
from core import clock, rows

pytestmark = pytest.mark.django_db


def browser(user=None):
    client = Client()
    if user:
        client.force_login(user)
    return client


def guest_session(**held):
    session = SessionStore()
    session.update(held)
    session.save()
    return session


def test_a_session_knows_who_is_signed_in_and_nobody_of_a_guest():
    user = user_make()
    browser(user)
    guest_session(checkout_draft="枣")
    assert sorted(Session.objects.values_list("person_id", flat=True), key=str) == [user.pk, None]


def test_signing_out_leaves_nothing_that_leads_to_the_person():
    user = user_make()
    client = browser(user)
    client.post("/sign-out/")
    assert not Session.objects.filter(person_id=user.pk).exists()


def test_all_of_ones_browsers_are_signed_out_and_nobody_elses():
    alice, bob = user_make(), user_make()
    hers, his = [browser(alice), browser(alice)], browser(bob)
    keys = [client.session.session_key for client in hers]
    assert sessions_end(user_id=alice.pk) == 2
    assert sessions_end(user_id=alice.pk) == 0
    assert set(Session.objects.values_list("person_id", flat=True)) == {bob.pk}
    # Nor does the cache hold them.
    held = [SessionStore.cache_key_prefix + key for key in keys]
    assert cache.get_many(held) == {}
    assert all(client.get("/account/").status_code == 302 for client in hers)
    assert his.get("/account/").status_code == 200


def test_what_is_over_goes_and_nothing_else(monkeypatch):
    monkeypatch.setattr(rows.rows_sweep, "__kwdefaults__", {"batch": 2})
    now = clock.now()
    for _ in range(5):
        old = guest_session(draft="旧")
        Session.objects.filter(pk=old.session_key).update(expire_date=now - timedelta(seconds=1))
    live = guest_session(draft="新")
    assert sessions_sweep(now=now) == 5
    assert sessions_sweep(now=now) == 0
    assert Session.objects.get().pk == live.session_key


def test_sessions_of_before_are_told_whose_they_are():
    user = user_make()
    browser(user)
    guest_session(draft="枣")
    Session.objects.update(person_id=None)
    import_module("accounts.migrations.0002_sessions_know_whose").whose(apps, None)
    assert Session.objects.filter(person_id=user.pk).count() == 1
    assert Session.objects.filter(person_id=None).count() == 1


def test_the_shop_uses_them():
    assert import_module(settings.SESSION_ENGINE).SessionStore is SessionStore
