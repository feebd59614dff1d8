"""The way to a new address and back: the new one is marked, and nothing typed is lost."""

from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import Address
from accounts.tests.factories import address_make
from campaigns.coupons.tests.factories import take, template_make
from orders.models import Order
from orders.services.cart import Owner
from orders.tests.carts import form_of, put
from orders.tests.test_pages import NOTE, form
from stores.tests.factories import pickup_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client):
    alice = cast.person("Alice")
    client.force_login(alice.user)
    return alice


@pytest.fixture
def sku():
    return cast.sku_on_sale()


def added(client, who, answer):
    """The person adds an address that is not the default, and comes back as the form leads them."""
    back = parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]
    new = address_make(who.user)
    Address.objects.filter(pk=new.pk).update(is_default=False)
    assert back.startswith("/")
    return new, client.get(f"{back}{'&' if '?' in back else '?'}address={new.public_id}")


def marked(page, value):
    return f'value="{value}" checked' in page.content.decode().replace(" data-refresh", "")


PATHS = {
    "alone": lambda: ("/checkout/", cast.sku_on_sale()),
    "group": lambda: _group(),
}


def _group():
    _campaign, sku = cast.campaign_make()
    return f"/p/{sku.product.public_id}/group/", sku


@pytest.mark.parametrize("kind", PATHS)
def test_the_address_just_added_is_the_one_marked(client, alice, kind):
    path, sku = PATHS[kind]()
    old = alice.user.addresses.get().public_id
    sent = form(sku, alice, action="address")
    assert sent["address"] == old
    new, page = added(client, alice, client.post(path, sent))
    assert page.context["page"].typed.address == new.public_id
    assert marked(page, new.public_id)
    assert not marked(page, old)
    assert NOTE in page.content.decode()


def test_a_strangers_address_is_not_marked(client, alice, sku):
    client.post("/checkout/", form(sku, alice, action="address"))
    theirs = Address.objects.get(user=cast.person("Charlie").user).public_id
    page = client.get(f"/checkout/?sku={sku.public_id}&draft=1&address={theirs}")
    assert page.context["page"].typed.address == alice.user.addresses.get().public_id


def test_whom_to_ask_for_at_the_counter_is_kept(client, alice, sku):
    place = pickup_make(sku.store)
    sent = form(
        sku,
        alice,
        action="address",
        delivery=place.public_id,
        recipient="王小枣",
        phone="13811112222",
    )
    _new, page = added(client, alice, client.post("/checkout/", sent))
    typed = page.context["page"].typed
    assert (typed.delivery, typed.recipient, typed.phone) == (
        place.public_id,
        "王小枣",
        "13811112222",
    )


def test_a_cart_comes_back_with_the_new_address_and_all_that_was_typed(client, alice, sku):
    other = cast.sku_on_sale()
    for one in (sku, other):
        put(Owner(alice.id), one)
    best, chosen = (take(template_make(sku.store, off_fen=fen), alice) for fen in (1000, 300))
    place = pickup_make(other.store)
    sent = form_of(client, action="address") | {
        f"note_{sku.store_id}": NOTE,
        f"wish_coupon_{sku.store_id}": chosen.public_id,
        f"auto_coupon_{sku.store_id}": best.public_id,
        f"delivery_{other.store_id}": place.public_id,
        f"agrees_{other.store_id}": "1",
        "recipient": "王小枣",
        "phone": "13811112222",
    }
    new, page = added(client, alice, client.post("/cart/checkout/", sent))
    seen = page.context["page"]
    assert (seen.address, seen.recipient, seen.phone) == (
        new.public_id,
        "王小枣",
        "13811112222",
    )
    sections = {one.one.store.id: one for one in seen.sections}
    assert sections[sku.store_id].note == NOTE
    assert sections[sku.store_id].one.cost.discount_fen == 300
    assert sections[other.store_id].delivery == place.public_id
    assert sections[other.store_id].agrees
    # Later, by another way, the notes are still there; what was agreed to is asked again.
    later = {
        one.one.store.id: one for one in client.get("/cart/checkout/").context["page"].sections
    }
    assert later[sku.store_id].note == NOTE
    assert not later[other.store_id].agrees


def test_signing_in_again_loses_nothing_of_a_cart(client, alice, sku):
    put(Owner(alice.id), sku)
    sent = form_of(client) | {f"note_{sku.store_id}": NOTE}
    client.logout()
    answer = client.post("/cart/checkout/", sent)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]
    client.force_login(alice.user)
    assert [one.note for one in client.get(back).context["page"].sections] == [NOTE]


def test_the_parcel_goes_to_the_address_just_added(client, alice, sku):
    put(Owner(alice.id), sku)
    new, page = added(
        client, alice, client.post("/cart/checkout/", form_of(client, action="address"))
    )
    Address.objects.filter(pk=new.pk).update(street="新家 9 号")
    sent = form_of(client) | {"address": page.context["page"].address}
    assert client.post("/cart/checkout/", sent).status_code == 302
    assert Order.objects.get().street == address_street(new)
    # What was ordered is not typed any more.
    put(Owner(alice.id), sku)
    assert client.get("/cart/checkout/").context["page"].address != new.public_id


def address_street(address):
    address.refresh_from_db()
    return address.street
