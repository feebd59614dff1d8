"""Carts: sent twice at once, bought while more is put in, poured twice. Each with its control."""

import pytest

from catalog.queries import skus_for_sale
from core import clock
from core.idempotency import form_key_new
from orders.models import CartLine, Order
from orders.services import cart as carts
from orders.services.cart import Owner, cart_add, cart_adopt, cart_buy
from tests import cast
from tests.races.threads import at_once, kinds, many, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def who():
    return cast.person()


def put(owner, sku, quantity=1, *, key=""):
    return cart_add(
        owner=owner,
        sku=skus_for_sale([sku.pk])[sku.pk],
        quantity=quantity,
        form_key=key or form_key_new(),
        now=clock.now(),
    )


def buy(who, sku, key, quantity=2):
    return cart_buy(
        form_key=key,
        user_id=who.id,
        store_id=sku.store_id,
        quantities={sku.pk: quantity},
        address=who.address,
        note="",
        expected_payable_fen=None,
        checkout_ref=f"chk_{key}",
        now=clock.now(),
    )


def left(who):
    return list(CartLine.objects.filter(user_id=who.id).values_list("quantity", flat=True))


def test_a_checkout_sent_eight_times_at_once_is_one_order(who):
    sku, key = cast.sku_on_sale(), form_key_new()
    put(Owner(who.id), sku, 5)
    refs = many(lambda _: buy(who, sku, key), 8)
    assert len(set(refs)) == Order.objects.count() == 1
    assert left(who) == [3]
    assert cast.broken() == []


def test_without_the_form_key_it_is_many(who, monkeypatch):
    """Control: the same form, without its key."""
    monkeypatch.setattr("orders.services.place.form_claim", lambda **_: None)
    sku = cast.sku_on_sale()
    put(Owner(who.id), sku, 5)
    many(lambda _: buy(who, sku, "k"), 4)
    assert Order.objects.count() == 4


@pytest.mark.parametrize("round_number", range(3))
def test_what_is_put_in_while_buying_stays(who, round_number):
    sku = cast.sku_on_sale()
    put(Owner(who.id), sku, 2)
    told = at_once(
        lambda: buy(who, sku, form_key_new()),
        lambda: put(Owner(who.id), sku, 3),
    )
    assert kinds(told) == {"ok": 2}
    assert left(who) == [3]


def test_putting_in_at_once_loses_nothing(who):
    sku = cast.sku_on_sale()
    assert kinds(many(lambda _: put(Owner(who.id), sku), 8)) == {"ok": 8}
    assert left(who) == [8]


def test_reading_first_and_writing_then_would_lose_some(who, monkeypatch):
    """Control: each sees the same number before anybody writes."""
    sku = cast.sku_on_sale()
    put(Owner(who.id), sku)
    read = together(lambda: CartLine.objects.get(user_id=who.id), 4)

    def careless(_):
        line = read()
        line.quantity += 1
        line.save(update_fields=["quantity"])

    many(careless, 4)
    assert left(who) != [5]


def test_signing_in_twice_at_once_pours_a_guests_cart_once(who):
    guest, sku = Owner(None, "g" * 26), cast.sku_on_sale()
    put(guest, sku, 2)
    put(Owner(who.id), sku, 1)
    told = many(lambda _: cart_adopt(guest=guest.guest, user_id=who.id), 4)
    assert sorted(told) == [0, 0, 0, 1]
    assert left(who) == [3]


def test_a_form_sent_eight_times_at_once_puts_in_once(who):
    sku, key = cast.sku_on_sale(), form_key_new()
    told = many(lambda _: put(Owner(who.id), sku, 2, key=key), 8)
    assert sorted(told) == [False] * 7 + [True]
    assert left(who) == [2]


def test_without_its_key_it_puts_in_eight_times(who, monkeypatch):
    """Control."""
    monkeypatch.setattr(carts, "form_claim", lambda **_: None)
    sku = cast.sku_on_sale()
    many(lambda _: put(Owner(who.id), sku, 2, key="k"), 4)
    assert left(who) == [8]
