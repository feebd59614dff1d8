"""Every page offers what can be had, and says why not: an offer's own, the slot's, the product's, and
the one that reminds."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from campaigns.flash.models import FlashReminder
from campaigns.flash.queries import flash_for_product, flash_terms
from campaigns.flash.tests.factories import attempt, coming, offer_make, over, slot_move
from campaigns.flash.tests.gone import ENDED, GONE, resting, sold_out, withdrawn
from catalog.models import Product, Sku
from core import clock
from core.idempotency import form_key_new
from core.public_pages import public_pages_forget
from stores.models import Store
from tests import cast
from tests.database import statements

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    cache.clear()
    public_pages_forget()


@pytest.fixture
def offer():
    """One of a product that has another SKU to be had."""
    made = offer_make()
    sku = made.sku
    Sku.objects.create(store=sku.store, product=sku.product, name="1kg", price_fen=9900, on_hand=5)
    return made


def page(client, path, *, status=200):
    public_pages_forget()
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def pages_of(offer):
    terms = flash_terms(offer.public_id, now=clock.now())
    return {
        "offer": reverse("flash:offer", args=[offer.public_id]),
        "slot": reverse("flash:slot", args=[terms.slot]),
        "product": reverse("storefront:product", args=[offer.sku.product.public_id]),
    }


def to_buy(offer):
    return reverse("flash:buy", args=[offer.public_id])


def to_remind(offer):
    return reverse("flash:remind", args=[offer.public_id])


def left(offer):
    return flash_terms(offer.public_id, now=clock.now()).left


@pytest.mark.parametrize("which", ["offer", "slot", "product"])
def test_what_can_be_had_is_offered(client, offer, which):
    text = page(client, pages_of(offer)[which])
    assert to_buy(offer) in text
    assert not any(said in text for _happens, said in GONE.values())


@pytest.mark.parametrize("name", GONE)
@pytest.mark.parametrize("which", ["offer", "slot", "product"])
def test_what_cannot_be_had_is_not(client, offer, which, name):
    happens, said = GONE[name]
    paths = pages_of(offer)
    happens(offer)
    paths |= {"slot": pages_of(offer)["slot"]}
    # A campaign that was called off is in no slot.
    is_there = not (which == "slot" and name == "called off")
    text = page(client, paths[which], status=200 if is_there else 404)
    assert to_buy(offer) not in text and "还剩 50 件" not in text
    if which == "offer" or (which == "slot" and is_there and said != ENDED):
        assert said in text
    assert "马上抢" not in text


def test_the_products_page_says_why_beside_what_it_sells(client, offer):
    path = pages_of(offer)["product"]
    sold_out(offer)
    text = page(client, path)
    assert "商品暂时售罄" in text and "补了货，或有人没付款让出来，就能抢" in text
    assert to_buy(offer) not in text


def test_fewer_pieces_than_the_quota_are_what_is_left(client, offer):
    attempt(offer, cast.person(), quantity=2)
    Sku.objects.filter(pk=offer.sku_id).update(on_hand=9)
    assert left(offer) == 7
    paths = pages_of(offer)
    assert "抢购中，还剩 7 件" in page(client, paths["offer"])
    for which in ("slot", "product"):
        text = page(client, paths[which])
        assert "已抢 2 / 50 件" in text and "还剩 7 件" in text, which
    Sku.objects.filter(pk=offer.sku_id).update(on_hand=100)
    assert left(offer) == 48
    assert "还剩 48 件" not in page(client, paths["slot"])


def test_before_the_start_it_is_said_what_there_will_be(client, offer):
    coming(offer)
    paths = pages_of(offer)
    assert "共 50 件" in page(client, paths["slot"])
    Sku.objects.filter(pk=offer.sku_id).update(on_hand=7)
    assert "共 7 件" in page(client, paths["slot"])
    # What goes on sale with the slot is on sale in it.
    offer.campaign.refresh_from_db()
    products = Product.objects.filter(pk=offer.sku.product_id)
    products.update(on_sale_from=offer.campaign.starts_at)
    assert left(offer) == 7
    products.update(on_sale_from=None, on_sale_until=offer.campaign.starts_at)
    assert left(offer) == 0


@pytest.mark.parametrize(("happens", "said"), [(sold_out, "售罄"), (resting, "休息")])
def test_what_may_be_there_by_then_one_may_be_reminded_of(client, offer, happens, said):
    coming(offer)
    happens(offer)
    paths = pages_of(offer)
    for which in ("offer", "slot"):
        text = page(client, paths[which])
        assert to_remind(offer) in text and said in text, which


def test_of_what_was_withdrawn_nobody_is_reminded(client, offer):
    coming(offer)
    withdrawn(offer)
    paths = pages_of(offer)
    for which in ("offer", "slot"):
        text = page(client, paths[which])
        assert to_remind(offer) not in text and "商品已下架" in text, which


def test_the_reads_cost_what_they_did(offer):
    now = clock.now()
    assert statements(lambda: flash_terms(offer.public_id, now=now)) == 1
    assert statements(lambda: flash_for_product(offer.sku.product_id, now=now)) == 1


@pytest.mark.parametrize("which", ["offer", "slot"])
def test_a_page_costs_no_more_when_the_quota_is_gone(client, offer, which):
    path = pages_of(offer)[which]
    before = statements(lambda: page(client, path))
    GONE["quota gone"][0](offer)
    assert statements(lambda: page(client, path)) <= before <= 8
    assert statements(lambda: client.get(path)) == 0
    assert "已抢光" in client.get(path).content.decode()


def test_the_form_costs_less_when_the_quota_is_gone(client, offer):
    """The person's own count is not even looked for."""
    client.force_login(cast.person().user)
    path = to_buy(offer)
    before = statements(lambda: page(client, path))
    GONE["quota gone"][0](offer)
    after = statements(lambda: page(client, path, status=409))
    assert after < before
    assert after <= 10


# --- turned away ---
def sent(offer, **changes):
    return {
        "sku": offer.sku.public_id,
        "quantity": "2",
        "note": "轻放",
        "form_key": form_key_new(),
        **changes,
    }


def away(client, offer, **changes):
    client.force_login(cast.person().user)
    answer = client.post(to_buy(offer), sent(offer, **changes))
    assert answer.status_code == 409
    return answer.content.decode()


def to_alone(offer):
    return f"/checkout/?sku={offer.sku.public_id}&amp;quantity=2"


def test_who_comes_after_the_end_is_led_to_the_goods_and_not_to_try_again(client, offer):
    over(offer)
    text = away(client, offer)
    assert "已经结束" in text and to_alone(offer) in text
    assert "再试一次" not in text and "轻放" not in text


def test_who_finds_the_quota_gone_may_do_both(client, offer):
    GONE["quota gone"][0](offer)
    text = away(client, offer)
    assert to_alone(offer) in text and "再试一次" in text and "轻放" in text
    assert client.get(to_alone(offer).replace("&amp;", "&")).status_code == 200
    assert "/checkout/?" not in away(client, offer, sku="")


def test_who_comes_too_early_tries_again_alone(client, offer):
    coming(offer)
    text = away(client, offer)
    assert "再试一次" in text and "直接购买" not in text


@pytest.mark.parametrize("happens", [sold_out, resting, withdrawn])
def test_a_refused_form_leads_to_what_can_be_bought(client, offer, happens):
    """Who has bought their share may buy more at the goods' own price, while there are any."""
    who = cast.person()
    attempt(offer, who, quantity=2)
    client.force_login(who.user)
    alone = f"/checkout/?sku={offer.sku.public_id}"
    text = page(client, to_buy(offer), status=409)
    assert "你已经买满了" in text and alone in text
    Sku.objects.filter(pk=offer.sku_id).update(reserved=0)
    happens(offer)
    text = page(client, to_buy(offer), status=409)
    assert alone not in text and "返回商品页" in text


# --- reminders ---
def test_the_reminders_page_says_what_has_become_of_it(client, offer):
    who = cast.person()
    coming(offer)
    client.force_login(who.user)
    path = to_remind(offer)
    client.post(path)
    assert "已预约" in page(client, path)
    now = clock.now()
    soon, later = now + timedelta(minutes=3), now + timedelta(minutes=60)
    slot_move(offer, soon, later)
    text = page(client, path)
    assert "马上开抢" in text and "已预约" not in text
    slot_move(offer, now - timedelta(minutes=1), later)
    text = page(client, path)
    assert to_buy(offer) in text and "已预约" not in text
    resting(offer)
    text = page(client, path)
    assert "店铺正在休息" in text and to_buy(offer) not in text
    Store.objects.update(is_open=True)
    over(offer)
    text = page(client, path)
    assert "这一场已经结束" in text and "已预约" not in text
    late = client.post(path)
    assert late.status_code == 409
    assert "这场秒杀已经结束" in late.content.decode()


def test_a_sale_that_was_called_off_is_not_counted_as_awaited(client, offer):
    coming(offer)
    client.force_login(cast.person().user)
    client.post(to_remind(offer))
    assert "你预约了 1 个秒杀" in page(client, reverse("flash:mine"))
    GONE["called off"][0](offer)
    assert FlashReminder.objects.count() == 1
    assert "你预约了" not in page(client, reverse("flash:mine"))
