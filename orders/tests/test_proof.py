"""The code that an order asks for is today's: who proved the own number long ago proves it again.
And whoever is sent to prove one comes back to what they were doing."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts import sms
from accounts.models import User
from accounts.tests.factories import address_make, phone_make
from core import clock
from core.idempotency import form_key_new
from orders.models import Order
from orders.services import RiskRefused
from orders.services.cart import Owner
from orders.tests.carts import form_of, put
from orders.tests.factories import paid_make, place
from orders.tests.reviews import report
from risk.models import RiskPolicy
from tests import cast

pytestmark = pytest.mark.django_db

NOTE = "请放门口 🙏"


@pytest.fixture(autouse=True)
def no_limits_left_over():
    cache.clear()


def test_the_own_number_is_proved_again_on_the_page_that_is_offered(client):
    sku, who = cast.sku_on_sale(), cast.person()
    phone = "13977778888"
    old = clock.now() - timedelta(days=30)
    index = User.index_phone(phone)
    User.objects.filter(pk=who.id).update(
        phone=phone, phone_index=index, phone_verified_at=old, joined_at=old
    )
    report(who, sku, 40)
    with pytest.raises(RiskRefused):
        place(sku, who)
    client.force_login(User.objects.get(pk=who.id))
    page = client.post(
        reverse("account_change_phone"), {"phone": phone, "agree": "on"}, follow=True
    )
    code = sms.development_code(phone)
    assert code
    client.post(page.redirect_chain[-1][0], {"code": code}, follow=True)
    assert User.objects.get(pk=who.id).phone_verified_at > old
    assert place(sku, who).pk


# --- the way there and back ---
@pytest.fixture
def doubted(client):
    """Somebody who proves a phone before they may order, and the SKU that they want."""
    sku, who = cast.sku_on_sale(), cast.person()
    report(who, sku, 40)
    client.force_login(who.user)
    return sku, who


def proved_by(client, page):
    """Follow the link that the page offers and prove a phone; the page one ends on."""
    link = re.search(r'href="([^"]+)">去验证手机号<', page.content.decode())
    form = client.get(where := unescape(link[1]))
    phone = phone_make()
    typed = {"phone": phone, "agree": "on", "next": form.context["next"]}
    code_page = client.post(where, typed, follow=True)
    typed = {
        "code": sms.development_code(phone),
        "action": "verify",
        "next": code_page.context["next"],
    }
    return client.post(code_page.redirect_chain[-1][0], typed, follow=True)


def test_the_checkout_is_come_back_to_with_the_note_still_typed(client, doubted):
    sku, who = doubted
    sent = {
        "sku": sku.public_id,
        "quantity": "2",
        "address": who.user.addresses.get().public_id,
        "note": NOTE,
        "shown_fen": str(2 * cast.LIST_FEN + cast.FREIGHT_FEN),
        "form_key": form_key_new(),
    }
    end = proved_by(client, client.post("/checkout/", sent))
    typed = end.context["page"].typed
    assert end.request["PATH_INFO"] == "/checkout/"
    assert (typed.sku, typed.quantity, typed.note) == (sku.public_id, "2", NOTE)
    assert client.post("/checkout/", {**sent, "form_key": form_key_new()}).status_code == 302


def test_the_carts_checkout_is_come_back_to_with_the_note_still_typed(client, doubted):
    sku, who = doubted
    put(Owner(who.id), sku)
    sent = form_of(client) | {f"note_{sku.store_id}": NOTE}
    end = proved_by(client, client.post("/cart/checkout/", sent))
    assert end.request["PATH_INFO"] == "/cart/checkout/"
    assert [one.note for one in end.context["page"].sections] == [NOTE]
    assert client.post("/cart/checkout/", form_of(client)).status_code == 302


def test_what_was_not_ordered_of_a_cart_is_come_back_to_after_a_proof(client, doubted):
    """One store's part is ordered, the other's wants a phone: the cashier leads to both."""
    sku, who = doubted
    trusting = cast.sku_on_sale()
    RiskPolicy.objects.create(store=trusting.store, is_on=False)
    put(Owner(who.id), sku)
    put(Owner(who.id), trusting)
    answer = client.post("/cart/checkout/", form_of(client) | {f"note_{sku.store_id}": NOTE})
    ordered = Order.objects.get()
    assert ordered.store_id == trusting.store_id
    assert answer["Location"] == f"/orders/{ordered.public_id}/pay/"
    end = proved_by(client, client.get(answer["Location"]))
    assert end.request["PATH_INFO"] == "/cart/checkout/"
    assert [one.note for one in end.context["page"].sections] == [NOTE]
    assert client.post("/cart/checkout/", form_of(client)).status_code == 302
    assert Order.objects.filter(store_id=sku.store_id).count() == 1


def test_a_cart_that_is_refused_for_something_else_offers_no_proof(client, doubted, monkeypatch):
    from orders.services import OrderRefused
    from orders.views import cart_checkout

    def gone(**_asked):
        raise OrderRefused("刚刚卖完了。")

    sku, who = doubted
    put(Owner(who.id), sku)
    monkeypatch.setattr(cart_checkout, "cart_buy", gone)
    text = client.post("/cart/checkout/", form_of(client)).content.decode()
    assert "刚刚卖完了" in text
    assert "去验证手机号" not in text


def test_the_address_of_an_order_is_come_back_to_with_the_choice_still_made(client):
    sku, who = cast.sku_on_sale(), cast.person()
    order = paid_make(sku, who=who)
    report(who, sku, 40)
    client.force_login(who.user)
    address_make(who.user, street="解放路 98 号")
    there = address_make(who.user, street="解放路 99 号")
    address_make(who.user, street="解放路 100 号")
    path = reverse("orders:address", args=[order.public_id])
    page = client.post(path, {"address": there.public_id})
    assert page.status_code == 422
    end = proved_by(client, page)
    assert end.request["PATH_INFO"] == path
    assert f'value="{there.public_id}" checked' in end.content.decode()
    client.post(path, {"address": there.public_id})
    assert Order.objects.get().street == "解放路 99 号"
