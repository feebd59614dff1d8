"""A list price that falls below what it was at publication: the lower one is shown and charged."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from campaigns.flash.models import FlashCampaign
from campaigns.flash.queries import flash_for_product
from campaigns.flash.services import reminder_ask
from campaigns.flash.tests.factories import buy, coming, offer_make
from catalog.models import Sku
from core import clock
from core.deadlines import deadlines_run
from core.public_pages import public_pages_forget
from notices.models import Notice
from notices.tests.test_table import told
from sharing.pages import poster_read
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offer():
    cache.clear()
    return offer_make()


def falls_to(offer, fen):
    Sku.objects.filter(pk=offer.sku_id).update(price_fen=fen)
    public_pages_forget()


def text_of(client, name, *args):
    return client.get(reverse(name, args=args)).content.decode()


def test_what_it_cost_before_is_not_what_it_is_compared_with(client, offer):
    falls_to(offer, 4500)
    (terms,) = flash_for_product(offer.sku.product_id, now=clock.now())
    assert (terms.flash_fen, terms.list_fen, terms.saves) == (3900, 4500, True)
    for text in (text_of(client, "flash:offer", offer.public_id), text_of(client, "flash:today")):
        assert "39<small>.00</small>" in text and "单买 ¥45.00" in text
        assert "59.00" not in text
    card = client.get(reverse("flash:offer_mine", args=[offer.public_id])).context["card"]
    about = poster_read(card.poster)[3]
    assert (about.price_fen, about.list_fen, about.alone.fen) == (3900, 4500, 4500)


def test_the_lower_price_is_shown_and_charged_everywhere(client, offer):
    bob = cast.person("Bob")
    falls_to(offer, 3000)
    (terms,) = flash_for_product(offer.sku.product_id, now=clock.now())
    assert (terms.flash_fen, terms.list_fen, terms.saves) == (3000, 3000, False)
    for text in (text_of(client, "flash:offer", offer.public_id), text_of(client, "flash:today")):
        assert "30<small>.00</small>" in text and "单买 ¥30.00" in text
        assert "39<small>" not in text and "59.00" not in text
    button = '<span class="bottom-bar__price">¥30.00</span>'
    assert button in text_of(client, "flash:offer", offer.public_id)
    card = client.get(reverse("flash:offer_mine", args=[offer.public_id])).context["card"]
    about = poster_read(card.poster)[3]
    assert "秒杀价 30.00 元" in card.desc
    assert (about.price_fen, about.list_fen, about.alone) == (3000, 3000, None)
    client.force_login(bob.user)
    total = 3000 + cast.FREIGHT_FEN
    form = text_of(client, "flash:buy", offer.public_id)
    assert f'name="shown_fen" value="{total}"' in form
    ref = buy(offer, bob, expected_payable_fen=total)
    assert cast.order_of(ref).payable_fen == total
    assert cast.broken() == []


def test_a_price_that_rose_is_no_former_price_either(offer):
    falls_to(offer, 9900)
    (terms,) = flash_for_product(offer.sku.product_id, now=clock.now())
    assert (terms.flash_fen, terms.list_fen) == (3900, 5900)


def test_a_reminder_says_what_will_be_charged():
    offer = offer_make(running=False)
    alice = cast.person()
    coming(offer)
    reminder_ask(offer_public_id=offer.public_id, user_id=alice.id, now=clock.now())
    falls_to(offer, 3000)
    coming(offer, minutes=4)
    FlashCampaign.objects.update(due_at=clock.now(), opening_told_at=None)
    deadlines_run(now=clock.now())
    assert told(alice.id) == ["flash_soon"]
    body = Notice.objects.get(user_id=alice.id).body
    assert "秒杀价 30.00 元" in body
