"""The coupon centre, the wallet, the checkout: what one person sees, and what everybody sees."""

import re
from datetime import timedelta

import pytest

from campaigns.coupons.models import Coupon
from campaigns.coupons.tests.factories import expire, place, take, template_make
from campaigns.coupons.tests.pages import text_of
from campaigns.reductions.tests.factories import reduction_make
from core import clock
from core.idempotency import form_key_new
from core.public_pages import public_pages_forget
from orders.services import order_close_request
from tests import cast

pytestmark = pytest.mark.django_db


def paths(store):
    return f"/store/{store.slug}/coupons/", f"/store/{store.slug}/coupons/mine/"


# The centre.


def test_the_centre_is_the_same_for_everyone(client, sku, django_assert_max_num_queries):
    template_make(sku.store)
    template_make(sku.store, name="秘密券", how="code")
    template_make(sku.store, name="别人给的", how="gift")
    template_make(sku.store, name="草稿券", publish=False)
    centre, mine = paths(sku.store)
    with django_assert_max_num_queries(2):
        page = client.get(centre)
    assert page["Cache-Control"].startswith("public")
    assert not page.cookies
    text = text_of(page)
    assert "尝鲜券" in text
    assert "满 ¥50 可用" in text
    assert not re.search("秘密券|别人给的|草稿券|csrf|<form", text)
    assert f'hx-get="{mine}"' in text
    assert f'href="{mine}"' in text  # without JavaScript
    client.force_login(cast.person().user)
    assert client.get(centre).content == page.content
    assert client.get("/store/nowhere/coupons/").status_code == 404


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client, sku):
    template_make(sku.store)
    mine = paths(sku.store)[1]
    assert "/sign-in/?next=" in text_of(client.get(mine))
    answer = client.post(mine, {"template": "x"})
    assert answer.status_code == 302
    assert "/sign-in/" in answer["Location"]
    answer = client.post(mine, {"template": "x"}, HTTP_HX_REQUEST="true")
    assert "/sign-in/" in answer["HX-Redirect"]


def test_taking_without_javascript(client, alice, sku):
    template = template_make(sku.store)
    mine = paths(sku.store)[1]
    page = text_of(client.get(mine))
    key = re.search(r'name="form_key" value="(\w+)"', page).group(1)
    form = {"template": template.public_id, "form_key": key}
    for _ in range(2):  # sent twice
        page = text_of(client.post(mine, form, follow=True))
        assert "领到了" in page
        assert "已领取，可使用" in page
    assert Coupon.objects.get().user_id == alice.id
    again = client.post(mine, {**form, "form_key": form_key_new()})
    assert again.status_code == 409
    assert "限领 1 张" in text_of(again)


def test_taking_with_htmx_answers_with_the_fragment(client, alice, sku):
    template = template_make(sku.store, total=1)
    mine, htmx = paths(sku.store)[1], {"HTTP_HX_REQUEST": "true"}
    assert "<html" not in text_of(client.get(mine, **htmx))
    take(template, cast.person())
    form = {"template": template.public_id, "form_key": form_key_new()}
    page = text_of(client.post(mine, form, **htmx))
    assert "已经领完了" in page
    assert page.strip().startswith('<div id="mine"')
    assert not Coupon.objects.filter(user=alice.user).exists()


def test_a_crafted_form_takes_nothing(client, alice, sku):
    other = template_make(cast.store_open())
    mine = paths(sku.store)[1]
    for ref in (other.public_id, "cpt_\0", "", "x" * 99):
        answer = client.post(mine, {"template": ref, "form_key": "bad"})
        assert answer.status_code == 409
    assert not Coupon.objects.exists()


def test_a_centre_with_nothing_says_so(client, alice, sku):
    centre, mine = paths(sku.store)
    assert "现在没有可领的优惠券" in text_of(client.get(centre))
    assert "现在没有可领的优惠券" in text_of(client.get(mine))


def test_store_and_product_lead_to_the_centre_when_there_is_something(client, sku):
    centre = paths(sku.store)[0]
    places = (f"/store/{sku.store.slug}/", f"/p/{sku.product.public_id}/")
    for path in places:
        assert centre not in text_of(client.get(path))
    template_make(sku.store)
    public_pages_forget()
    for path in places:
        assert centre in text_of(client.get(path))


# The wallet.


def test_the_wallet_shows_three_kinds_with_their_reasons(
    client, alice, sku, django_assert_max_num_queries
):
    now = clock.now()
    template = template_make(sku.store, limit_per_person=9)
    used, late = take(template, alice), take(template, alice)
    take(template_make(sku.store, name="可用券"), alice)
    order = place(sku, alice, coupon=used)
    expire(late)
    later = {"usable_from": now + timedelta(days=11), "usable_until": now + timedelta(days=12)}
    take(template_make(sku.store, name="双十一券", **later), alice)
    take(template_make(sku.store, name="别人的券"), cast.person())
    with django_assert_max_num_queries(6):
        usable = text_of(client.get("/me/coupons/"))
    assert "可用券" in usable
    assert "双十一券" in usable
    assert "起可用" in usable
    assert "尝鲜券" not in usable
    assert f"/orders/{order.public_id}/" in text_of(client.get("/me/coupons/?tab=used"))
    assert "已过期" in text_of(client.get("/me/coupons/?tab=expired"))
    assert "别人的券" not in usable
    assert client.get("/me/coupons/?tab=x&page=-1").status_code == 200
    assert "/me/coupons/" in text_of(client.get("/me/"))


def test_a_code_is_entered_in_the_wallet(client, alice, sku):
    template = template_make(sku.store, how="code")
    answer = client.post("/me/coupons/", {"code": "nothere12345", "form_key": form_key_new()})
    assert answer.status_code == 409
    assert 'value="nothere12345"' in text_of(answer)
    assert client.post("/me/coupons/", {"code": " "}).status_code == 422
    form = {"code": template.code.upper(), "form_key": form_key_new()}
    page = text_of(client.post("/me/coupons/", form, follow=True))
    assert "领到了" in page
    assert Coupon.objects.get().source == "code"


def test_codes_cannot_be_tried_for_ever(client, alice):
    told = [client.post("/me/coupons/", {"code": f"guess{n}"}).status_code for n in range(11)]
    assert told == [409] * 10 + [429]


def test_the_wallet_is_for_whoever_signed_in(client):
    assert client.get("/me/coupons/").status_code == 302


# Orders.


def test_buyer_and_merchant_read_every_reason(client, alice, sku):
    from stores.tests.factories import staff_make

    reduction_make(sku.store, (5900, 900))
    coupon = take(template_make(sku.store), alice)
    order = place(sku, alice, coupon=coupon)
    page = text_of(client.get(f"/orders/{order.public_id}/"))
    assert page.index("秋收满减：满 ¥59 减 ¥9") < page.index("尝鲜券：¥10，满 ¥50 可用")
    assert "−¥9.00" in page
    assert "−¥10.00" in page
    client.force_login(staff_make(sku.store).user)
    page = text_of(client.get(f"/office/orders/order/{order.pk}/change/"))
    assert "秋收满减：满 ¥59 减 ¥9" in page
    assert coupon.public_id in page


def test_a_closed_orders_coupon_is_in_the_wallet_again(client, alice, sku):
    order = place(sku, alice, coupon=take(template_make(sku.store), alice))
    assert "尝鲜券" not in text_of(client.get("/me/coupons/"))
    order_close_request(order_id=order.pk, now=clock.now())
    cast.deliver()
    assert "尝鲜券" in text_of(client.get("/me/coupons/"))
