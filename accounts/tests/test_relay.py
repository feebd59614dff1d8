"""Signing in at a share domain: WeChat comes back to the main host, which passes the code on."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.test import Client

from accounts.models import WechatIdentity
from accounts.tests.factories import user_make
from wechat.domains import domains_forget
from wechat.models import ShareDomain
from wechat.services import OAuthPerson
from wechat.tests.factories import domain_make, domain_retire

pytestmark = pytest.mark.django_db

INSIDE = {"user-agent": "Mozilla/5.0 MicroMessenger/8.0"}
OWN = {"is_pool": False, "appid": "wx00000000000000bb", "secret": "t" * 32}


@pytest.fixture(autouse=True)
def hosts(settings, monkeypatch):
    """A main host, one of the pool, one with its own 服务号; and who WeChat says came back."""
    settings.SITE_URL, settings.SITE_HOST = "http://shop.example", "shop.example"
    settings.ALLOWED_HOSTS = ["shop.example", "s1.example", "dates.example"]
    domain_make("s1.example")
    domain_make("dates.example", **OWN)
    asked = []

    def person(code, *, appid):
        asked.append((code, appid))
        return OAuthPerson("o-1", "", "", "", "snsapi_base", False)

    monkeypatch.setattr("accounts.views.wechat.oauth_person", person)
    yield asked
    domains_forget()


def starts(client, host, appid=""):
    """Where WeChat is told to bring the browser back to, with its code and the state."""
    path = f"/wechat/sign-in/?next=/orders/&appid={appid}"
    answer = client.get(path, headers={**INSIDE, "host": host})
    asked = parse_qs(urlsplit(answer["Location"]).query)
    back = asked["redirect_uri"][0]
    return asked["appid"][0], f"{back}{'&' if '?' in back else '?'}code=c&state={asked['state'][0]}"


def follow(client, url):
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}", headers={**INSIDE, "host": parts.netloc})


def test_from_the_pool_through_the_main_host_and_back(client, settings, hosts):
    appid, back = starts(client, "s1.example")
    assert appid == settings.WECHAT_APPID
    assert back.startswith("http://shop.example/wechat/relay/?to=")
    # The main host knows nothing of the browser: its cookies are the share domain's.
    relayed = follow(Client(), back)
    assert relayed.status_code == 302
    assert re.match(
        r"http://s1\.example/wechat/callback/\?code=c&state=\w{32}$", relayed["Location"]
    )
    assert "sessionid" not in relayed.cookies
    answer = follow(client, relayed["Location"])
    assert answer["Location"] == "/orders/"
    assert "_auth_user_id" in client.session
    assert hosts == [("c", settings.WECHAT_APPID)]
    assert WechatIdentity.objects.get().appid == settings.WECHAT_APPID


def test_a_domain_with_its_own_account_needs_no_relay(client, hosts):
    appid, back = starts(client, "dates.example")
    assert appid == OWN["appid"]
    assert back.startswith("http://dates.example/wechat/callback/?code=")
    assert follow(client, back)["Location"] == "/orders/"
    assert hosts == [("c", OWN["appid"])]
    assert WechatIdentity.objects.get().appid == OWN["appid"]


def test_the_main_host_signs_in_as_ever(client):
    _appid, back = starts(client, "shop.example")
    assert back.startswith("http://shop.example/wechat/callback/?code=")


def test_a_state_of_another_browser_is_worth_nothing(client):
    _appid, back = starts(client, "s1.example")
    stranger = Client()
    answer = follow(stranger, follow(stranger, back)["Location"])
    assert answer.status_code == 400
    assert "_auth_user_id" not in stranger.session
    assert not WechatIdentity.objects.exists()


@pytest.mark.parametrize(
    "to",
    [
        "",
        "evil.example",
        "http://evil.example/",
        signing.dumps("s1.example"),
        signing.dumps("evil.example", salt="accounts.wechat_relay"),
    ],
    # Signatures tell the second: two processes that collect the tests would name them differently.
    ids=["empty", "stranger", "address", "other-salt", "signed-stranger"],
)
def test_the_relay_passes_nothing_on_to_strangers(client, to):
    answer = client.get(
        "/wechat/relay/", {"to": to, "code": "c", "state": "s"}, headers={"host": "shop.example"}
    )
    assert answer.status_code == 400
    assert "Location" not in answer


def test_an_old_relay_has_expired(client, monkeypatch):
    _appid, back = starts(client, "s1.example")
    monkeypatch.setattr("accounts.views.wechat.STATE_AGE_S", -1)
    assert follow(client, back).status_code == 400


def test_a_host_that_was_given_up_gets_nobodys_code(client):
    """The link that asked was made while the host was ours."""
    _appid, back = starts(client, "s1.example")
    ShareDomain.objects.filter(host="s1.example").update(state=ShareDomain.State.GIVEN_UP)
    domains_forget()
    refused = follow(Client(), back)
    assert refused.status_code == 400
    assert "登录已过期" in refused.content.decode()


@pytest.mark.parametrize(
    ("here", "asked", "through"),
    [
        ("shop.example", "stores", "http://dates.example/wechat/relay/?to="),
        ("s1.example", "stores", "http://dates.example/wechat/relay/?to="),
        ("dates.example", "platforms", "http://shop.example/wechat/relay/?to="),
        ("dates.example", "stores", "http://dates.example/wechat/callback/?code="),
        ("shop.example", "platforms", "http://shop.example/wechat/callback/?code="),
    ],
)
def test_another_account_of_ours_is_asked_through_its_own_host(
    client, settings, hosts, here, asked, through
):
    client.force_login(user_make())
    appid = OWN["appid"] if asked == "stores" else settings.WECHAT_APPID
    told, back = starts(client, here, appid)
    assert told == appid
    assert back.startswith(through)
    answer = follow(Client(), back) if "/relay/" in back else None
    back = answer["Location"] if answer else back
    assert back.startswith(f"http://{here}/wechat/callback/?code=")
    assert follow(client, back)["Location"] == "/orders/"
    assert hosts == [("c", appid)]
    assert client.session["wechat_openids"] == {appid: "o-1"}
    assert not WechatIdentity.objects.exists()


def test_an_account_of_nobodys_is_not_asked(client, settings):
    appid, _back = starts(client, "shop.example", "wx00000000000000ee")
    assert appid == settings.WECHAT_APPID


def test_whoever_is_signed_in_stays_it_and_can_pay_there(client, settings):
    """The phone may be borrowed: who holds it pays, and is not made one with who is signed in."""
    follow(client, starts(client, "shop.example")[1])
    who = client.session["_auth_user_id"]
    _appid, back = starts(client, "shop.example", OWN["appid"])
    assert follow(client, follow(Client(), back)["Location"])["Location"] == "/orders/"
    assert client.session["_auth_user_id"] == who
    assert client.session["wechat_openids"] == {settings.WECHAT_APPID: "o-1", OWN["appid"]: "o-1"}
    assert WechatIdentity.objects.get().appid == settings.WECHAT_APPID


def test_nor_with_the_hosts_own_account(client, settings):
    """Somebody signed in by a code to their number, on a phone whose WeChat is another person's."""
    user = user_make()
    client.force_login(user)
    _appid, back = starts(client, "shop.example", settings.WECHAT_APPID)
    assert follow(client, back)["Location"] == "/orders/"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.session["wechat_openids"] == {settings.WECHAT_APPID: "o-1"}
    assert not WechatIdentity.objects.exists()


def test_who_is_not_signed_in_is_asked_for_by_the_host_and_nobody_else(client, settings):
    """An account at the store's 服务号 would be a stranger's at this host, without their orders."""
    assert starts(client, "shop.example", OWN["appid"])[0] == settings.WECHAT_APPID


def test_who_signed_out_meanwhile_becomes_nobody(client, hosts):
    client.force_login(user_make())
    _appid, back = starts(client, "shop.example", OWN["appid"])
    del (session := client.session)["_auth_user_id"]
    session.save()
    assert follow(client, follow(Client(), back)["Location"])["Location"] == "/orders/"
    assert "_auth_user_id" not in client.session
    assert hosts == [] and not WechatIdentity.objects.exists()


def test_a_stores_host_signs_in_without_an_account_of_the_platform(client, settings):
    settings.WECHAT_APPID = ""
    domains_forget()
    assert starts(client, "dates.example")[0] == OWN["appid"]


def test_a_snapshot_does_not_pay(client, monkeypatch):
    follow(client, starts(client, "shop.example")[1])
    _appid, back = starts(client, "shop.example", OWN["appid"])
    monkeypatch.setattr(
        "accounts.views.wechat.oauth_person",
        lambda code, *, appid: OAuthPerson("o-2", "", "", "", "snsapi_base", True),
    )
    answer = follow(client, follow(Client(), back)["Location"])
    assert answer.status_code == 403
    assert OWN["appid"] not in client.session["wechat_openids"]


def test_a_retired_host_is_led_through_only_by_who_is_there(client, settings):
    """WeChat blocks it, and who asks from elsewhere would end there."""
    domain_retire(ShareDomain.objects.get(host="dates.example"))
    assert starts(client, "shop.example", OWN["appid"])[0] == settings.WECHAT_APPID
    appid, back = starts(client, "dates.example")
    assert (appid, back.startswith("http://dates.example/wechat/callback/")) == (
        OWN["appid"],
        True,
    )
