"""The whole way against the simulator: a consent is given on its page, and the phone has the message."""

from urllib.parse import urlsplit

import pytest
import redis
import requests
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client

from notices.kinds import Kind
from notices.models import NoticeConsent
from notices.tests.factories import delivery_of, email_give, notice_make, openid_give, send
from tests import cast
from tests.simulated import simulator_start
from wechat.simulated import app_provision

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with simulator_start(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


@pytest.fixture
def simulator(running, settings):
    for name in ("SIMULATOR_URL", "WECHAT_API_URL", "WECHAT_OPEN_URL", "WECHAT_MP_URL"):
        setattr(settings, name, running.url)
    running.control("POST", "reset")
    redis.Redis.from_url(settings.CACHE_URL).flushdb()
    cache.clear()
    app_provision(name="小店")
    return running


@pytest.fixture
def alice(simulator):
    who = cast.person()
    openid_give(who, simulator.person("alice"))
    return who


def follow(simulator, key="alice"):
    simulator.control("PUT", f"people/{key}/follow", appid=configured.WECHAT_APPID)


def received(simulator):
    return simulator.control("GET", "messages?person=alice")


def confirm(alice, topic="shipping", answer="confirm"):
    """Alice taps the button, and answers on WeChat's page."""
    client = Client(headers={"user-agent": PHONE})
    client.force_login(alice.user)
    asked = client.post("/messages/subscribe/", {"topic": topic, "next": "/orders/"})["Location"]
    cookies = {"sim_person": "alice"}
    page = requests.get(asked, cookies=cookies, timeout=10)
    assert "申请给你发送一条消息" in page.content.decode()
    said = requests.post(
        asked, data={"answer": answer}, cookies=cookies, allow_redirects=False, timeout=10
    )
    where = urlsplit(said.headers["Location"])
    assert client.get(f"{where.path}?{where.query}")["Location"] == "/orders/"


@pytest.mark.parametrize("kind", sorted(configured.WECHAT_TEMPLATES))
def test_a_follower_has_the_template_message(simulator, alice, kind):
    follow(simulator)
    delivery = send(delivery_of(notice_make(alice.id, kind=Kind(kind))))
    assert (delivery.state, delivery.reason) == ("sent", "")
    (message,) = received(simulator)
    assert message["kind"] == "template"
    assert message["data"]["thing1"] == "红枣 500 克"
    assert message["url"].endswith(f"/messages/{delivery.notice.public_id}/")


def test_a_long_name_is_cut_to_what_a_place_holds(simulator, alice):
    follow(simulator)
    values = {"goods": "一" * 60, "carrier": "顺丰", "tracking_no": "SF1"}
    assert send(delivery_of(notice_make(alice.id, values=values))).state == "sent"
    assert received(simulator)[0]["data"]["thing1"] == "一" * 19 + "…"


def test_one_consent_is_one_message_on_the_phone(simulator, alice):
    confirm(alice)
    first, second = (delivery_of(notice_make(alice.id)) for _ in range(2))
    send(first)  # does not follow
    assert send(first).state == "sent"
    (message,) = received(simulator)
    assert (message["kind"], message["title"]) == ("subscribe", "已发货")
    assert "SF1234567890" in message["data"]["content"]
    assert send(second).state == "skipped"
    assert len(received(simulator)) == 1
    assert cast.broken() == []


def test_two_consents_are_two_messages(simulator, alice):
    confirm(alice)
    confirm(alice)
    for _ in range(2):
        delivery = delivery_of(notice_make(alice.id))
        send(delivery)
        send(delivery)
    assert len(received(simulator)) == 2
    assert set(NoticeConsent.objects.values_list("state", flat=True)) == {"used"}


def test_a_no_is_no_message(simulator, alice):
    confirm(alice, answer="cancel")
    delivery = delivery_of(notice_make(alice.id))
    send(delivery)
    assert send(delivery).state == "skipped"
    assert received(simulator) == []


def test_leave_that_wechat_has_forgotten_is_void_and_an_email_goes(simulator, alice):
    email_give(alice)
    confirm(alice)
    simulator.fault("message", "not_following")
    notice = notice_make(alice.id)
    send(delivery_of(notice))
    simulator.fault("message", "refused")
    assert send(delivery_of(notice)).state == "failed"
    assert NoticeConsent.objects.get().state == "void"
    assert send(delivery_of(notice, "email")).state == "sent"
    assert cast.broken() == []


@pytest.mark.parametrize(
    "mode", ["system_error_before", "system_error_after", "timeout", "timeout_after", "slow"]
)
def test_however_wechat_answers_a_follower_has_it_once(simulator, alice, mode):
    follow(simulator)
    simulator.fault("message", mode)
    delivery = delivery_of(notice_make(alice.id))
    send(delivery)
    assert send(delivery).state == "sent"
    assert len(received(simulator)) == 1


@pytest.mark.parametrize(
    ("mode", "state", "messages"),
    [
        ("system_error_before", "sent", 1),
        ("system_error_after", "unclear", 1),
        ("timeout", "sent", 1),
        ("timeout_after", "unclear", 1),
        ("frequency_limited", "sent", 1),
    ],
)
def test_however_wechat_answers_a_consent_is_one_message(
    simulator, alice, settings, mode, state, messages
):
    settings.WECHAT_TEMPLATES = {}
    email_give(alice)
    confirm(alice)
    simulator.fault("message", mode)
    notice = notice_make(alice.id)
    delivery = delivery_of(notice)
    assert send(delivery).state == "waiting"
    assert send(delivery).state == state
    assert len(received(simulator)) == messages
    assert not notice.deliveries.filter(channel="email").exists()
    assert cast.broken() == []


def test_a_refused_token_is_renewed_once(simulator, alice):
    follow(simulator)
    simulator.fault("message", "sign_error")
    assert send(delivery_of(notice_make(alice.id))).state == "sent"


def test_the_day_s_quota_is_waited_for(simulator, alice):
    follow(simulator)
    simulator.fault("message", "quota")
    delivery = delivery_of(notice_make(alice.id))
    assert send(delivery).state == "waiting"
    assert delivery.code == 45009
    assert send(delivery).state == "sent"
