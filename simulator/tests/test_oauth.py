"""OAuth's server half, tokens and tickets."""

import threading

import pytest
import requests

from simulator.tests.merchant import APPID, SECRET


@pytest.fixture(autouse=True)
def app(merchant):
    """The app is known as soon as a merchant of its is."""


def exchange(phone, code, **other):
    asked = {
        "appid": APPID,
        "secret": SECRET,
        "code": code,
        "grant_type": "authorization_code",
    } | other
    return phone.get("/sns/oauth2/access_token", **asked)


def stable(phone, **other):
    body = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET} | other
    return requests.post(f"{phone.url}/cgi-bin/stable_token", json=body, timeout=20).json()


def classic(phone):
    return phone.get("/cgi-bin/token", grant_type="client_credential", appid=APPID, secret=SECRET)


def ticket(phone, token):
    return phone.get("/cgi-bin/ticket/getticket", access_token=token, type="jsapi")


def test_a_silent_sign_in_tells_the_openid_and_nothing_else(phone, openid):
    told = exchange(phone, phone.code("alice"))
    assert told["openid"] == openid
    assert told["scope"] == "snsapi_base"
    assert "unionid" not in told
    said = phone.get("/sns/userinfo", access_token=told["access_token"], openid=openid)
    assert said["errcode"] == 48001


def test_a_consent_tells_name_and_unionid_in_utf8_text(phone, openid):
    told = exchange(phone, phone.code("alice", "snsapi_userinfo"))
    query = {"access_token": told["access_token"], "openid": openid}
    answer = requests.get(f"{phone.url}/sns/userinfo", params=query, timeout=20)
    assert answer.headers["Content-Type"].startswith("text/plain")
    person = answer.json()
    assert person["nickname"] == "alice的昵称"
    assert "alice的昵称".encode() in answer.content
    known = phone.control("GET", f"people/alice/openid?appid={APPID}")
    assert (person["openid"], person["unionid"]) == (known["openid"], known["unionid"])
    assert told["unionid"] == known["unionid"]


def test_a_person_has_another_openid_at_every_app_and_one_unionid(phone):
    here = phone.control("GET", f"people/alice/openid?appid={APPID}")
    there = phone.control("GET", "people/alice/openid?appid=wx00000000000000cc")
    assert here["openid"] != there["openid"]
    assert here["unionid"] == there["unionid"]


def test_a_code_works_once(phone):
    code = phone.code("alice")
    assert "openid" in exchange(phone, code)
    assert exchange(phone, code)["errcode"] == 40163


def test_a_code_used_by_many_at_once_works_for_one(phone):
    code, told = phone.code("alice"), []
    threads = [
        threading.Thread(
            target=lambda: told.append(
                requests.get(
                    f"{phone.url}/sns/oauth2/access_token",
                    params={
                        "appid": APPID,
                        "secret": SECRET,
                        "code": code,
                        "grant_type": "authorization_code",
                    },
                    timeout=20,
                ).json()
            )
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.get("errcode", 0) for one in told) == [0] + [40163] * 7


def test_a_code_lives_five_minutes(phone):
    code, fresh = phone.code("alice"), phone.code("alice")
    phone.control("POST", "clock", advance_s=290)
    assert "openid" in exchange(phone, fresh)
    phone.control("POST", "clock", advance_s=20)
    assert exchange(phone, code)["errcode"] == 42003


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"code": "no-such-code"}, 40029),
        ({"code": ""}, 41008),
        ({"appid": "wx00000000000000dd"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "wrong"}, 40125),
        ({"secret": "错的"}, 40125),
        ({"secret": ""}, 41004),
        ({"grant_type": "password"}, 40002),
    ],
)
def test_what_does_not_fit_is_refused_and_the_code_stays_good(phone, change, errcode):
    code = phone.code("alice")
    assert exchange(phone, **({"code": code} | change))["errcode"] == errcode
    assert "openid" in exchange(phone, code)


def test_a_token_dies_after_two_hours_and_is_refreshed(phone, openid):
    told = exchange(phone, phone.code("alice", "snsapi_userinfo"))
    who = {"access_token": told["access_token"], "openid": openid}
    assert phone.get("/sns/auth", **who)["errcode"] == 0
    phone.control("POST", "clock", advance_s=7300)
    assert phone.get("/sns/auth", **who)["errcode"] == 42001
    assert phone.get("/sns/userinfo", **who)["errcode"] == 42001
    fresh = phone.get(
        "/sns/oauth2/refresh_token",
        appid=APPID,
        grant_type="refresh_token",
        refresh_token=told["refresh_token"],
    )
    assert fresh["openid"] == openid
    again = {"access_token": fresh["access_token"], "openid": openid}
    assert phone.get("/sns/userinfo", **again)["nickname"] == "alice的昵称"


def test_a_token_is_for_its_own_person_only(phone):
    told = exchange(phone, phone.code("alice", "snsapi_userinfo"))
    bob = phone.openid("bob")
    said = phone.get("/sns/userinfo", access_token=told["access_token"], openid=bob)
    assert said["errcode"] == 40003
    said = phone.get("/sns/userinfo", access_token="invented", openid=bob)
    assert said["errcode"] == 40001
    said = phone.get("/sns/oauth2/refresh_token", appid=APPID, refresh_token="invented")
    assert said["errcode"] == 40030


def test_a_snapshot_person_is_invented(phone, openid):
    phone.fault("oauth", "snapshot")
    told = exchange(phone, phone.code("alice", "snsapi_userinfo"))
    assert told["is_snapshotuser"] == 1
    assert told["openid"] != openid
    person = phone.get("/sns/userinfo", access_token=told["access_token"], openid=told["openid"])
    assert "alice" not in person["nickname"]
    assert "unionid" not in person


def test_a_stable_token_stays_until_it_is_forced(phone):
    first = stable(phone)
    assert 0 < first["expires_in"] <= 7200
    assert stable(phone)["access_token"] == first["access_token"]
    assert ticket(phone, first["access_token"])["errcode"] == 0
    forced = stable(phone, force_refresh=True)
    assert forced["access_token"] != first["access_token"]
    assert ticket(phone, first["access_token"])["errcode"] == 40001
    assert ticket(phone, forced["access_token"])["errcode"] == 0


def test_the_classic_token_renews_itself_and_leaves_the_stable_one_alone(phone):
    steady, first = stable(phone)["access_token"], classic(phone)["access_token"]
    second = classic(phone)["access_token"]
    assert len({steady, first, second}) == 3
    for token in (steady, first, second):
        assert ticket(phone, token)["errcode"] == 0
    phone.control("POST", "clock", advance_s=301)
    assert ticket(phone, first)["errcode"] == 40001
    assert ticket(phone, second)["errcode"] == 0
    assert stable(phone)["access_token"] == steady


def test_tokens_and_tickets_expire(phone):
    token = stable(phone)["access_token"]
    told = ticket(phone, token)
    assert told["ticket"] == ticket(phone, token)["ticket"]
    phone.control("POST", "clock", advance_s=7300)
    assert ticket(phone, token)["errcode"] == 40001
    fresh = stable(phone)["access_token"]
    assert fresh != token
    assert ticket(phone, fresh)["ticket"] != told["ticket"]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"grant_type": "x"}, 40002),
        ({"appid": "wx1"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"secret": 7}, 40125),
    ],
)
def test_a_token_needs_the_right_secret(phone, change, errcode):
    assert stable(phone, **change)["errcode"] == errcode


@pytest.mark.parametrize("body", ["[]", "nothing", ""])
def test_a_token_call_without_an_object_is_refused(phone, body):
    answer = requests.post(f"{phone.url}/cgi-bin/stable_token", data=body, timeout=20)
    assert answer.json()["errcode"] == 47001
    assert requests.get(f"{phone.url}/cgi-bin/stable_token", timeout=20).json()["errcode"] == 43002
