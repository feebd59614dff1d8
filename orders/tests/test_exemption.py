"""Goods that are not taken back without a reason are bought only by somebody who agreed to it."""

from datetime import timedelta

import pytest

from campaigns.groupbuy.services import JoinRefused
from catalog.models import Sku
from catalog.queries import skus_for_sale
from core import clock
from core.idempotency import form_key_new
from orders.exemption import GOOD_FOR, exemption_agree, wording
from orders.models import ExemptionConsent, Order
from orders.services import OrderRefused
from orders.services.cart import Owner, cart_add
from orders.services.refusals import ExemptionNotAgreed
from orders.tests.factories import place
from tests import cast

pytestmark = pytest.mark.django_db

SAID = "属于已明示的临期或有瑕疵的商品，不支持七天无理由退货"


@pytest.fixture
def sku():
    sku = cast.sku_on_sale()
    exempt(sku, "near_expiry")
    return sku


@pytest.fixture
def who(client):
    who = cast.person()
    client.force_login(who.user)
    return who


def exempt(sku, reason):
    Sku.objects.filter(pk=sku.pk).update(return_rule="exempt", return_reason=reason)


def for_sale(sku):
    return skus_for_sale([sku.pk])[sku.pk]


def agree(sku, who, *, ago=timedelta(0)):
    return exemption_agree(user_id=who.id, skus=[for_sale(sku)], now=clock.now() - ago)


# --- the rule ---
def test_without_agreeing_nothing_is_ordered(sku, who):
    with pytest.raises(ExemptionNotAgreed, match="勾选确认"):
        place(sku, who)
    assert not Order.objects.exists()


def test_the_agreement_stays_with_the_line(sku, who):
    assert agree(sku, who) == 1
    line = place(sku, who).lines.get()
    assert line.exempt_consent.wording == wording(for_sale(sku))
    assert SAID in line.exempt_consent.wording
    assert line.exempt_consent.user_id == who.id


def test_somebody_elses_or_an_old_agreement_is_none(sku, who):
    agree(sku, cast.person())
    agree(sku, who, ago=GOOD_FOR + timedelta(seconds=1))
    with pytest.raises(ExemptionNotAgreed):
        place(sku, who)


@pytest.mark.parametrize("reason", ["made_to_order", "perishable", "digital", "periodical"])
def test_what_the_law_exempts_by_itself_asks_nothing(sku, who, reason):
    exempt(sku, reason)
    assert agree(sku, who) == 0
    assert place(sku, who).lines.get().exempt_consent is None


def test_what_a_line_promised_stays_whatever_its_sku_says_later(sku, who):
    agree(sku, who)
    order, plain = place(sku, who), place(cast.sku_on_sale(), who)
    exempt(sku, "perishable")
    line, other = order.lines.get(), plain.lines.get()
    assert (line.return_rule, line.return_reason) == ("exempt", "near_expiry")
    Sku.objects.update(return_rule="exempt", return_reason="opened")
    assert (other.return_rule, other.return_reason) == ("seven_days", "")
    other.refresh_from_db()
    assert (other.return_rule, other.return_reason) == ("seven_days", "")


def test_what_the_law_exempts_by_itself_is_said_without_a_box(sku, who, client):
    exempt(sku, "perishable")
    said = "属于鲜活易腐的商品，不支持七天无理由退货"
    key = form_key_new()
    cart_add(owner=Owner(who.id), sku=for_sale(sku), quantity=1, form_key=key, now=clock.now())
    for path in (f"/checkout/?sku={sku.public_id}", "/cart/checkout/"):
        text = client.get(path).content.decode()
        assert said in text, path
        assert "我已知晓并同意" not in text
    order = place(sku, who)
    text = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "鲜活易腐的商品，不支持七天无理由退货" in text


def test_what_may_be_returned_asks_nothing_and_no_query(who, django_assert_num_queries):
    from orders.exemption import consents_of

    skus = [for_sale(cast.sku_on_sale())]
    with django_assert_num_queries(0):
        assert consents_of(who.id, skus, now=clock.now()) == {}


def test_a_group_asks_the_same(who):
    campaign, sku = cast.campaign_make(size=2)
    exempt(sku, "opened")
    with pytest.raises((OrderRefused, JoinRefused)):
        cast.lead(campaign, sku, who)
    agree(sku, who)
    order = cast.order_of(cast.lead(campaign, sku, who).order_public_id)
    assert order.lines.get().exempt_consent is not None


# --- pages ---
def form(sku, who, **changes):
    return {
        "sku": sku.public_id,
        "quantity": "1",
        "address": who.user.addresses.get().public_id,
        "note": "请放门口",
        "shown_fen": str(cast.LIST_FEN + cast.FREIGHT_FEN),
        "form_key": form_key_new(),
        **changes,
    }


def test_the_checkout_asks_and_is_never_ticked_by_itself(client, sku, who):
    page = client.get("/checkout/", {"sku": sku.public_id}).content.decode()
    assert SAID in page
    assert 'name="agrees" value="1"' in page
    assert "checked" not in page.split('name="agrees"')[1].split(">")[0]
    refused = client.post("/checkout/", form(sku, who))
    assert refused.status_code == 422
    assert "请先勾选确认" in refused.content.decode()
    assert "请放门口" in refused.content.decode()
    assert not Order.objects.exists()
    assert not ExemptionConsent.objects.exists()


def test_ticked_it_is_ordered_and_the_order_says_so(client, sku, who):
    assert client.post("/checkout/", form(sku, who, agrees="1")).status_code == 302
    order = Order.objects.get()
    assert order.lines.get().exempt_consent is not None
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "不支持七天无理由退货，下单时已确认" in page


def test_a_cart_asks_for_each_store(client, sku, who):
    other = cast.sku_on_sale()
    for one in (sku, other):
        cart_add(
            owner=Owner(who.id),
            sku=for_sale(one),
            quantity=1,
            form_key=form_key_new(),
            now=clock.now(),
        )
    page = client.get("/cart/checkout/")
    assert page.content.decode().count('type="checkbox" name="agrees_') == 1
    fields = {"form_key": page.context["page"].form_key, "address": page.context["page"].address}
    for section in page.context["page"].sections:
        fields[f"shown_{section.key}"] = str(section.one.cost.payable_fen)
        fields[f"note_{section.key}"] = ""
    refused = client.post("/cart/checkout/", fields)
    assert refused.status_code == 422
    assert "请先勾选确认" in refused.content.decode()
    assert not Order.objects.exists()
    client.post("/cart/checkout/", {**fields, f"agrees_{sku.store_id}": "1"})
    consents = [order.lines.get().exempt_consent for order in Order.objects.order_by("pk")]
    assert sorted(consent is not None for consent in consents) == [False, True]
