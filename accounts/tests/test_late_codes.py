"""A code that came too late, or was wrong too often, leads back to a form that says so, and the next
one ends where the first was to lead."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from accounts import sms
from accounts.models import User
from accounts.tests.factories import phone_make, user_make

pytestmark = pytest.mark.django_db

TARGET = "/checkout/?sku=sku_1&draft=1"


@pytest.fixture(autouse=True)
def no_limits_left_over():
    cache.clear()


def ask(client, form="/sign-in/?by=email", target=TARGET):
    """A code by e-mail; where it is typed."""
    typed = {"email": "fang@example.com", "agree": "on", "next": target}
    return client.post(form, typed)["Location"]


def code_in_mail():
    return re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]


def query_of(path):
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


@pytest.mark.parametrize("name", ["ACCOUNT_LOGIN_BY_CODE_TIMEOUT", "ACCOUNT_LOGIN_TIMEOUT"])
def test_a_late_code_says_so_and_the_second_one_ends_where_the_first_was_to_lead(
    client, settings, name
):
    where, late = ask(client), code_in_mail()
    setattr(settings, name, 0)
    page = client.post(where, {"code": late, "action": "verify"}, follow=True)
    form = page.redirect_chain[-1][0]
    assert "验证码已过期，请重新获取。" in page.content.decode()
    assert 'name="email"' in page.content.decode()
    assert "_auth_user_id" not in client.session
    setattr(settings, name, 300)
    where = ask(client, form, page.context["next"])
    answer = client.post(where, {"code": code_in_mail(), "action": "verify"})
    assert answer["Location"] == TARGET
    assert "_auth_user_id" in client.session


def test_too_many_wrong_codes_say_so_and_lead_on_as_well(client):
    where = ask(client)
    for _ in range(3):
        answer = client.post(where, {"code": "wrong", "action": "verify"})
    assert query_of(answer["Location"]) == {"by": "email", "next": TARGET}
    page = client.get(answer["Location"])
    assert "尝试次数太多" in page.content.decode()
    assert "已过期" not in page.content.decode()


# --- binding a phone ---
@pytest.fixture
def alice(client):
    alice = user_make()
    client.force_login(alice)
    return alice


def bind(client, phone, **more):
    """Give a number; where its code is typed."""
    form = {"phone": phone, "agree": "on", **more}
    return client.post(reverse("account_change_phone"), form)["Location"]


def test_a_proved_phone_leads_on_to_where_it_was_asked_for(client, alice):
    form = client.get(reverse("account_change_phone"), {"next": TARGET})
    assert form.context["next"] == TARGET
    where = bind(client, phone := phone_make(), next=TARGET)
    assert client.get(where).context["next"] == TARGET
    typed = {"code": sms.development_code(phone), "action": "verify"}
    for _ in range(2):  # the button was tapped twice
        assert client.post(where, typed)["Location"] == TARGET
    assert User.objects.get(pk=alice.pk).phone == phone


def test_a_proved_phone_leads_nowhere_else(client, alice):
    where = bind(client, phone := phone_make(), next="https://evil.example/")
    assert "evil" not in where
    answer = client.post(
        where, {"code": sms.development_code(phone), "next": "//evil.example/", "action": "verify"}
    )
    assert answer["Location"] == reverse("account_change_phone")


def test_a_late_code_for_a_phone_says_so_and_still_knows_the_way(client, alice, settings):
    where = bind(client, phone := phone_make(), next=TARGET)
    settings.ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 0
    typed = {"code": sms.development_code(phone), "action": "verify"}
    page = client.post(where, typed, follow=True)
    assert "验证码已过期" in page.content.decode()
    assert page.context["next"] == TARGET
    assert User.objects.get(pk=alice.pk).phone == ""


def test_wrong_codes_for_a_phone_say_so_and_still_know_the_way(client, alice):
    where = bind(client, phone_make(), next=TARGET)
    for _ in range(3):
        page = client.post(where, {"code": "wrong", "action": "verify"}, follow=True)
    assert "验证码输错太多次" in page.content.decode()
    assert page.context["next"] == TARGET
