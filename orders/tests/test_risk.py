"""Risk on the way to an order: a phone to prove, a hold of its own, a refusal; and who decides."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import User
from accounts.tests.factories import address_make
from core import clock
from core.crypto import blind_index
from core.facts import facts_record
from orders.destinations import street_index
from orders.models import Order, OrderChange, OrderHold, RiskReview
from orders.services import (
    AddressRefused,
    RiskRefused,
    order_address_change,
    order_cancel,
    order_close_request,
    review_refuse,
    review_release,
)
from orders.tests.factories import deliver, known, paid_make, pay, person, place
from orders.tests.reviews import held, report
from payments.events import RefundStuck
from payments.models import Refund
from risk.models import RiskAssessment, RiskPolicy, RiskReport
from risk.services import risks_forget
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


def proved(who, *, ago=timedelta(0)):
    User.objects.filter(pk=who.id).update(phone_verified_at=clock.now() - ago)


# --- the verdicts ---
def test_an_ordinary_order_leaves_nothing_behind(sku, who):
    place(sku, who)
    assert not RiskAssessment.objects.exists()


def test_a_phone_is_to_be_proved_first(sku, who):
    report(who, sku, 40)
    with pytest.raises(RiskRefused, match="验证手机号") as refused:
        place(sku, who)
    assert [one.rule for one in refused.value.assessed.fired] == ["reported"]
    proved(who, ago=timedelta(hours=25))
    with pytest.raises(RiskRefused, match="验证手机号"):
        place(sku, who)
    proved(who, ago=timedelta(hours=23))
    order = place(sku, who)
    row = RiskAssessment.objects.get()
    assert (row.order_ref, row.verdict, row.score) == (order.public_id, "code", 40)


def test_a_refusal_writes_no_order(sku, who):
    report(who, sku, 100)
    proved(who)
    with pytest.raises(RiskRefused, match="联系商家"):
        place(sku, who)
    sku.refresh_from_db()
    assert (Order.objects.count(), sku.reserved) == (0, 0)


def test_a_store_may_switch_it_off(sku, who):
    RiskPolicy.objects.create(store=sku.store, is_on=False)
    report(who, sku, 100)
    assert place(sku, who).pk


def test_a_report_counts_once_and_for_a_while(sku, who):
    assert report(who, sku, 60)
    assert not report(who, sku, 60)
    RiskReport.objects.update(until=clock.now())
    place(sku, who)
    assert not RiskAssessment.objects.exists()


def test_buying_again_and_again_is_noticed(sku, who):
    RiskPolicy.objects.create(store=sku.store, weights={"many_in_an_hour": 60})
    for _ in range(20):
        place(sku, who)
    assert not RiskReview.objects.exists()
    order = place(sku, who)
    assert RiskReview.objects.get().order == order


def test_many_accounts_and_one_phone_are_noticed(sku):
    RiskPolicy.objects.create(store=sku.store, weights={"shared_phone": 60})
    people = [person() for _ in range(5)]
    same = [replace(one, address=people[0].address) for one in people]
    for one in same[:4]:
        place(sku, one)
    assert not RiskReview.objects.exists()
    place(sku, same[4])
    assert RiskReview.objects.get().order.buyer_id == same[4].id


def test_one_address_however_it_is_typed_and_many_accounts_are_noticed(sku):
    RiskPolicy.objects.create(store=sku.store, weights={"shared_address": 60})
    people = [person() for _ in range(9)]
    typed = ["滨河路 8 号 2-301", "滨河路８号2-301", "滨河路8号，2-301", "滨河路 8号 2-301 "]
    homes = [
        replace(one.address, street=typed[number % len(typed)]) for number, one in enumerate(people)
    ]
    for one, home in zip(people[:8], homes, strict=False):
        place(sku, one, address=home)
    place(sku, people[0], address=homes[1])  # the same people again are no more people
    assert not RiskReview.objects.exists()
    place(sku, people[8], address=replace(homes[0], street="滨河路 8 号 2-302"))
    assert not RiskReview.objects.exists()
    order = place(sku, people[8], address=homes[8])
    assert RiskReview.objects.get().order == order
    assert "滨河" not in order.street_index


def test_an_order_that_moves_counts_where_it_goes(sku, who):
    order = paid_make(sku, who=who)
    there = replace(who.address, street="解放路 99 号")
    order_address_change(order_id=order.pk, address=there, by_id=who.id, now=clock.now())
    order.refresh_from_db()
    assert order.street_index == place(sku, address=there).street_index != ""


def test_what_fired_is_kept_though_it_was_too_little(sku):
    who = person()
    User.objects.filter(pk=who.id).update(joined_at=clock.now())
    order = place(sku, who)
    row = RiskAssessment.objects.get()
    assert (row.order_ref, row.verdict, row.score) == (order.public_id, "allow", 10)
    assert [one["rule"] for one in row.fired] == ["new_account"]
    assert not OrderHold.objects.exists()


# --- what is reported ---
def reported():
    return list(RiskReport.objects.order_by("pk").values_list("kind", "score"))


def test_a_refused_order_is_held_against_who_placed_it(sku, who):
    _order, review = held(sku, who)
    review_refuse(review_id=review.pk, by_id=who.id, note="", now=clock.now())
    RiskReport.objects.all().delete()
    deliver()
    assert reported() == [("refused", 40)]
    with pytest.raises(RiskRefused, match="验证手机号"):
        place(sku, who)


def test_a_released_order_is_not(sku, who):
    _order, review = held(sku, who)
    RiskReport.objects.all().delete()
    review_release(review_id=review.pk, by_id=who.id, now=clock.now())
    deliver()
    assert reported() == []


def test_money_that_always_comes_too_late_becomes_a_pattern(sku, who):
    for _ in range(4):
        order = place(sku, who)
        order_close_request(order_id=order.pk, now=clock.now())
        pay(order.public_id)
        deliver()
    assert reported() == [("late_money", 10)] * 4
    with pytest.raises(RiskRefused):
        place(sku, who)


def test_who_gave_up_and_had_paid_is_not_late(sku, who):
    order = place(sku, who)
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    pay(order.public_id)
    deliver()
    assert Refund.objects.get().reason == "late"
    assert reported() == []


def test_an_account_that_takes_no_money_back_is_reported_once(sku, who):
    order = paid_make(sku, who=who)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    refund = Refund.objects.get()
    for _ in range(2):
        facts = {"store_id": order.store_id, "order_ref": order.public_id}
        with transaction.atomic():
            facts_record(RefundStuck(refund_id=refund.pk, **facts), now=clock.now())
        deliver()
    assert reported() == [("refund_stuck", 10)]


def test_staff_read_what_was_reported(client, sku, who):
    order = place(sku, who)
    order_close_request(order_id=order.pk, now=clock.now())
    pay(order.public_id)
    deliver()
    client.force_login(staff_make(sku.store).user)
    page = client.get("/office/risk/riskreport/").content.decode()
    assert "订单关闭后才付款" in page
    assert order.public_id in page
    client.force_login(staff_make(cast.store_open("陶坊")).user)
    assert order.public_id not in client.get("/office/risk/riskreport/").content.decode()


def test_the_checkout_says_what_to_do_and_keeps_the_note(client, sku, who):
    from core.idempotency import form_key_new

    report(who, sku, 40)
    client.force_login(who.user)
    sent = {
        "sku": sku.public_id,
        "quantity": "1",
        "address": who.user.addresses.get().public_id,
        "note": "请放门口",
        "shown_fen": str(cast.LIST_FEN + cast.FREIGHT_FEN),
        "form_key": form_key_new(),
    }
    text = client.post("/checkout/", sent).content.decode()
    assert "去验证手机号" in text
    assert "请放门口" in text
    assert "反映" not in text
    row = RiskAssessment.objects.get()
    assert (row.order_ref, row.verdict) == ("", "code")


def test_the_browser_is_known_at_the_checkout_alone(client, sku, who):
    client.force_login(who.user)
    assert "device" not in client.get(f"/p/{sku.product.public_id}/").cookies
    assert client.get("/checkout/", {"sku": sku.public_id}).cookies["device"]["httponly"]
    order = Order.objects.filter(device="")
    assert not order.exists()


def test_a_merchant_tunes_thresholds(client, sku):
    client.force_login(staff_make(sku.store).user)
    typed = {
        "is_on": "on",
        "code_from": "30",
        "hold_from": "50",
        "refuse_from": "40",
        "hold_hours": "12",
        "big_fen": "2000",
        "rule_shared_phone": "0",
        "rule_shared_address": "35",
    }
    assert "多个账号寄往同一个地址" in client.get("/office/risk/riskpolicy/add/").content.decode()
    page = client.post("/office/risk/riskpolicy/add/", typed).content.decode()
    assert "从小到大" in page
    client.post("/office/risk/riskpolicy/add/", {**typed, "refuse_from": "80"})
    policy = RiskPolicy.objects.get(store=sku.store)
    assert (policy.big_fen, policy.weights) == (
        200_000,
        {"shared_phone": 0, "shared_address": 35},
    )


def test_what_is_old_is_forgotten(sku, who):
    held(sku, who)
    assert risks_forget(now=clock.now() + timedelta(days=100)) == 0
    assert risks_forget(now=clock.now() + timedelta(days=300)) >= 1
    assert not RiskAssessment.objects.exists()


# --- going elsewhere after paying ---
def home_of(who):
    """Where everybody of a ring wants their parcels in the end."""
    return replace(who.address, street="解放路 99 号")


def moved(order, who, there, *, by=None):
    return order_address_change(
        order_id=order.pk, address=there, by_id=by or who.id, now=clock.now()
    )


def ring(sku, number=9):
    """People who pay to a place each; all but the last go home then."""
    people = [known() for _ in range(number)]
    orders = [paid_make(sku, who=one) for one in people]
    there = home_of(people[0])
    Order.objects.filter(pk__in=[order.pk for order in orders[:-1]]).update(
        phone_index=blind_index(there.phone, purpose="order.phone"),
        street_index=street_index(there),
    )
    return people[-1], orders[-1], there


def test_paying_to_nine_places_and_moving_to_one_is_seen(client, sku):
    last, order, there = ring(sku)
    before = order.street
    with pytest.raises(AddressRefused, match="需要商家确认，请联系商家"):
        moved(order, last, there)
    order.refresh_from_db()
    assert (order.street, OrderChange.objects.count()) == (before, 0)
    row = RiskAssessment.objects.get()
    assert (row.order_ref, row.verdict, row.score) == (order.public_id, "hold", 60)
    assert {one["rule"] for one in row.fired} == {"shared_phone", "shared_address"}
    # What was paid directly to the same place is held just so.
    assert place(sku, last, address=there).holds.get().kind == "risk"


def test_the_first_eight_are_too_few_to_be_stopped_and_leave_what_was_found(sku):
    people = [known() for _ in range(5)]
    there = home_of(people[0])
    for one in people:
        User.objects.filter(pk=one.id).update(phone_verified_at=clock.now())
        assert moved(paid_make(sku, who=one), one, there) is True
    row = RiskAssessment.objects.get()
    assert (row.user_id, row.verdict, row.score) == (people[4].id, "code", 40)
    assert row.order_ref == Order.objects.get(buyer_id=people[4].id).public_id


def test_whoever_would_have_to_prove_a_phone_there_proves_it_first(sku):
    last, order, there = ring(sku, 5)
    with pytest.raises(AddressRefused, match="验证手机号.*修改收货信息"):
        moved(order, last, there)
    proved(last)
    assert moved(order, last, there) is True


def test_what_would_be_refused_there_does_not_go_there(sku, who):
    order = paid_make(sku, who=who)
    report(who, sku, 100)
    with pytest.raises(AddressRefused, match="请联系商家"):
        moved(order, who, home_of(who))
    assert RiskAssessment.objects.get().verdict == "refuse"


def test_staff_send_it_there_all_the_same(sku):
    last, order, there = ring(sku)
    assert moved(order, last, there, by=staff_make(sku.store).user_id) is True
    assert not RiskAssessment.objects.exists()


def test_another_name_at_the_same_door_is_nowhere_else(sku, who):
    order = paid_make(sku, who=who)
    report(who, sku, 60)
    assert moved(order, who, replace(who.address, recipient="李四")) is True
    with pytest.raises(AddressRefused):
        moved(order, who, home_of(who))


def test_what_a_person_looks_at_stays_where_it_is(client, sku, who):
    order, review = held(sku, who)
    RiskReport.objects.all().delete()
    RiskAssessment.objects.all().delete()
    path = f"/orders/{order.public_id}/"
    client.force_login(who.user)
    with pytest.raises(AddressRefused, match="商家正在确认"):
        moved(order, who, home_of(who))
    assert f"{path}address/" not in client.get(path).content.decode()
    assert moved(order, who, home_of(who), by=staff_make(sku.store).user_id) is True
    review_release(review_id=review.pk, by_id=None, now=clock.now())
    assert f"{path}address/" in client.get(path).content.decode()
    assert moved(order, who, who.address) is True


def test_the_buyer_reads_why_and_the_store_what_was_found(client, sku):
    last, order, there = ring(sku)
    address = address_make(
        last.user, recipient=there.recipient, phone=there.phone, street=there.street
    )
    client.force_login(last.user)
    path = f"/orders/{order.public_id}/address/"
    page = client.post(path, {"address": address.public_id}, follow=True).content.decode()
    assert "新的收货信息需要商家确认，请联系商家" in page
    client.force_login(staff_make(sku.store).user)
    page = client.get("/office/risk/riskassessment/").content.decode()
    assert order.public_id in page
    assert "多个账号寄往同一个地址" in page
