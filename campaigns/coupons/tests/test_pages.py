"""The coupon centre, the wallet, the checkout: what one person sees, and what everybody sees."""

import random
import re
from datetime import timedelta

import pytest
from django.core.cache import cache

from campaigns.coupons.models import Coupon
from campaigns.coupons.tests.factories import OFF_FEN, expire, place, take, template_make
from campaigns.reductions.tests.factories import reduction_make
from core import clock
from core.idempotency import form_key_new
from core.public_pages import public_pages_forget
from orders.models import Order
from orders.services import order_close_request
from tests import cast

pytestmark = pytest.mark.django_db
NOTE = "周末再送，谢谢 🙏"


@pytest.fixture(autouse=True)
def cold():
    """No page kept and no act counted from another test."""
    cache.clear()
    public_pages_forget()


@pytest.fixture
def sku():
    return cast.sku_on_sale()


@pytest.fixture
def alice(client):
    alice = cast.person("Alice")
    client.force_login(alice.user)
    return alice


def text_of(answer):
    return answer.content.decode()


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


# The checkout.


def checkout(client, sku, **query):
    return text_of(client.get("/checkout/", {"sku": sku.public_id, **query}))


def shown(page):
    return int(re.search(r'name="shown_fen" value="(\d+)"', page).group(1))


def chosen(page):
    found = re.findall(r'name="wish_coupon" value="(\w+)" data-refresh checked', page)
    assert len(found) == 1
    return found[0]


def form(page, sku, who, **changes):
    """What the browser sends for the page that it was given."""
    auto = re.search(r'name="auto_coupon" value="(\w+)"', page)
    return {
        "sku": sku.public_id,
        "quantity": "1",
        "address": who.user.addresses.get().public_id,
        "note": NOTE,
        "shown_fen": str(shown(page)),
        "form_key": form_key_new(),
        **({"wish_coupon": chosen(page), "auto_coupon": auto.group(1)} if auto else {}),
        **changes,
    }


def test_the_best_is_chosen_and_explained_and_charged(client, alice, sku):
    take(template_make(sku.store, name="小券", off_fen=300), alice)
    best = take(template_make(sku.store), alice)
    take(template_make(sku.store, name="大券", minimum_fen=9000, off_fen=3000), alice)
    other = cast.sku_on_sale(sku.store)
    wrong = {"scope": "product", "product": other.product}
    take(template_make(sku.store, name="别的货", **wrong), alice)
    late = take(template_make(sku.store, name="旧券"), alice)
    expire(late)
    page = checkout(client, sku)
    assert "已为您选最省的一张：减 ¥10" in page
    assert chosen(page) == best.public_id
    for words in ("还差 ¥31 可用", "不适用于这些商品", "已过期", "不用优惠券"):
        assert words in page
    assert shown(page) == cast.LIST_FEN - OFF_FEN + cast.FREIGHT_FEN
    client.post("/checkout/", form(page, sku, alice))
    order = Order.objects.get()
    assert order.payable_fen == shown(page)
    assert order.adjustments.get().reference == best.public_id


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_together_what_is_shown_is_charged(client, alice, seed):
    dice = random.Random(seed)
    store = cast.store_open(freight_fen=dice.choice([0, 1, 600]))
    sku = cast.sku_on_sale(store)
    for _ in range(dice.randint(0, 3)):
        threshold_fen = dice.randint(2, 20000)
        step = (threshold_fen, dice.randint(1, threshold_fen - 1))
        reduction_make(store, step, kind=dice.choice(["steps", "every"]))
    for _ in range(dice.randint(1, 4)):
        terms = {"minimum_fen": 0, "off_fen": dice.randint(1, 30000)}
        if dice.random() < 0.5:
            terms = {"kind": "percent", "percent": dice.randint(1, 99), "cap_fen": 9000}
        take(template_make(store, **terms), alice)
    for quantity in (1, 2, 7):
        page = checkout(client, sku, quantity=quantity)
        answer = client.post("/checkout/", form(page, sku, alice, quantity=str(quantity)))
        assert answer.status_code == 302, text_of(answer)
        order = Order.objects.latest("pk")
        assert (order.payable_fen, order.lines.get().quantity) == (shown(page), quantity)
    assert cast.broken() == []


def test_none_is_a_choice(client, alice, sku):
    take(template_make(sku.store), alice)
    page = checkout(client, sku)
    refreshed = client.post(
        "/checkout/", form(page, sku, alice, wish_coupon="none", action="refresh")
    )
    page = text_of(refreshed)
    assert chosen(page) == "none"
    assert shown(page) == cast.LIST_FEN + cast.FREIGHT_FEN
    assert "最省的一张是“尝鲜券”：减 ¥10" in page
    client.post("/checkout/", form(page, sku, alice))
    assert Order.objects.get().payable_fen == cast.LIST_FEN + cast.FREIGHT_FEN


def test_another_quantity_chooses_anew_unless_the_shopper_chose(client, alice, sku):
    small = take(template_make(sku.store, name="小券", off_fen=300, minimum_fen=0), alice)
    big = take(template_make(sku.store, minimum_fen=10000, off_fen=3000), alice)
    page = checkout(client, sku)
    assert chosen(page) == small.public_id
    more = form(page, sku, alice, quantity="2", action="refresh")
    assert chosen(text_of(client.post("/checkout/", more))) == big.public_id
    page = text_of(client.post("/checkout/", more))
    own = form(page, sku, alice, quantity="2", wish_coupon=small.public_id, action="refresh")
    page = text_of(client.post("/checkout/", own))
    assert chosen(page) == small.public_id
    assert shown(page) == 2 * cast.LIST_FEN - 300 + cast.FREIGHT_FEN


def test_a_choice_sent_without_refreshing_is_asked_about(client, alice, sku):
    """Without JavaScript the total on the page is still the one of the best coupon."""
    small = take(template_make(sku.store, name="小券", off_fen=300), alice)
    take(template_make(sku.store), alice)
    page = checkout(client, sku)
    answer = client.post("/checkout/", form(page, sku, alice, wish_coupon=small.public_id))
    text = text_of(answer)
    assert answer.status_code == 409
    assert "应付金额已从" in text
    assert NOTE in text
    assert chosen(text) == small.public_id
    client.post("/checkout/", form(text, sku, alice))
    assert Order.objects.get().discount_fen == 300


def test_none_that_nobody_chose_does_not_stick(client, alice, sku):
    """Nothing was usable for one; for two there is."""
    coupon = take(template_make(sku.store, minimum_fen=10000), alice)
    page = checkout(client, sku)
    assert chosen(page) == "none"
    assert "没有可用的优惠券" in page
    more = form(page, sku, alice, quantity="2", action="refresh")
    assert chosen(text_of(client.post("/checkout/", more))) == coupon.public_id


@pytest.mark.parametrize("gone", ["used", "expired"])
def test_a_coupon_that_is_gone_is_refused_and_nothing_typed_is_lost(client, alice, sku, gone):
    coupon = take(template_make(sku.store), alice)
    page = checkout(client, sku)
    if gone == "used":
        place(sku, alice, coupon=coupon)
    else:
        expire(coupon)
    before = Order.objects.count()
    answer = client.post("/checkout/", form(page, sku, alice))
    text = text_of(answer)
    assert answer.status_code == 409
    assert "您选的“尝鲜券”不能用在这一单" in text
    assert NOTE in text
    assert Order.objects.count() == before
    assert shown(text) == cast.LIST_FEN + cast.FREIGHT_FEN
    # And the form that came back is good.
    client.post("/checkout/", {**form(text, sku, alice), "wish_coupon": "none"})
    assert Order.objects.count() == before + 1


def test_a_coupon_lost_between_look_and_claim_is_refused_the_same(client, alice, sku, monkeypatch):
    take(template_make(sku.store), alice)
    page = checkout(client, sku)
    monkeypatch.setattr("campaigns.coupons.services.coupon_use", lambda **_: False)
    answer = client.post("/checkout/", form(page, sku, alice))
    assert answer.status_code == 409
    assert "刚刚已被使用或过期" in text_of(answer)
    assert NOTE in text_of(answer)
    assert not Order.objects.exists()


def test_somebody_elses_coupon_is_no_wish(client, alice, sku):
    foreign = take(template_make(sku.store), cast.person())
    page = checkout(client, sku, wish_coupon=foreign.public_id)
    assert shown(page) == cast.LIST_FEN + cast.FREIGHT_FEN
    assert foreign.public_id not in page
    answer = client.post("/checkout/", form(page, sku, alice, wish_coupon=foreign.public_id))
    assert answer.status_code == 409
    assert not Order.objects.exists()


def test_the_choice_survives_the_way_to_a_new_address(client, alice, sku):
    small = take(template_make(sku.store, name="小券", off_fen=300), alice)
    take(template_make(sku.store), alice)
    page = checkout(client, sku)
    data = form(page, sku, alice, wish_coupon=small.public_id, action="address")
    client.post("/checkout/", data)
    assert chosen(checkout(client, sku, draft="1", quantity="1")) == small.public_id


def test_a_checkout_without_coupons_shows_no_choice(client, alice, sku):
    page = checkout(client, sku)
    assert "wish_coupon" not in page
    client.post("/checkout/", form(page, sku, alice))
    assert Order.objects.get().payable_fen == shown(page)


def test_many_coupons_cost_no_more_queries(client, alice, sku):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count():
        with CaptureQueriesContext(connection) as seen:
            checkout(client, sku)
        return len(seen)

    template = template_make(sku.store, limit_per_person=20)
    take(template, alice)
    one = count()
    for _ in range(9):
        take(template, alice)
    assert count() == one


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
