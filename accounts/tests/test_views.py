"""Pages of people: signing in with a code, WeChat's way back, addresses of one's own."""

import re

import pytest
from django.core import mail
from django.core.cache import cache

from accounts.models import Address, Consent, User, WechatIdentity
from accounts.tests.factories import address_make, user_make
from wechat.services import OAuthPerson, WechatTrouble

pytestmark = pytest.mark.django_db

INSIDE = {"user-agent": "Mozilla/5.0 MicroMessenger/8.0"}


@pytest.fixture(autouse=True)
def no_limits_left_over():
    cache.clear()


@pytest.fixture
def oauth(monkeypatch):
    """Who WeChat says came back; raise an exception by putting one there."""
    told = {"person": OAuthPerson("o-1", "", "", "", "snsapi_base", False)}

    def person(code, *, appid):
        told["appid"] = appid
        if isinstance(told["person"], Exception):
            raise told["person"]
        return told["person"]

    monkeypatch.setattr("accounts.views.wechat.oauth_person", person)
    return told


def start(client, target="/orders/"):
    answer = client.get(f"/wechat/sign-in/?next={target}", headers=INSIDE)
    return re.search(r"state=(\w+)", answer["Location"])[1]


def test_a_mail_code_signs_in_and_comes_back(client):
    page = client.post(
        "/sign-in/?by=email", {"email": "fang@example.com", "agree": "on", "next": "/orders/"}
    )
    assert page.status_code == 302
    code = re.search(r"\b([A-Z0-9]{3}-?[A-Z0-9]{3}|\d{6})\b", mail.outbox[0].body)[0]
    answer = client.post(page["Location"], {"code": code, "action": "verify"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/orders/"
    user = User.objects.get(email="fang@example.com")
    assert Consent.objects.filter(user=user).count() == 2


def test_without_agreeing_nobody_is_written_to(client):
    page = client.post("/sign-in/?by=email", {"email": "fang@example.com"})
    assert page.status_code == 422 or 'role="alert"' in page.content.decode()
    assert mail.outbox == []
    assert not User.objects.exists()


@pytest.mark.parametrize("phone", ["", "12345", "+1 202 555 0100", "1380013800a", "枣" * 2000])
def test_a_number_that_is_none_gets_a_sentence(client, phone):
    page = client.post("/sign-in/", {"phone": phone, "agree": "on"})
    assert page.status_code in {200, 422}
    assert 'role="alert"' in page.content.decode()
    assert not User.objects.exists()


def test_wechat_sign_in_is_silent_and_comes_back(client, oauth):
    state = start(client)
    answer = client.get(f"/wechat/callback/?code=c&state={state}")
    assert answer["Location"] == "/orders/"
    assert WechatIdentity.objects.get().openid == "o-1"
    assert "_auth_user_id" in client.session


def test_a_state_works_once_and_in_its_own_browser(client, oauth):
    from django.test import Client

    state = start(client)
    stranger = Client().get(f"/wechat/callback/?code=c&state={state}")
    assert stranger.status_code == 400
    client.get(f"/wechat/callback/?code=c&state={state}")
    assert client.get(f"/wechat/callback/?code=c&state={state}").status_code == 400
    assert client.get("/wechat/callback/?code=c&state=").status_code == 400
    assert User.objects.count() == 1


def test_a_refused_consent_offers_another_way(client, oauth):
    state = start(client)
    page = client.get(f"/wechat/callback/?state={state}")
    assert "手机号登录" in page.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (WechatTrouble("busy", permanent=False), 503),
        (WechatTrouble("invalid code", permanent=True, code=40029), 400),
    ],
)
def test_wechats_trouble_is_told(client, oauth, trouble, status):
    oauth["person"] = trouble
    assert client.get(f"/wechat/callback/?code=c&state={start(client)}").status_code == status
    assert not User.objects.exists()


def test_a_snapshot_makes_no_account(client, oauth):
    oauth["person"] = OAuthPerson("o-ghost", "", "", "", "snsapi_userinfo", True)
    assert client.get(f"/wechat/callback/?code=c&state={start(client)}").status_code == 403
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere(client, oauth, target):
    state = start(client, target)
    answer = client.get(f"/wechat/callback/?code=c&state={state}")
    assert answer["Location"].startswith("/")
    assert "evil" not in answer["Location"]
    client.force_login(user_make())
    page = client.get("/sign-in/", {"next": target})
    assert "evil" not in page.headers.get("Location", "")


def test_signing_in_too_often_is_stopped(client):
    start(client)
    answers = [client.get("/wechat/sign-in/?next=/", headers=INSIDE).status_code for _ in range(25)]
    assert answers[0] == 302
    assert 429 in answers  # The last ones may be the next minute's.


def test_outside_wechat_the_way_leads_to_a_code(client):
    assert client.get("/wechat/sign-in/?next=/orders/")["Location"].startswith("/sign-in/")


FORM = {
    "recipient": "王小枣",
    "phone": "13800138000",
    "province_code": "140000",
    "city_code": "141100",
    "district_code": "141102",
    "street": "滨河北中路 8 号",
    "agree": "on",
}


def test_an_address_is_made_changed_and_removed_by_its_owner(client):
    user = user_make()
    client.force_login(user)
    answer = client.post("/addresses/new/", FORM | {"next": "/orders/"})
    assert answer["Location"].startswith("/orders/")
    address = Address.objects.get(user=user)
    client.post(f"/addresses/{address.public_id}/", FORM | {"street": "新街 1 号"})
    client.post(f"/addresses/{address.public_id}/remove/")
    kept = Address.objects.filter(user=user, removed_at=None)
    assert not kept.exists()


@pytest.mark.parametrize("end", ["", "remove/", "default/"])
def test_somebody_elses_address_is_not_there(client, end):
    address = address_make(user_make())
    client.force_login(user_make())
    path = f"/addresses/{address.public_id}/{end}"
    assert client.get(path).status_code in {404, 405}
    # Removing is safe to do twice, so an address that is not yours looks removed already.
    assert client.post(path, FORM).status_code == (302 if end == "remove/" else 404)
    address.refresh_from_db()
    assert (address.removed_at, address.street) == (None, "滨河北中路 8 号 2 单元 301")


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": ""},
        {"phone": "123"},
        {"district_code": "110101"},
        {"district_code": ""},
        {"street": ""},
        {"street": "x" * 10_000},
        {"recipient": "\x00"},
    ],
)
def test_a_bad_address_gets_a_sentence_and_keeps_what_was_typed(client, change):
    client.force_login(user_make())
    page = client.post("/addresses/new/", FORM | change)
    assert page.status_code in {200, 422}
    text = page.content.decode()
    assert 'role="alert"' in text
    if "recipient" not in change:
        assert "王小枣" in text
    assert not Address.objects.exists()


def test_emoji_and_right_to_left_text_are_kept_as_they_are(client):
    user = user_make()
    client.force_login(user)
    client.post("/addresses/new/", FORM | {"recipient": "小枣🍎", "street": "شارع 5 <b>"})
    address = Address.objects.get(user=user)
    assert address.recipient == "小枣🍎"
    assert "<b>" not in client.get("/addresses/").content.decode()


def test_divisions_answer_in_json(client):
    client.force_login(user_make())
    told = client.get("/addresses/divisions/", {"parent": "141100"}).json()
    assert ["141102", "离石区"] in [list(one) for one in told["children"]]
    assert client.get("/addresses/divisions/", {"parent": "x"}).status_code in {200, 400, 404}


def test_codes_to_one_address_are_few(client):
    form = {"email": "fang@example.com", "agree": "on"}
    for _ in range(8):
        page = client.post("/sign-in/?by=email", form)
    assert "请稍后再试" in page.content.decode()
    assert len(mail.outbox) == 3


def test_a_hundred_phones_of_one_carrier_all_sign_in(oauth):
    from django.test import Client

    answers = [Client().get("/wechat/sign-in/?next=/", headers=INSIDE) for _ in range(100)]
    assert {answer.status_code for answer in answers} == {302}


def test_a_pasted_line_fills_the_form_and_loses_nothing(client):
    client.force_login(user_make())
    typed = {
        "street": "旧街 1 号",
        "recipient": "老王",
        "is_default": "on",
        "next": "/cart/checkout/",
    }
    line = "13812345678 浙江省杭州市西湖区"
    answer = client.post("/addresses/new/", {**typed, "action": "parse", "pasted": line})
    page = answer.content.decode()
    assert answer.context["form"].initial["phone"] == "13812345678"
    assert answer.context["form"].initial["recipient"] == "老王"
    assert "旧街 1 号" in page
    assert line in page
    assert 'value="/cart/checkout/"' in page
    assert re.search(r"<option value=\"\d+\" selected>西湖区", page)
    assert not Address.objects.exists()


def test_a_line_that_says_too_little_is_named_and_kept(client):
    client.force_login(user_make())
    answer = client.post("/addresses/new/", {"action": "parse", "pasted": "13812345678"})
    page = answer.content.decode()
    assert "没有认出：收货人、省份、详细地址。" in page
    assert "13812345678" in page
    assert not Address.objects.exists()
