"""The page of choices: switches, leave by WeChat, an address. And nobody else's."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.queries import verified_email_of
from core import clock
from notices.kinds import SHOPPER_TOPICS, Topic
from notices.models import NoticeConsent
from notices.services import Ways, ways_of
from notices.tests.factories import consent_make, email_give, openid_give
from orders.tests.factories import paid_make
from tests import cast

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def alice():
    return cast.person()


@pytest.fixture
def openid(alice):
    return openid_give(alice)


@pytest.fixture
def client(alice):
    client = Client(headers={"user-agent": PHONE})
    client.force_login(alice.user)
    return client


def text_of(answer):
    return answer.content.decode()


def said(client, path="/messages/settings/"):
    return text_of(client.get(path))


# Switches.


def test_everything_is_on_until_somebody_chooses(client, alice):
    assert said(client).count(" checked") == 2 * len(SHOPPER_TOPICS)
    data = {"wechat-shipping": "on", "email-refund": "on", "wechat-staff": "on"}
    for _ in range(2):  # sent twice is kept once
        assert client.post("/messages/settings/", data).status_code == 302
    assert ways_of(alice.id, Topic.SHIPPING) == Ways(wechat=True, email=False)
    assert ways_of(alice.id, Topic.REFUND) == Ways(wechat=False, email=True)
    assert ways_of(alice.id, Topic.GROUP) == Ways(wechat=False, email=False)
    assert ways_of(cast.person().id, Topic.GROUP) == Ways()
    page = said(client)
    assert "已保存" in page
    assert page.count(" checked") == 2


def test_the_page_costs_the_same_however_much_was_chosen(client, alice, django_assert_num_queries):
    said(client)
    with django_assert_num_queries(5):  # the person, choices, leave, address, openid
        said(client)
    client.post("/messages/settings/", {"wechat-shipping": "on"})
    for _ in range(4):
        consent_make(alice)
    said(client)
    with django_assert_num_queries(5):
        assert "已订阅 4 条" in said(client)


@pytest.mark.parametrize("path", ["settings/", "ask/shipping/", "subscribed/", "email/confirm/"])
def test_a_stranger_is_asked_to_sign_in(path):
    answer = Client().get(f"/messages/{path}")
    assert answer.status_code == 302
    assert "sign-in" in answer["Location"]


# Leave by WeChat.


def subscribe(client, topic="shipping", then="/orders/"):
    """Off to WeChat; what its page is asked with."""
    answer = client.post("/messages/subscribe/", {"topic": topic, "next": then})
    assert answer.status_code == 302
    where = urlsplit(answer["Location"])
    return {name: values[0] for name, values in parse_qs(where.query).items()} | {
        "path": where.path,
        "fragment": where.fragment,
    }


def back(client, asked, openid, action="confirm"):
    """WeChat sends the browser back."""
    query = {
        "openid": openid,
        "template_id": asked["template_id"],
        "action": action,
        "scene": asked["scene"],
        "reserved": asked["reserved"],
    }
    return client.get(urlsplit(asked["redirect_url"]).path, query)


def test_a_yes_is_leave_for_one_message(client, alice, openid, settings):
    asked = subscribe(client)
    assert asked["path"] == "/mp/subscribemsg"
    assert asked["fragment"] == "wechat_redirect"
    assert (asked["action"], asked["appid"]) == ("get_confirm", settings.WECHAT_APPID)
    assert asked["redirect_url"] == settings.SITE_URL + "/messages/subscribed/"
    answer = back(client, asked, openid)
    assert answer["Location"] == "/orders/"
    consent = NoticeConsent.objects.get()
    assert (consent.user_id, consent.topic, consent.state) == (alice.id, "shipping", "unused")
    assert consent.scene == int(asked["scene"])
    assert "订阅好了" in said(client)


def test_coming_back_twice_is_one_leave(client, openid):
    asked = subscribe(client)
    for _ in range(2):
        back(client, asked, openid)
    assert "订阅好了" in said(client)
    assert list(NoticeConsent.objects.values_list("state", flat=True)) == ["unused"]


def test_each_leave_has_a_scene_of_its_own(client, openid):
    scenes = []
    for topic in ("shipping", "shipping", "refund", "shipping"):
        asked = subscribe(client, topic)
        back(client, asked, openid)
        scenes.append(int(asked["scene"]))
    assert len(set(scenes)) == 4
    assert all(0 <= scene <= 10000 for scene in scenes)
    assert NoticeConsent.objects.filter(state="unused").count() == 4


def test_two_questions_at_once_in_one_scene_are_one_leave(client, alice, openid):
    """WeChat does not add them up, so neither do we."""
    first, second = subscribe(client), subscribe(client)
    NoticeConsent.objects.update(scene=int(first["scene"]))
    for asked in (first, second):
        back(client, asked, openid)
        assert "订阅好了" in said(client)
    states = NoticeConsent.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["unused", "declined"]


def test_a_no_is_no_leave_and_cannot_be_turned_into_a_yes(client, openid):
    asked = subscribe(client)
    back(client, asked, "", action="cancel")
    assert "没有订阅" in said(client)
    back(client, asked, openid)
    assert NoticeConsent.objects.get().state == "declined"


def test_somebody_elses_phone_gives_no_leave_for_this_person(client, openid):
    asked = subscribe(client)
    back(client, asked, "o" + "9" * 27)
    assert NoticeConsent.objects.get().state == "declined"


def test_a_token_works_for_the_person_who_was_asked_and_for_an_hour(client, openid):
    asked = subscribe(client)
    bob = cast.person()
    other = Client(headers={"user-agent": PHONE})
    other.force_login(bob.user)
    back(other, asked, openid_give(bob))
    assert NoticeConsent.objects.get().state == "asked"
    NoticeConsent.objects.update(asked_at=clock.now() - timedelta(hours=1, seconds=1))
    back(client, asked, openid)
    assert NoticeConsent.objects.get().state == "asked"
    assert "订阅已过期" in said(client)


@pytest.mark.parametrize("topic", ["staff", "nothing", ""])
def test_only_what_a_shopper_hears_of_can_be_subscribed_to(client, openid, topic):
    assert (
        client.post("/messages/subscribe/", {"topic": topic})["Location"] == "/messages/settings/"
    )
    assert not NoticeConsent.objects.exists()


def test_without_an_openid_or_a_template_nothing_is_asked(client, alice, settings):
    client.post("/messages/subscribe/", {"topic": "shipping"})
    assert "暂时不能订阅" in said(client)
    openid_give(alice)
    settings.WECHAT_SUBSCRIBE_TEMPLATE = ""
    client.post("/messages/subscribe/", {"topic": "shipping"})
    assert not NoticeConsent.objects.exists()


def test_the_way_back_leads_to_a_page_of_ours(client, openid):
    asked = subscribe(client, then="https://evil.example/")
    assert back(client, asked, openid)["Location"] == "/messages/settings/"


def test_a_script_is_stopped(client, openid):
    for _ in range(21):
        answer = client.post("/messages/subscribe/", {"topic": "shipping"})
    assert answer["Location"] == "/messages/settings/"
    assert NoticeConsent.objects.count() == 20


# Where it is asked.


def test_it_is_asked_inside_wechat_until_enough_is_waited_for(client, alice, openid):
    page = said(client, "/messages/ask/shipping/?next=/orders/")
    assert "订阅一条" in page
    assert 'value="/orders/"' in page
    outside = Client()
    outside.force_login(alice.user)
    assert "订阅一条" not in said(outside, "/messages/ask/shipping/")
    for _ in range(5):
        consent_make(alice)
    assert "订阅一条" not in said(client, "/messages/ask/shipping/")
    assert client.get("/messages/ask/staff/").status_code == 404


def test_whoever_switched_wechat_off_is_not_asked(client, openid):
    client.post("/messages/settings/", {"email-shipping": "on"})
    assert "订阅一条" not in said(client, "/messages/ask/shipping/")


@pytest.mark.parametrize("page", ["result/", ""])
@pytest.mark.parametrize(("held", "topic"), [(False, "shipping"), (True, "group")])
def test_a_paid_orders_pages_ask_about_what_the_buyer_waits_for(page, held, topic):
    order = paid_make(held=held)
    client = Client(headers={"user-agent": PHONE})
    client.force_login(User.objects.get(pk=order.buyer_id))
    path = f"/orders/{order.public_id}/{page}"
    assert f"/messages/ask/{topic}/?next={path}" in said(client, path)
    outside = Client()
    outside.force_login(User.objects.get(pk=order.buyer_id))
    assert "/messages/ask/" not in said(outside, path)


# An address.


def letter_link():
    return re.search(r"http\S+(/messages/email/confirm/\S+)", mail.outbox[-1].body).group(1)


def test_an_address_is_the_persons_when_they_opened_its_letter(client, alice):
    client.post("/messages/email/", {"email": "Alice@Example.com"})
    (letter,) = mail.outbox
    assert letter.to == ["alice@example.com"]
    assert verified_email_of(alice.id) == ""
    link = letter_link()
    assert "alice@example.com" in said(client, link)
    assert verified_email_of(alice.id) == ""  # opening it is not saying yes: machines open links
    token = parse_qs(urlsplit(link).query)["token"][0]
    for _ in range(2):
        client.post("/messages/email/confirm/", {"token": token})
    assert verified_email_of(alice.id) == "alice@example.com"
    assert "alice@example.com" in said(client)


def test_a_new_address_replaces_the_old_one_and_can_be_forgotten(client, alice):
    email_give(alice)
    client.post("/messages/email/", {"email": "new@example.com"})
    token = parse_qs(urlsplit(letter_link()).query)["token"][0]
    client.post("/messages/email/confirm/", {"token": token})
    assert verified_email_of(alice.id) == "new@example.com"
    alice.user.refresh_from_db()
    assert alice.user.email == "new@example.com"
    answer = client.post("/messages/email/", {"do": "forget"}, follow=True)
    assert "先绑定手机号" in answer.content.decode()
    assert verified_email_of(alice.id) == "new@example.com"
    openid_give(alice)
    client.post("/messages/email/", {"do": "forget"})
    assert verified_email_of(alice.id) == ""
    alice.user.refresh_from_db()
    assert alice.user.email is None


def test_what_is_no_address_is_kept_and_explained(client):
    answer = client.post("/messages/email/", {"email": "not an address"})
    assert answer.status_code == 422
    assert 'value="not an address"' in text_of(answer)
    assert mail.outbox == []


def test_an_address_of_somebody_elses_is_refused(client):
    bob = cast.person()
    answer = client.post("/messages/email/", {"email": email_give(bob)})
    assert answer.status_code == 409
    assert "已绑定另一个账号" in text_of(answer)
    User.objects.create_user(email="office@example.com", is_staff=True)
    assert client.post("/messages/email/", {"email": "office@example.com"}).status_code == 409
    assert mail.outbox == []


def test_a_letter_works_for_the_person_who_asked_for_it(client):
    client.post("/messages/email/", {"email": "alice@example.com"})
    link = letter_link()
    other = Client()
    bob = cast.person()
    other.force_login(bob.user)
    assert other.get(link).status_code == 400
    token = parse_qs(urlsplit(link).query)["token"][0]
    other.post("/messages/email/confirm/", {"token": token})
    assert verified_email_of(bob.id) == ""
    assert client.post("/messages/email/confirm/", {"token": token + "x"}).status_code == 400


def test_letters_are_few(client):
    for number in range(4):
        answer = client.post("/messages/email/", {"email": f"a{number}@example.com"})
    assert answer.status_code == 409
    assert len(mail.outbox) == 3


def test_letters_to_one_address_are_few_whoever_asks():
    for number in range(6):
        client = Client()
        client.force_login(cast.person().user)
        typed = "Fang@example.com" if number % 2 else "fang@example.com"
        answer = client.post("/messages/email/", {"email": typed})
        assert answer.status_code == (302 if number < 5 else 409)
    assert "请明天再试" in text_of(answer)
    assert len(mail.outbox) == 5


def test_a_mail_server_that_is_away_is_said(client, monkeypatch):
    def away(self):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    answer = client.post("/messages/email/", {"email": "alice@example.com"})
    assert answer.status_code == 409
    assert "邮件没有发出去" in text_of(answer)
