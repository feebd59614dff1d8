"""Messages of a 服务号: to followers by template, one for each consent, and what is refused."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from simulator.tests.merchant import APPID, BACK, SECRET

TEMPLATE, SUBSCRIBE = "template-shipped", "template-once"


@pytest.fixture
def app(phone):
    phone.control(
        "PUT",
        f"apps/{APPID}",
        secret=SECRET,
        name="小店",
        domains=["127.0.0.1"],
        templates=[TEMPLATE],
        subscribe_template=SUBSCRIBE,
    )
    return APPID


@pytest.fixture
def token(phone, app):
    body = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
    answer = requests.post(f"{phone.url}/cgi-bin/stable_token", json=body, timeout=20)
    return answer.json()["access_token"]


@pytest.fixture
def send(phone, token, openid):
    def post(what, **changes):
        body = {
            "touser": openid,
            "template_id": TEMPLATE,
            "url": "http://127.0.0.1/orders/",
            "data": {"thing1": {"value": "红枣"}},
        }
        if what == "subscribe":
            body |= {
                "template_id": SUBSCRIBE,
                "scene": "7",
                "title": "已发货",
                "data": {"content": {"value": "红枣 已由顺丰速运发出"}},
            }
        url = f"{phone.url}/cgi-bin/message/template/{what}?access_token={changes.pop('token', token)}"
        return requests.post(url, json=body | changes, timeout=20).json()

    return post


def sent(phone):
    return phone.control("GET", "messages")


def follow(phone):
    phone.control("PUT", "people/alice/follow", appid=APPID)


def consent(phone, scene=7):
    phone.control("PUT", "people/alice/subscription", appid=APPID, scene=scene)


def test_a_follower_gets_template_messages_and_nobody_else_does(phone, send):
    assert send("send")["errcode"] == 43004
    follow(phone)
    told = send("send")
    assert told["errcode"] == 0 and told["msgid"] > 0
    (message,) = sent(phone)
    assert (message["person"], message["data"]) == ("alice", {"thing1": "红枣"})
    phone.control("DELETE", "people/alice/follow", appid=APPID)
    assert send("send")["errcode"] == 43004


def test_the_same_client_number_is_one_message(phone, send):
    follow(phone)
    first, second = (send("send", client_msg_id="msg_1") for _ in range(2))
    assert first == second
    assert len(sent(phone)) == 1
    send("send", client_msg_id="msg_2")
    assert len(sent(phone)) == 2


def test_one_consent_is_one_message(phone, send):
    assert send("subscribe")["errcode"] == 43101
    consent(phone)
    assert send("subscribe")["errcode"] == 0
    assert send("subscribe")["errcode"] == 43101
    assert [one["title"] for one in sent(phone)] == ["已发货"]


def test_consents_of_one_scene_do_not_add_up_and_those_of_two_do(phone, send):
    consent(phone)
    consent(phone)
    consent(phone, scene=8)
    assert [send("subscribe")["errcode"] for _ in range(2)] == [0, 43101]
    assert [send("subscribe", scene="8")["errcode"] for _ in range(2)] == [0, 43101]


@pytest.mark.parametrize(
    ("what", "changes", "errcode"),
    [
        ("send", {"token": "invented"}, 40001),
        ("send", {"touser": "o" + "0" * 27}, 40003),
        ("send", {"template_id": SUBSCRIBE}, 40037),
        ("send", {"data": {"thing1": {"value": "一" * 21}}}, 47003),
        ("send", {"data": {"invented": {"value": "x"}}}, 47003),
        ("send", {"data": {"thing1": "红枣"}}, 47003),
        ("send", {"data": {}}, 47003),
        ("subscribe", {"template_id": TEMPLATE}, 40037),
        ("subscribe", {"title": "一" * 16}, 47003),
        ("subscribe", {"data": {"content": {"value": "一" * 201}}}, 47003),
        ("subscribe", {"scene": "10001"}, 47001),
        ("subscribe", {"scene": "x"}, 47001),
    ],
)
def test_what_does_not_fit_is_refused_and_spends_nothing(phone, send, what, changes, errcode):
    follow(phone)
    consent(phone)
    assert send(what, **changes)["errcode"] == errcode
    assert sent(phone) == []
    assert send(what)["errcode"] == 0


@pytest.mark.parametrize(
    ("mode", "errcode", "arrived"),
    [
        ("refused", 43101, 0),
        ("not_following", 43004, 0),
        ("bad_template", 40037, 0),
        ("quota", 45009, 0),
        ("system_error_before", -1, 0),
        ("system_error_after", -1, 1),
    ],
)
def test_it_misbehaves_on_command(phone, send, mode, errcode, arrived):
    follow(phone)
    phone.fault("message", mode)
    assert send("send")["errcode"] == errcode
    assert len(sent(phone)) == arrived


def ask(phone, answer=None, **changes):
    query = {
        "action": "get_confirm",
        "appid": APPID,
        "scene": "7",
        "template_id": SUBSCRIBE,
        "redirect_url": BACK,
        "reserved": "abc",
    } | changes
    url = f"{phone.url}/mp/subscribemsg?{urlencode(query)}"
    cookies = {"sim_person": "alice"}
    if answer is None:
        return requests.get(url, cookies=cookies, timeout=20)
    data = {"answer": answer}
    return requests.post(url, data=data, cookies=cookies, allow_redirects=False, timeout=20)


def test_the_person_is_asked_and_the_page_is_told_what_they_said(phone, app, send, openid):
    assert "申请给你发送一条消息" in ask(phone).content.decode()
    assert send("subscribe")["errcode"] == 43101
    back = parse_qs(urlsplit(ask(phone, "cancel").headers["Location"]).query)
    assert back["action"] == ["cancel"] and "openid" not in back
    assert send("subscribe")["errcode"] == 43101
    back = parse_qs(urlsplit(ask(phone, "confirm").headers["Location"]).query)
    assert back == {
        "action": ["confirm"],
        "openid": [openid],
        "template_id": [SUBSCRIBE],
        "scene": ["7"],
        "reserved": ["abc"],
    }
    assert send("subscribe")["errcode"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"appid": "wx00000000000000dd"},
        {"template_id": TEMPLATE},
        {"redirect_url": "https://evil.example/"},
        {"action": "other"},
        {"scene": "10001"},
        {"scene": "x"},
    ],
)
def test_a_question_that_does_not_fit_is_not_asked(phone, app, changes):
    assert ask(phone, **changes).status_code == 400
    assert ask(phone, "confirm", **changes).status_code == 400


def test_a_phone_shows_its_own_messages(phone, send):
    follow(phone)
    consent(phone)
    send("send")
    send("subscribe")
    phone.openid("bob")
    show = lambda key: requests.get(  # noqa: E731
        f"{phone.url}/_phone/messages", cookies={"sim_person": key}, timeout=20
    ).content.decode()
    assert "红枣 已由顺丰速运发出" in show("alice")
    assert "取消关注" in show("alice")
    assert "红枣" not in show("bob")
    data = {"appid": APPID, "do": "follow"}
    cookies = {"sim_person": "bob"}
    requests.post(f"{phone.url}/_phone/messages", data=data, cookies=cookies, timeout=20)
    assert "取消关注" in show("bob")
