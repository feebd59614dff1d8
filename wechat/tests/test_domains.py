"""Share domains: whose they are, what is signed there, and what the office refuses."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.tests.factories import user_make
from wechat.domains import appid_of, domain_of, domains_forget, origin_of
from wechat.models import ShareDomain
from wechat.services import ForeignUrl, authorize_url, jssdk_config, oauth_person
from wechat.tests.factories import domain_make, domain_retire

pytestmark = pytest.mark.django_db

OWN = {"is_pool": False, "appid": "wx00000000000000bb", "secret": "t" * 32}


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.SITE_URL, settings.SITE_HOST = "https://shop.example", "shop.example"
    settings.ALLOWED_HOSTS = ["shop.example", "s1.example", "dates.example"]
    domains_forget()
    yield
    domains_forget()


def test_without_share_domains_there_is_the_main_host_alone(settings):
    assert domain_of("shop.example") is None
    assert origin_of("anything.example") == settings.SITE_URL
    assert appid_of("shop.example") == settings.WECHAT_APPID


def test_a_domain_has_the_main_hosts_scheme_and_port(settings):
    domain_make("s1.example")
    assert origin_of("s1.example") == "https://s1.example"
    settings.SITE_URL = "http://shop.example:8000"
    assert origin_of("S1.EXAMPLE:8000") == "http://s1.example:8000"


def test_a_page_is_signed_with_the_account_of_its_host(tencent):
    tencent.says("/cgi-bin/stable_token", {"access_token": "token", "expires_in": 7200})
    ticket = {"errcode": 0, "ticket": "ticket", "expires_in": 7200}
    tencent.says("/cgi-bin/ticket/getticket", ticket)
    domain_make("s1.example")
    domain_make("dates.example", **OWN)
    signed = {
        host: jssdk_config(f"https://{host}/p/a/")["appId"]
        for host in ("shop.example", "s1.example", "dates.example")
    }
    assert signed == {
        "shop.example": "wx00000000000000aa",
        "s1.example": "wx00000000000000aa",
        "dates.example": OWN["appid"],
    }
    asked = [one.json for one in tencent.asked if one.path == "/cgi-bin/stable_token"]
    assert {one["appid"]: one["secret"][0] for one in asked} == {
        "wx00000000000000aa": "s",
        OWN["appid"]: "t",
    }


@pytest.mark.parametrize(
    "page",
    [
        "https://s2.example/",
        "http://s1.example/",
        "https://s1.example:81/",
        "https://s1.example.x/",
    ],
)
def test_what_is_not_exactly_a_host_of_ours_is_not_signed(page):
    domain_make("s1.example")
    with pytest.raises(ForeignUrl):
        jssdk_config(page)
    with pytest.raises(ForeignUrl):
        authorize_url(scope="snsapi_base", state="a", redirect_uri=page)


def test_a_code_is_exchanged_at_the_account_that_gave_it(tencent):
    person = {"access_token": "t", "openid": "o9", "scope": "snsapi_base"}
    tencent.says("/sns/oauth2/access_token", {**person, "refresh_token": "r", "expires_in": 7200})
    domain_make("dates.example", **OWN)
    assert oauth_person("code", appid=OWN["appid"]).openid == "o9"
    asked = tencent.asked[-1].query
    assert (asked["appid"], asked["secret"]) == (OWN["appid"], OWN["secret"])


def test_the_secret_is_stored_encrypted_and_never_cached(django_assert_num_queries):
    from django.core.cache import cache
    from django.db import connection

    domain_make("dates.example", **OWN)
    assert domain_of("dates.example").appid == OWN["appid"]
    assert OWN["secret"] not in repr(cache.get("wechat:share-domains"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM wechat_sharedomain")
        assert OWN["secret"] not in cursor.fetchone()[0]
    with django_assert_num_queries(0):
        domain_of("dates.example")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"host": "shop.example"}, "host"),
        ({"host": "nobody.example"}, "host"),
        ({"host": "dates.example", "appid": "wx1", "secret": "t", "is_pool": False}, "appid"),
        ({"host": "dates.example", **OWN, "is_pool": True}, "is_pool"),
        ({"host": "dates.example", "appid": OWN["appid"], "is_pool": False}, "secret"),
    ],
)
def test_a_wrong_entry_gets_a_sentence(fields, wrong):
    with pytest.raises(ValidationError) as refused:
        ShareDomain(**fields).full_clean()
    assert wrong in refused.value.message_dict


def test_the_database_gives_no_store_the_domain_of_anothers_account():
    with pytest.raises(IntegrityError):
        ShareDomain.objects.create(host="dates.example", **{**OWN, "is_pool": True})


def test_the_office_retires_a_banned_domain_and_never_shows_a_secret(client, settings):
    made = domain_make("dates.example", **OWN)
    boss = user_make(email="boss@example.com", is_staff=True, is_superuser=True)
    client.force_login(boss)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    address = f"/office/wechat/sharedomain/{made.pk}/change/"
    page = client.get(address, secure=True)
    assert page.status_code == 200
    assert OWN["secret"] not in page.content.decode()
    form = {"appid": OWN["appid"], "secret": "", "state": "retired", "note": "封"}
    assert client.post(address, form, secure=True).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.secret, made.host) == ("retired", OWN["secret"], "dates.example")
    assert not domain_of("dates.example").is_active


def test_a_merchant_does_not_see_the_table(client, settings):
    from stores.models import StoreStaff
    from tests import cast

    store = cast.store_open()
    owner = user_make(email="owner@example.com", is_staff=True)
    StoreStaff.objects.create(store=store, user=owner, role="owner")
    client.force_login(owner)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    domain_retire(domain_make("s1.example"))
    page = client.get("/office/wechat/sharedomain/", secure=True)
    assert page.status_code in {302, 403}


def test_a_host_that_was_given_up_is_nobodys(settings):
    """Whoever registers it next must not be sent people who sign in."""
    domain = domain_make("s1.example")
    domain_retire(domain)
    assert domain_of("s1.example") is not None
    domain.state = ShareDomain.State.GIVEN_UP
    domain.save(update_fields=["state"])
    domains_forget()
    assert domain_of("s1.example") is None
    assert origin_of("s1.example") == settings.SITE_URL
    with pytest.raises(ForeignUrl):
        jssdk_config("https://s1.example/p/a/")
