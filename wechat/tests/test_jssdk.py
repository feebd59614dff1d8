"""Tickets that every process shares, and the signature of a page."""

import hashlib
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from threading import BoundedSemaphore

import pytest
import requests

from core import outbound
from wechat.client import Client, WechatTrouble, client
from wechat.http import HostRefused, guard
from wechat.services import ForeignUrl, jssdk_config

pytestmark = pytest.mark.django_db
TOKEN, TICKET = "/cgi-bin/stable_token", "/cgi-bin/ticket/getticket"


@pytest.fixture
def ticket(tencent):
    tencent.says(TOKEN, {"access_token": "token-1", "expires_in": 7200})
    tencent.says(TICKET, {"errcode": 0, "ticket": "ticket-1", "expires_in": 7200})
    return tencent


def test_the_page_is_signed_exactly_as_shown_without_its_fragment(ticket, settings):
    page = f"{settings.SITE_URL}/p/abc/?s=t0ken&from=singlemessage"
    config = jssdk_config(f"{page}#top")
    text = (
        f"jsapi_ticket=ticket-1&noncestr={config['nonceStr']}"
        f"&timestamp={config['timestamp']}&url={page}"
    )
    assert config["signature"] == hashlib.sha1(text.encode()).hexdigest()
    assert config["appId"] == settings.WECHAT_APPID


@pytest.mark.parametrize("page", ["https://evil.example/", "", "javascript:alert(1)", "{} /x"])
def test_a_foreign_page_is_not_signed_and_costs_no_call(ticket, settings, page):
    with pytest.raises(ForeignUrl):
        jssdk_config(page.format(settings.SITE_URL))
    assert ticket.asked == []


def test_the_view_refuses_a_foreign_page_in_chinese(ticket, client):
    answer = client.get("/wechat/jssdk/", {"url": "https://evil.example/"})
    assert answer.status_code == 400
    assert "本站" in answer.json()["error"]


def test_the_view_is_never_cached(ticket, client, settings):
    answer = client.get("/wechat/jssdk/", {"url": f"{settings.SITE_URL}/p/a/"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer.json().keys() == {"appId", "timestamp", "nonceStr", "signature"}


@pytest.fixture
def as_processes(monkeypatch):
    """Each of a test's threads stands for a process, which has room for calls of its own."""
    monkeypatch.setattr(outbound, "_room", BoundedSemaphore(100))


@pytest.mark.usefixtures("as_processes")
def test_twelve_processes_fetch_one_token_and_one_ticket(ticket, settings):
    ticket.delay_s = 0.1
    with ThreadPoolExecutor(12) as pool:
        configs = list(pool.map(lambda _: jssdk_config(f"{settings.SITE_URL}/"), range(12)))
    assert len(configs) == 12
    assert (ticket.count(TOKEN), ticket.count(TICKET)) == (1, 1)


@pytest.mark.usefixtures("as_processes")
def test_without_the_lock_each_would_fetch_its_own(ticket, settings, monkeypatch):
    """The control of the test above."""
    monkeypatch.setattr("wechat.store._read", lambda _store, _key: "")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: jssdk_config(f"{settings.SITE_URL}/"), range(4)))
    assert ticket.count(TICKET) == 4


def test_a_refused_token_is_renewed_once(ticket, settings):
    ticket.says(
        TOKEN,
        {"access_token": "token-1", "expires_in": 7200},
        {"access_token": "token-2", "expires_in": 7200},
    )
    ticket.says(
        TICKET,
        {"errcode": 40001, "errmsg": "invalid credential"},
        {"errcode": 0, "ticket": "ticket-2", "expires_in": 7200},
    )
    jssdk_config(f"{settings.SITE_URL}/")
    assert [asked.query["access_token"] for asked in ticket.asked if asked.path == TICKET] == [
        "token-1",
        "token-2",
    ]


def test_a_token_that_stays_refused_is_an_error_and_not_a_loop(ticket, settings):
    ticket.says(TICKET, {"errcode": 40001, "errmsg": "invalid credential"})
    with pytest.raises(WechatTrouble) as caught:
        jssdk_config(f"{settings.SITE_URL}/")
    assert caught.value.code == 40001
    assert ticket.count(TICKET) == 2


def test_the_token_is_asked_for_in_normal_mode(ticket, settings):
    jssdk_config(f"{settings.SITE_URL}/")
    asked = next(one for one in ticket.asked if one.path == TOKEN)
    assert asked.json["force_refresh"] is False
    assert asked.json["secret"] == settings.WECHAT_SECRET
    assert "secret" not in asked.query


def test_a_ticket_that_hangs_holds_as_many_threads_as_it_may(ticket, settings, monkeypatch):
    """Also those who wait for somebody else's fetch."""
    monkeypatch.setattr(outbound, "ROOM_WAIT_S", 0.05)
    ticket.delay_s = 10
    may, page = settings.TENCENT_CALLS_AT_ONCE, f"{settings.SITE_URL}/"
    with ThreadPoolExecutor(may + 6) as pool:
        configs = [pool.submit(jssdk_config, page) for _ in range(may + 6)]
        back = list(islice(as_completed(configs), 6))
        waiting = sum(not config.done() for config in configs)
    assert waiting == may
    assert {type(config.exception()) for config in back} == {WechatTrouble}
    assert ticket.count(TOKEN) <= may
    assert ticket.count(TICKET) == 0


def test_a_ticket_that_is_known_needs_no_room(ticket, settings, monkeypatch):
    page = f"{settings.SITE_URL}/"
    jssdk_config(page)
    monkeypatch.setattr(outbound, "_room", BoundedSemaphore(1))
    with outbound._room:
        assert jssdk_config(page)["signature"]


def test_when_redis_is_away_the_page_is_told_to_wait(ticket, settings, client):
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/wechat/jssdk/", {"url": f"{settings.SITE_URL}/"})
    assert answer.status_code == 503


def test_no_other_host_is_ever_asked(tencent):
    with pytest.raises(HostRefused):
        guard(requests.Session()).get("http://127.0.0.1:1/cgi-bin/token")


def test_the_librarys_own_token_call_is_closed(tencent):
    one = client()
    assert isinstance(one, Client)
    with pytest.raises(NotImplementedError):
        one.fetch_access_token()
