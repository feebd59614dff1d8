"""Nobody's name, phone or address goes into an order before they agreed to the present texts,
whatever is bought and however it reaches them."""

from types import SimpleNamespace

import pytest
from django.core.cache import cache

from accounts.documents import BASIC, VERSIONS
from accounts.models import Consent
from accounts.queries import has_basic_consent
from accounts.tests.factories import user_make
from campaigns.bargain.tests.factories import campaign_make as bargains_make
from campaigns.bargain.tests.factories import launch
from campaigns.flash.tests.factories import FLASH_FEN, offer_make
from core.idempotency import form_key_new
from orders.models import Order
from orders.services.cart import Owner
from orders.tests.carts import form_of, put
from stores.tests.factories import pickup_make
from tests import cast

pytestmark = pytest.mark.django_db

NOTE = "周末来取 🙏"
ASKED = "请先阅读并勾选同意《用户协议》和《隐私政策》。"
FETCHED = {"recipient": "王小枣", "phone": "13811112222"}


@pytest.fixture(autouse=True)
def no_limits_left_over():
    cache.clear()


@pytest.fixture
def store():
    return cast.store_open()


@pytest.fixture
def newcomer(client):
    """Somebody whom WeChat vouched for, and who has agreed to nothing."""
    user = user_make(agreed=False, nickname="")
    client.force_login(user)
    return SimpleNamespace(user=user, id=user.pk)


def alone(store, who):
    return "/checkout/", cast.sku_on_sale(store), cast.LIST_FEN


def group(store, who):
    _campaign, sku = cast.campaign_make(store=store)
    return f"/p/{sku.product.public_id}/group/", sku, cast.GROUP_FEN


def flash(store, who):
    offer = offer_make(store=store)
    return f"/flash/{offer.public_id}/buy/", offer.sku, FLASH_FEN


def bargain(store, who):
    launched = launch(bargains_make(store=store), who)
    return f"/b/{launched.public_id}/buy/", launched.campaign.sku, launched.price_fen


KINDS = pytest.mark.parametrize("kind", [alone, group, flash, bargain])


def form(sku, shown_fen, **changes):
    return {
        "sku": sku.public_id,
        "quantity": "1",
        "note": NOTE,
        "shown_fen": str(shown_fen),
        "form_key": form_key_new(),
        **changes,
    }


def by_post(sku, fen, who):
    """What a checkout by carrier sends, instead of a place and a name."""
    return form(sku, fen + cast.FREIGHT_FEN, address=who.user.addresses.get().public_id)


def agreed(user):
    """The versions on record, in the order of the texts."""
    rows = Consent.objects.filter(user=user, withdrawn_at=None).values_list("document", "version")
    return sorted(rows)


NOW = sorted((str(document), VERSIONS[document]) for document in BASIC)


def asks_for_the_tick(answer, *kept):
    """The page came back with the box, says so, kept what was typed, and nothing was ordered."""
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'<a href="#field-agree">{ASKED}</a>' in text
    assert text.count(ASKED) == 2, "above the form, and beside the box"
    assert 'id="field-agree"' in text
    for value in kept:
        assert value in text
    assert not Order.objects.exists()


@KINDS
def test_who_fetches_it_agrees_first(client, store, newcomer, kind):
    point = pickup_make(store)
    path, sku, fen = kind(store, newcomer)
    page = client.get(path, {"sku": sku.public_id})
    assert page.context["page"].consent.value() is False, "asked, and never ticked beforehand"
    sent = form(sku, fen, delivery=point.public_id, **FETCHED)
    asks_for_the_tick(client.post(path, sent), NOTE, "王小枣", "13811112222")
    assert agreed(newcomer.user) == []
    answer = client.post(path, {**sent, "agree": "on"})
    assert answer.status_code == 302
    order = Order.objects.get()
    assert (order.recipient, order.phone, order.note) == ("王小枣", "13811112222", NOTE)
    assert agreed(newcomer.user) == NOW


@KINDS
def test_who_has_an_address_agrees_to_texts_that_changed(client, store, kind):
    who = cast.person()
    client.force_login(who.user)
    Consent.objects.filter(user=who.user).update(version="2025-12")
    path, sku, fen = kind(store, who)
    sent = by_post(sku, fen, who)
    asks_for_the_tick(client.post(path, sent), NOTE)
    assert not has_basic_consent(who.id)
    assert client.post(path, {**sent, "agree": "on"}).status_code == 302
    assert Order.objects.get().buyer_id == who.id
    assert has_basic_consent(who.id)


@KINDS
def test_who_agreed_is_not_asked(client, store, kind):
    who = cast.person()
    client.force_login(who.user)
    path, sku, fen = kind(store, who)
    page = client.get(path, {"sku": sku.public_id})
    assert page.context["page"].consent is None
    assert 'name="agree"' not in page.content.decode()
    assert client.post(path, by_post(sku, fen, who)).status_code == 302


def test_a_tick_stays_while_the_sum_is_shown_anew(client, store, newcomer):
    path, sku, fen = alone(store, newcomer)
    answer = client.post(path, form(sku, fen, action="refresh", agree="on"))
    assert answer.context["page"].consent.value() is True
    assert ASKED not in answer.content.decode()
    assert agreed(newcomer.user) == [], "it was not sent yet"


def test_who_ticked_is_not_asked_again_when_the_order_is_refused(client, store, newcomer):
    point = pickup_make(store)
    path, sku, fen = alone(store, newcomer)
    sent = form(sku, fen - 1, delivery=point.public_id, agree="on", **FETCHED)
    answer = client.post(path, sent)
    assert answer.status_code == 409
    assert answer.context["page"].consent is None
    assert agreed(newcomer.user) == NOW


@pytest.mark.parametrize("more", [{}, {"draft": "1"}])
def test_a_link_ticks_no_box(client, store, newcomer, more):
    path, sku, _fen = group(store, newcomer)
    ticked = {"agree": "on", "agrees": "1", "shows_profile": "on"}
    page = client.get(path, {"sku": sku.public_id, **ticked, **more}).context["page"]
    assert page.consent.value() is False
    assert not (page.typed.agrees or page.typed.shows_profile)
    put(Owner(newcomer.id), sku)
    seen = client.get("/cart/checkout/", {**ticked, f"agrees_{store.pk}": "1", **more})
    assert seen.context["page"].consent.value() is False
    assert not any(one.agrees for one in seen.context["page"].sections)


# --- a cart ---
def test_a_cart_that_is_fetched_asks_as_well(client, store, newcomer):
    point, sku = pickup_make(store), cast.sku_on_sale(store)
    put(Owner(newcomer.id), sku)
    sent = form_of(client) | {
        f"note_{store.pk}": NOTE,
        f"shown_{store.pk}": str(cast.LIST_FEN),
        f"delivery_{store.pk}": point.public_id,
        **FETCHED,
    }
    asks_for_the_tick(client.post("/cart/checkout/", sent), NOTE, "王小枣", "13811112222")
    assert agreed(newcomer.user) == []
    assert client.post("/cart/checkout/", {**sent, "agree": "on"}).status_code == 302
    assert Order.objects.get().recipient == "王小枣"
    assert agreed(newcomer.user) == NOW


def test_a_cart_to_an_address_asks_after_the_texts_changed(client, store):
    who = cast.person()
    client.force_login(who.user)
    Consent.objects.filter(user=who.user).update(version="2025-12")
    put(Owner(who.id), cast.sku_on_sale(store))
    sent = form_of(client) | {f"note_{store.pk}": NOTE}
    asks_for_the_tick(client.post("/cart/checkout/", sent), NOTE)
    assert client.post("/cart/checkout/", {**sent, "agree": "on"}).status_code == 302
    assert has_basic_consent(who.id)


def test_a_cart_does_not_ask_who_agreed(client, store):
    who = cast.person()
    client.force_login(who.user)
    put(Owner(who.id), cast.sku_on_sale(store))
    page = client.get("/cart/checkout/")
    assert page.context["page"].consent is None
    assert 'name="agree"' not in page.content.decode()
    assert client.post("/cart/checkout/", form_of(client)).status_code == 302


def test_a_tick_of_another_visit_is_not_ticked_beforehand(client, store, newcomer):
    put(Owner(newcomer.id), cast.sku_on_sale(store))
    client.post("/cart/checkout/", form_of(client, action="address", agree="on"))
    assert client.get("/cart/checkout/").context["page"].consent.value() is False
