"""Where a store's links lead: its own domain, one of the pool, the main host."""

import pytest
from django.test import RequestFactory

from sharing.domains import card_origin, share_origin
from tests import cast
from wechat.domains import domains_forget
from wechat.tests.factories import domain_make, domain_retire

pytestmark = pytest.mark.django_db

OWN = {"is_pool": False, "appid": "wx00000000000000bb", "secret": "t" * 32}
POOL = ["s1.example", "s2.example", "s3.example"]


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.SITE_URL, settings.SITE_HOST = "https://shop.example", "shop.example"
    settings.ALLOWED_HOSTS = ["shop.example", "dates.example", "testserver", *POOL]
    domains_forget()
    yield
    domains_forget()


@pytest.fixture
def store():
    return cast.store_open()


def at(host):
    return RequestFactory().get("/", headers={"host": host})


def test_without_domains_links_lead_to_the_main_host_and_cost_no_query(
    store, django_assert_num_queries
):
    share_origin(store.pk)
    with django_assert_num_queries(0):
        assert share_origin(store.pk) == "https://shop.example"


def test_the_pool_is_shared_evenly_and_one_ban_moves_nobody_else():
    rows = [domain_make(host) for host in POOL]
    before = {number: share_origin(number) for number in range(300)}
    assert all(60 < list(before.values()).count(f"https://{host}") < 140 for host in POOL)
    assert before == {number: share_origin(number) for number in range(300)}
    domain_retire(rows[0])
    after = {number: share_origin(number) for number in range(300)}
    moved = {number for number in before if before[number] != after[number]}
    assert moved == {number for number in before if before[number] == "https://s1.example"}
    assert "https://s1.example" not in after.values()


def test_a_store_with_its_own_domain_uses_that_one(store):
    domain_make("s1.example")
    own = domain_make("dates.example", **OWN)
    other = cast.store_open(slug="other")
    store.share_domain = own
    store.save()
    assert share_origin(store.pk) == "https://dates.example"
    assert share_origin(other.pk) == "https://s1.example"
    domain_retire(own)
    assert share_origin(store.pk) == "https://s1.example"


def test_a_card_names_only_domains_of_the_account_that_signed_the_page(store):
    domain_make("s1.example")
    store.share_domain = domain_make("dates.example", **OWN)
    store.save()
    other = cast.store_open(slug="other")
    assert card_origin(at("shop.example"), other.pk) == "https://s1.example"
    assert card_origin(at("dates.example"), store.pk) == "https://dates.example"
    assert card_origin(at("shop.example"), store.pk) == "https://shop.example"
    assert card_origin(at("s1.example"), store.pk) == "https://s1.example"
    assert card_origin(at("dates.example"), other.pk) == "https://dates.example"


def test_a_copied_link_and_a_card_of_a_page(client, settings):
    from core.public_pages import public_pages_forget

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS]
    sku = cast.sku_on_sale()
    store = sku.store
    domain_make("s1.example")
    store.share_domain = domain_make("dates.example", **OWN)
    store.save()
    public_pages_forget()
    alice = cast.person("Alice")
    client.force_login(alice.user)
    fragment = client.get(f"/p/{sku.product.public_id}/mine/", headers={"host": "shop.example"})
    text = fragment.content.decode()
    assert f'data-share-link="https://shop.example/p/{sku.product.public_id}/"' in text
    ticket = text.split('data-share-ticket="')[1].split('"')[0]
    links = {
        channel: client.post(
            "/share/",
            {"ticket": ticket, "channel": channel},
            headers={"accept": "application/json", "host": "shop.example"},
        ).json()["link"]
        for channel in ("friend", "copy")
    }
    assert links["friend"].startswith("https://shop.example/p/")
    assert links["copy"].startswith("https://dates.example/p/")


def test_the_pages_of_a_share_domain_open(client):
    domain_make("s1.example")
    sku = cast.sku_on_sale()
    page = client.get(f"/p/{sku.product.public_id}/", headers={"host": "s1.example"})
    assert page.status_code == 200
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
