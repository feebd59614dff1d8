"""Preparing an attempt: stored before it is sent, switched by closing, renewed, found paid."""

from datetime import timedelta

import pytest

from core import clock
from payments.models import LedgerEntry, Payment
from payments.services import (
    GatewayTrouble,
    PaymentGone,
    SumChanged,
    payment_begin_close,
    payment_close,
    payment_prepare,
)
from payments.tests.factories import payment_make, payment_paid_make

pytestmark = pytest.mark.django_db


def prepare(payment, channel="jsapi", openid="o1", *, later_s=0, payer_id=None):
    return payment_prepare(
        payment_public_id=payment.public_id,
        amount_fen=payment.amount_fen,
        payer_id=payer_id or payment.payer_id,
        channel=channel,
        openid=openid if channel == "jsapi" else "",
        now=clock.now() + timedelta(seconds=later_s),
    )


@pytest.fixture
def payment(account):
    return payment_make(account=account)


def live(payment):
    return Payment.objects.get(
        order_ref=payment.order_ref, state__in=["open", "prepared", "closing"]
    )


def test_inside_wechat_the_bridge_gets_its_parameters(fake, payment):
    prepared = prepare(payment)
    assert prepared.bridge == {"package": "prepay_id=wx1"}
    assert prepared.payment_public_id == payment.public_id
    payment.refresh_from_db()
    assert (payment.state, payment.channel, payment.payer_openid) == ("prepared", "jsapi", "o1")
    assert payment.due_at - payment.asked_at == timedelta(seconds=5)


def test_nothing_is_asked_for_but_what_the_payer_saw(fake, payment):
    payment.amount_fen += 1
    with pytest.raises(SumChanged) as changed:
        prepare(payment)
    assert changed.value.amount_fen == payment.amount_fen - 1
    assert fake.calls == []


def test_elsewhere_there_is_a_code_to_scan(fake, payment):
    prepared = prepare(payment, "native")
    assert prepared.bridge is None
    assert prepared.code_url.startswith("weixin://")


def test_what_is_sent_was_stored_before(fake, payment, monkeypatch):
    seen = []
    original = fake.prepare

    def spy(ask):
        row = Payment.objects.get(pk=payment.pk)
        seen.append((row.asked_at is not None, row.channel, row.out_trade_no == ask.out_trade_no))
        return original(ask)

    monkeypatch.setattr(fake, "prepare", spy)
    prepare(payment)
    assert seen == [(True, "jsapi", True)]


def test_a_reload_asks_nobody_and_a_late_one_renews(fake, payment):
    prepare(payment)
    prepare(payment, later_s=60)
    assert fake.count("prepare") == 1
    again = prepare(payment, later_s=180)
    assert fake.count("prepare") == 2
    assert again.payment_public_id == payment.public_id


def test_another_channel_closes_the_old_attempt_and_opens_a_new_one(fake, payment):
    prepare(payment, "native")
    prepared = prepare(payment, "jsapi")
    payment.refresh_from_db()
    assert payment.state == "closed"
    assert fake.trades[payment.out_trade_no].state == "closed"
    new = live(payment)
    assert (new.state, new.channel, new.amount_fen) == ("prepared", "jsapi", payment.amount_fen)
    assert new.out_trade_no != payment.out_trade_no
    assert prepared.payment_public_id == new.public_id


def test_another_openid_is_another_attempt(fake, payment):
    prepare(payment, openid="o1")
    prepare(payment, openid="o2")
    assert live(payment).payer_openid == "o2"
    assert Payment.objects.count() == 2


def test_the_old_page_finds_the_new_attempt(fake, payment):
    prepare(payment, "native")
    new = prepare(payment, "jsapi")
    assert prepare(payment, "jsapi").payment_public_id == new.payment_public_id
    assert Payment.objects.count() == 2


def test_switching_finds_that_the_old_attempt_is_paid(fake, payment):
    prepare(payment, "native")
    fake.pay(payment.out_trade_no)
    with pytest.raises(PaymentGone) as gone:
        prepare(payment, "jsapi")
    assert gone.value.found_state == "succeeded"
    assert LedgerEntry.objects.get().payment == payment
    assert Payment.objects.count() == 1


def test_a_switch_that_the_provider_leaves_unanswered_is_finished_later(fake, payment):
    prepare(payment, "native")
    fake.fail("query", "SILENT")
    with pytest.raises(GatewayTrouble) as trouble:
        prepare(payment, "jsapi")
    assert not trouble.value.permanent
    payment.refresh_from_db()
    assert (payment.state, payment.switch_to) == ("closing", "jsapi")
    assert payment_close(payment_id=payment.pk, now=clock.now()) is True
    assert (live(payment).state, live(payment).asked_at) == ("open", None)


def test_an_order_that_closes_meanwhile_gets_no_new_attempt(fake, payment):
    prepare(payment, "native")
    fake.fail("query", "SILENT")
    with pytest.raises(GatewayTrouble):
        prepare(payment, "jsapi")
    payment_begin_close(order_ref=payment.order_ref, now=clock.now())
    assert payment_close(payment_id=payment.pk, now=clock.now()) is True
    assert Payment.objects.count() == 1
    with pytest.raises(PaymentGone):
        prepare(payment, "jsapi")


def test_a_lost_answer_is_asked_for_again_under_the_same_number(fake, payment):
    fake.fail("prepare", "SILENT")
    with pytest.raises(GatewayTrouble, match="不会重复扣款"):
        prepare(payment)
    payment.refresh_from_db()
    assert (payment.state, payment.asked_at is not None) == ("open", True)
    prepare(payment)
    numbers = {number for verb, number in fake.calls if verb == "prepare"}
    assert numbers == {payment.out_trade_no}


def test_asking_again_for_a_paid_number_finds_the_money(fake, payment):
    prepare(payment)
    fake.pay(payment.out_trade_no)
    with pytest.raises(PaymentGone) as gone:
        prepare(payment, later_s=180)
    assert gone.value.found_state == "succeeded"
    assert LedgerEntry.objects.get().amount_fen == payment.amount_fen


def test_a_number_that_was_closed_there_is_replaced(fake, payment):
    prepare(payment)
    fake.close(payment.out_trade_no)
    prepared = prepare(payment, later_s=180)
    assert prepared.payment_public_id == live(payment).public_id != payment.public_id


def test_a_wrong_request_is_trouble_for_good(fake, payment):
    fake.fail("prepare", "INVALID_REQUEST", permanent=True)
    with pytest.raises(GatewayTrouble, match="联系商家") as trouble:
        prepare(payment)
    assert trouble.value.permanent
    assert Payment.objects.count() == 1


def test_nothing_is_prepared_after_the_window(fake, payment):
    with pytest.raises(PaymentGone) as gone:
        prepare(payment, later_s=601)
    assert gone.value.found_state == "expired"
    assert fake.calls == []


def test_a_paid_attempt_is_gone(fake, account):
    with pytest.raises(PaymentGone, match="已支付"):
        prepare(payment_paid_make(account=account))


def test_an_attempt_that_begins_to_close_while_it_is_sent_is_gone(fake, payment, monkeypatch):
    original = fake.prepare

    def closing(ask):
        payment_begin_close(order_ref=payment.order_ref, now=clock.now())
        return original(ask)

    monkeypatch.setattr(fake, "prepare", closing)
    with pytest.raises(PaymentGone) as gone:
        prepare(payment)
    assert gone.value.found_state == "closing"


def test_nobody_prepares_somebody_elses_payment(fake, payment):
    with pytest.raises(Payment.DoesNotExist):
        prepare(payment, payer_id=payment_make().payer_id)
    assert fake.calls == []


@pytest.mark.parametrize(("channel", "openid"), [("jsapi", ""), ("h5", ""), ("", "o1")])
def test_a_channel_is_jsapi_with_an_openid_or_native(fake, payment, channel, openid):
    with pytest.raises(ValueError, match="channel"):
        payment_prepare(
            payment_public_id=payment.public_id,
            amount_fen=payment.amount_fen,
            payer_id=payment.payer_id,
            channel=channel,
            openid=openid,
            now=clock.now(),
        )
