"""A coupon's life: taken, spent, given back; which one an order takes, and what is refused."""

from datetime import timedelta

import pytest

from campaigns.coupons.models import Coupon
from campaigns.coupons.services import (
    BudgetGone,
    LimitReached,
    NotNow,
    NotOffered,
    TakeRefused,
    code_normalise,
    coupon_give,
    coupon_redeem,
    template_end,
)
from campaigns.coupons.tests.factories import take, template_make
from core import clock
from core.idempotency import form_key_new
from tests import cast

pytestmark = pytest.mark.django_db


def redeem(code, who, **changes):
    ref = coupon_redeem(
        **{
            "code": code,
            "user_id": who.id,
            "form_key": form_key_new(),
            "now": clock.now(),
            **changes,
        }
    )
    return Coupon.objects.get(public_id=ref)


def give(template, to, **changes):
    ref = coupon_give(
        **{
            "template_id": template.pk,
            "store_id": template.store_id,
            "to": to,
            "by_id": None,
            "form_key": form_key_new(),
            "now": clock.now(),
            **changes,
        }
    )
    return Coupon.objects.get(public_id=ref)


def test_a_person_takes_one_and_the_budget_counts_it(sku, alice):
    template = template_make(sku.store)
    coupon = take(template, alice)
    template.refresh_from_db()
    assert (coupon.user_id, coupon.store_id, coupon.source) == (alice.id, sku.store_id, "taken")
    assert coupon.expires_at - coupon.usable_from == timedelta(days=7)
    assert template.taken == 1
    assert cast.broken() == []


def test_the_same_form_twice_is_one_coupon(sku, alice):
    template, key = template_make(sku.store, limit_per_person=5), form_key_new()
    assert take(template, alice, form_key=key) == take(template, alice, form_key=key)
    assert Coupon.objects.count() == 1


def test_at_most_so_many_each_and_so_many_in_all(sku, alice):
    template = template_make(sku.store, limit_per_person=2, total=3)
    take(template, alice)
    take(template, alice)
    with pytest.raises(LimitReached, match="限领 2 张"):
        take(template, alice)
    take(template, cast.person())
    with pytest.raises(BudgetGone):
        take(template, cast.person())
    template.refresh_from_db()
    assert (template.taken, Coupon.objects.count()) == (3, 3)
    assert cast.broken() == []


def test_only_what_is_offered_here_and_now(sku, alice):
    now = clock.now()
    with pytest.raises(NotOffered):
        take(template_make(sku.store, publish=False), alice)
    with pytest.raises(NotOffered):
        take(template_make(sku.store, how="gift"), alice)
    with pytest.raises(NotOffered):
        take(template_make(cast.store_open()), alice, store_id=sku.store_id)
    with pytest.raises(NotNow, match="还没到"):
        take(template_make(sku.store, take_from=now + timedelta(hours=1)), alice)
    ended = template_make(sku.store)
    template_end(template_id=ended.pk, now=now)
    with pytest.raises(NotNow, match="已过"):
        take(ended, alice)
    assert not Coupon.objects.exists()
    assert cast.broken() == []


def test_a_code_cannot_be_guessed_and_forgives_typing(sku, alice):
    template = template_make(sku.store, how="code")
    other = template_make(sku.store, how="code")
    assert template.code != other.code
    assert len(template.code) == 12
    with pytest.raises(NotOffered):
        redeem("0" * 12, alice)
    with pytest.raises(NotOffered):
        take(template, alice)
    typed = f" {template.code[:4].upper()}-{template.code[4:].replace('0', 'O').replace('1', 'l')} "
    assert code_normalise(typed) == template.code
    assert redeem(typed, alice).source == "code"
    with pytest.raises(LimitReached):
        redeem(template.code, alice)


def test_a_merchant_gives_to_its_own_customers_only(sku):
    template = template_make(sku.store, how="gift", limit_per_person=3)
    buyer = cast.person()
    buyer.user.phone = "13900001111"
    buyer.user.phone_index = buyer.user.index_phone("13900001111")
    buyer.user.save()
    with pytest.raises(TakeRefused, match="没有找到"):
        give(template, "13900001111")
    ref = cast.buy(buyer, sku)
    assert give(template, ref).user_id == buyer.id
    assert give(template, " +86 139 0000 1111 ").user_id == buyer.id
    elsewhere = cast.buy(cast.person(), cast.sku_on_sale())
    for nobody in (elsewhere, "ord_x", "13900002222", "", "王小明"):
        with pytest.raises(TakeRefused, match="没有找到"):
            give(template, nobody)
    with pytest.raises(NotOffered):
        give(template, ref, store_id=cast.store_open().pk)
    assert Coupon.objects.filter(source="given").count() == 2
    assert cast.broken() == []


def test_a_merchant_is_told_of_the_customer_and_not_of_themselves(sku):
    buyer = cast.person()
    ref = cast.buy(buyer, sku)
    template = template_make(sku.store, how="gift", total=1)
    give(template, ref)
    with pytest.raises(TakeRefused, match="这位买家已经领满了"):
        give(template, ref)
    with pytest.raises(TakeRefused, match="已经发完了"):
        give(template, cast.buy(cast.person(), sku))
