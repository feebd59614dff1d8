"""Who comes back from WeChat's consent page."""

from threading import BoundedSemaphore
from urllib.parse import parse_qs, urlsplit

import pytest

from core import outbound
from wechat.services import ForeignUrl, WechatTrouble, authorize_url, oauth_person, oauth_state_new


def token(scope: str, **more: object) -> dict[str, object]:
    """What the token call answers."""
    lives = {"access_token": "t", "refresh_token": "r", "expires_in": 7200}
    return {**lives, "openid": "o1", "scope": scope, **more}


pytestmark = pytest.mark.django_db
TOKEN, PROFILE = "/sns/oauth2/access_token", "/sns/userinfo"


def test_the_address_has_everything_wechat_wants(settings):
    back = f"{settings.SITE_URL}/wechat/callback/"
    url = authorize_url(scope="snsapi_base", state="a1", redirect_uri=back)
    parts = urlsplit(url)
    assert parts.fragment == "wechat_redirect"
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert query == {
        "appid": settings.WECHAT_APPID,
        "redirect_uri": back,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "a1",
    }


@pytest.mark.parametrize("state", ["", "a" * 129, "a-b", "中", "a\n"])
def test_a_state_that_wechat_would_drop_is_refused(settings, state):
    with pytest.raises(ValueError, match="state"):
        authorize_url(scope="snsapi_base", state=state, redirect_uri=f"{settings.SITE_URL}/x/")


def test_an_unknown_scope_is_refused(settings):
    with pytest.raises(ValueError, match="scope"):
        authorize_url(scope="snsapi_login", state="a", redirect_uri=f"{settings.SITE_URL}/x/")


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example/", "/wechat/", "{}.evil/"]
)
def test_people_come_back_to_us_only(settings, place):
    with pytest.raises(ForeignUrl):
        authorize_url(scope="snsapi_base", state="a", redirect_uri=place.format(settings.SITE_URL))


def test_states_are_long_and_never_the_same():
    states = {oauth_state_new() for _ in range(200)}
    assert len(states) == 200
    assert all(len(state) == 32 and state.isalnum() for state in states)


def test_a_silent_sign_in_costs_one_call_and_tells_no_name(tencent):
    tencent.says(TOKEN, token("snsapi_base"))
    person = oauth_person("code")
    assert (person.openid, person.nickname, person.unionid) == ("o1", "", "")
    assert [asked.path for asked in tencent.asked] == [TOKEN]
    assert tencent.asked[0].query["code"] == "code"


def test_a_consent_brings_name_picture_and_unionid(tencent):
    tencent.says(TOKEN, token("snsapi_userinfo"))
    tencent.says(
        PROFILE,
        {
            "openid": "o1",
            "unionid": "u1",
            "nickname": "阿芳",
            "headimgurl": "http://thirdwx.qlogo.cn/a/132",
        },
    )
    person = oauth_person("code")
    assert (person.unionid, person.nickname) == ("u1", "阿芳")
    assert person.avatar == "https://thirdwx.qlogo.cn/a/132"


def test_a_snapshot_person_is_marked_and_their_profile_is_not_asked(tencent):
    tencent.says(TOKEN, token("snsapi_userinfo", is_snapshotuser=1))
    assert oauth_person("code").is_snapshot
    assert tencent.count(PROFILE) == 0


def test_somebody_elses_profile_is_refused(tencent):
    tencent.says(TOKEN, token("snsapi_userinfo"))
    tencent.says(PROFILE, {"openid": "o2", "nickname": "别人"})
    with pytest.raises(WechatTrouble):
        oauth_person("code")


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ({"errcode": 40029, "errmsg": "invalid code"}, True),
        ({"errcode": 40163, "errmsg": "code been used"}, True),
        ({"errcode": -1, "errmsg": "system error"}, False),
        (b"<html>busy</html>", False),
        ({"access_token": "t"}, False),
    ],
)
def test_an_error_of_tencents_is_one_exception_of_ours(tencent, answer, permanent):
    tencent.says(TOKEN, answer)
    with pytest.raises(WechatTrouble) as caught:
        oauth_person("code")
    assert caught.value.permanent is permanent
    assert "s" * 32 not in str(caught.value)


def test_silence_ends_after_two_seconds_and_leaks_no_secret(tencent):
    tencent.says(TOKEN, {})
    tencent.delay_s = 8
    with pytest.raises(WechatTrouble) as caught:
        oauth_person("code")
    assert not caught.value.permanent
    assert "s" * 32 not in str(caught.value)


def test_a_sign_in_that_finds_no_room_asks_nobody(tencent, monkeypatch):
    monkeypatch.setattr(outbound, "ROOM_WAIT_S", 0.01)
    monkeypatch.setattr(outbound, "_room", BoundedSemaphore(1))
    with outbound._room, pytest.raises(WechatTrouble) as caught:
        oauth_person("code")
    assert not caught.value.permanent
    assert tencent.asked == []


def test_without_an_account_nobody_is_asked(tencent, settings):
    settings.WECHAT_APPID = ""
    with pytest.raises(WechatTrouble) as caught:
        oauth_person("code")
    assert caught.value.permanent
    assert tencent.asked == []
