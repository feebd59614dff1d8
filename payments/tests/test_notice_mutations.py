"""One valid notice settles; a replay changes nothing; every mutation of it is refused."""

import base64
import json
import time
from datetime import timedelta

import pytest

from core import clock
from core.models import Fact
from payments.models import LedgerEntry, Payment, PaymentIncident
from payments.services import payment_poll, payment_prepare
from payments.tests.factories import (
    NoticeMaker,
    merchant_account_make,
    notice_post,
    payment_make,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(account):
    return payment_make(account=account)


@pytest.fixture
def maker(account):
    return NoticeMaker(account)


def money_of(payment):
    """Everything that a notice may change."""
    return (
        list(Payment.objects.order_by("pk").values()),
        list(LedgerEntry.objects.order_by("pk").values()),
        list(Fact.objects.order_by("pk").values_list("name", "subject_id")),
    )


def incidents():
    return list(PaymentIncident.objects.values_list("kind", "seen_count"))


def refused(client, payment, body, headers, *, status, incident=None, account=None):
    before = money_of(payment)
    answer = notice_post(client, account or payment.account, body, headers)
    assert answer.status_code == status
    assert answer.json() == {"code": "FAIL", "message": "refused"}
    assert money_of(payment) == before
    assert incidents() == ([(incident, 1)] if incident else [])


def test_a_valid_notice_settles_the_payment(client, payment, maker):
    body = maker.body(maker.trade(payment, transaction_id="4200001"))
    answer = notice_post(client, payment.account, body, maker.headers(body))
    assert (answer.status_code, answer.content) == (204, b"")
    payment.refresh_from_db()
    assert (payment.state, payment.transaction_id) == ("succeeded", "4200001")
    assert LedgerEntry.objects.get().amount_fen == 1250
    assert Fact.objects.filter(name="payment.succeeded", subject_id=payment.pk).count() == 1
    assert incidents() == []


def test_a_true_replay_is_accepted_and_changes_nothing(client, payment, maker):
    body = maker.body(maker.trade(payment))
    headers = maker.headers(body)
    assert notice_post(client, payment.account, body, headers).status_code == 204
    before = money_of(payment)
    assert notice_post(client, payment.account, body, headers).status_code == 204
    # Tencent's own retry is sealed the same and signed anew.
    assert notice_post(client, payment.account, body, maker.headers(body)).status_code == 204
    assert money_of(payment) == before
    assert incidents() == []


def test_a_body_with_one_character_changed_is_refused(client, payment, maker):
    body = maker.body(maker.trade(payment))
    refused(client, payment, body.replace(b"EV-", b"EW-"), maker.headers(body), status=401)


def test_a_changed_ciphertext_is_refused_even_when_it_is_signed(client, payment, maker):
    message = json.loads(maker.body(maker.trade(payment)))
    sealed = bytearray(base64.b64decode(message["resource"]["ciphertext"]))
    sealed[3] ^= 1
    message["resource"]["ciphertext"] = base64.b64encode(bytes(sealed)).decode()
    body = json.dumps(message).encode()
    refused(client, payment, body, maker.headers(body), status=401)


def test_another_nonce_is_refused(client, payment, maker):
    body = maker.body(maker.trade(payment))
    headers = {**maker.headers(body), "Wechatpay-Nonce": "0" * 32}
    refused(client, payment, body, headers, status=401)


def test_a_changed_signature_is_refused(client, payment, maker):
    body = maker.body(maker.trade(payment))
    headers = maker.headers(body)
    signature = bytearray(base64.b64decode(headers["Wechatpay-Signature"]))
    signature[10] ^= 1
    headers["Wechatpay-Signature"] = base64.b64encode(bytes(signature)).decode()
    refused(client, payment, body, headers, status=401)


@pytest.mark.parametrize("signature", ["%%%", "签名", "YQ=="])
def test_a_signature_that_is_none_is_refused(client, payment, maker, signature):
    body = maker.body(maker.trade(payment))
    headers = {**maker.headers(body), "Wechatpay-Signature": signature}
    refused(client, payment, body, headers, status=401)


def test_a_signature_probe_is_refused(client, payment, maker):
    body = maker.body(maker.trade(payment))
    headers = maker.headers(body)
    headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]
    refused(client, payment, body, headers, status=401)


def test_a_signature_by_another_key_is_refused(client, payment, account):
    stranger = NoticeMaker(account, signed_by="stranger")
    body = stranger.body(stranger.trade(payment))
    refused(client, payment, body, stranger.headers(body), status=401)


@pytest.mark.parametrize("serial", ["PUB_KEY_ID_0000000000000000000000009999", "5157F09EFDC096DE"])
def test_another_serial_is_refused_without_asking_anybody(
    client, payment, maker, serial, monkeypatch
):
    monkeypatch.setattr(
        "requests.sessions.Session.request", lambda *a, **k: pytest.fail("asked outside")
    )
    body = maker.body(maker.trade(payment))
    headers = {**maker.headers(body), "Wechatpay-Serial": serial}
    refused(client, payment, body, headers, status=401)


@pytest.fixture
def frozen(monkeypatch):
    """Ours and the library's clock stand still, on a full second."""
    now = clock.now().replace(microsecond=0)
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(time, "time", now.timestamp)


@pytest.mark.parametrize("age_s", [300, -300, 301, -301])
def test_a_clock_300_seconds_away_is_refused(client, payment, maker, frozen, age_s):
    body = maker.body(maker.trade(payment))
    refused(client, payment, body, maker.headers(body, age_s=age_s), status=401)


@pytest.mark.parametrize("skew_s", [299, -299])
@pytest.mark.parametrize("of", ["ours", "the library's"])
def test_each_of_the_two_clocks_refuses_by_itself(
    client, payment, maker, frozen, monkeypatch, of, skew_s
):
    body = maker.body(maker.trade(payment))
    headers = maker.headers(body, age_s=skew_s)
    further = clock.now() + timedelta(seconds=1 if skew_s > 0 else -1)
    if of == "ours":
        monkeypatch.setattr(clock, "now", lambda: further)
    else:
        monkeypatch.setattr(time, "time", further.timestamp)
    refused(client, payment, body, headers, status=401)


@pytest.mark.parametrize("age_s", [299, -299])
def test_a_clock_299_seconds_away_is_accepted(client, payment, maker, frozen, age_s):
    body = maker.body(maker.trade(payment))
    answer = notice_post(client, payment.account, body, maker.headers(body, age_s=age_s))
    assert answer.status_code == 204


@pytest.mark.parametrize("stamp", ["", "soon", "１７００００００００", "-5", "9" * 40])
def test_a_timestamp_that_is_none_is_refused(client, payment, maker, stamp):
    body = maker.body(maker.trade(payment))
    headers = {**maker.headers(body), "Wechatpay-Timestamp": stamp}
    refused(client, payment, body, headers, status=401)


@pytest.mark.parametrize("name", ["Timestamp", "Nonce", "Signature", "Serial", "Signature-Type"])
def test_a_missing_header_is_refused(client, payment, maker, name):
    body = maker.body(maker.trade(payment))
    headers = maker.headers(body)
    del headers[f"Wechatpay-{name}"]
    refused(client, payment, body, headers, status=401)


def test_another_signature_type_is_refused(client, payment, maker):
    body = maker.body(maker.trade(payment))
    headers = {**maker.headers(body), "Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"}
    refused(client, payment, body, headers, status=401)


def test_a_reserialised_body_is_refused(client, payment, maker):
    body = maker.body(maker.trade(payment))
    again = json.dumps(json.loads(body)).encode()
    assert again != body
    refused(client, payment, again, maker.headers(body), status=401)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"<xml></xml>"])
def test_a_signed_body_that_is_no_notice_is_refused(client, payment, maker, body):
    refused(client, payment, body, maker.headers(body), status=401)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": None},
        {"amount": {"total": "1250", "currency": "CNY"}},
        {"amount": {"total": 1250.0, "currency": "CNY"}},
        {"amount": {"total": True, "currency": "CNY"}},
        {"success_time": "yesterday"},
        {"transaction_id": ""},
        {"out_trade_no": 17},
        {"trade_state": "WONDERFUL"},
    ],
)
def test_a_signed_notice_that_makes_no_sense_is_an_incident(client, payment, maker, change):
    body = maker.body({**maker.trade(payment), **change})
    refused(client, payment, body, maker.headers(body), status=400, incident="unreadable")
    detail = PaymentIncident.objects.get().detail
    assert detail["nonsense"]
    assert "payer" not in detail


def test_a_notice_sealed_with_another_key_is_refused(client, payment, maker, account):
    other = merchant_account_make()
    body = NoticeMaker(other).body(maker.trade(payment))
    refused(client, payment, body, maker.headers(body), status=401)


def test_a_get_is_refused(client, payment, maker):
    before = money_of(payment)
    assert client.get(f"/payments/notify/{payment.account.public_id}/pay/").status_code == 405
    assert money_of(payment) == before


def test_an_unknown_address_is_refused(client, payment, maker):
    body = maker.body(maker.trade(payment))
    payment.account.public_id = "mac_nobody"
    refused(client, payment, body, maker.headers(body), status=404)


def test_a_body_without_end_is_refused_unread(client, payment, maker):
    body = b"x" * (64 * 1024 + 1)
    refused(client, payment, body, maker.headers(body), status=413)


def test_a_notice_at_another_accounts_address_is_refused(client, payment, maker):
    body = maker.body(maker.trade(payment))
    other = merchant_account_make()
    refused(client, payment, body, maker.headers(body), status=401, account=other)


# Signed by the provider, and yet not what we know: these are real trouble, kept for staff.


def test_another_merchant_is_an_incident(client, payment, maker):
    body = maker.body(maker.trade(payment, mchid="1999999999"))
    refused(client, payment, body, maker.headers(body), status=400, incident="merchant")


def test_another_merchants_number_is_an_incident(client, payment, maker):
    """Sealed and signed for this account, about a payment of another store's."""
    theirs = payment_make()
    body = maker.body(maker.trade(theirs))
    refused(client, payment, body, maker.headers(body), status=400, incident="unknown")


def test_another_appid_is_an_incident(client, payment, maker):
    body = maker.body(maker.trade(payment, appid="wx9999999999999999"))
    refused(client, payment, body, maker.headers(body), status=400, incident="appid")


@pytest.mark.parametrize("total", [1249, 1251, 0])
def test_another_amount_is_an_incident(client, payment, maker, total):
    body = maker.body(maker.trade(payment, total=total))
    refused(client, payment, body, maker.headers(body), status=400, incident="amount")
    assert PaymentIncident.objects.get().amount_fen == total


def test_another_currency_is_an_incident(client, payment, maker):
    body = maker.body(maker.trade(payment, currency="USD"))
    refused(client, payment, body, maker.headers(body), status=400, incident="currency")


def test_an_unknown_number_is_an_incident(client, payment, maker):
    body = maker.body(maker.trade(payment, out_trade_no="nobodyknows1"))
    refused(client, payment, body, maker.headers(body), status=400, incident="unknown")


def test_a_trade_that_is_not_paid_is_an_incident(client, payment, maker):
    body = maker.body(maker.trade(payment, trade_state="NOTPAY"))
    refused(client, payment, body, maker.headers(body), status=400, incident="unknown")


def test_an_event_nobody_asked_for_is_an_incident(client, payment, maker):
    body = maker.body({"complaint_id": "1"}, event_type="COMPLAINT.CREATE")
    refused(client, payment, body, maker.headers(body), status=400, incident="unknown")


def test_a_second_transaction_for_one_payment_is_an_incident(client, payment, maker):
    body = maker.body(maker.trade(payment))
    assert notice_post(client, payment.account, body, maker.headers(body)).status_code == 204
    payment.refresh_from_db()
    body = maker.body(maker.trade(payment))
    refused(client, payment, body, maker.headers(body), status=400, incident="transaction")


def test_a_transaction_that_another_payment_has_is_an_incident(client, payment, maker):
    body = maker.body(maker.trade(payment, transaction_id="4200001"))
    assert notice_post(client, payment.account, body, maker.headers(body)).status_code == 204
    other = payment_make(account=payment.account)
    body = maker.body(maker.trade(other, transaction_id="4200001"))
    refused(client, other, body, maker.headers(body), status=400, incident="transaction")
    assert PaymentIncident.objects.get().payment_id == other.pk


def test_asking_about_such_a_payment_finds_the_same_incident(client, fake, payment, maker):
    body = maker.body(maker.trade(payment, transaction_id="4200001"))
    notice_post(client, payment.account, body, maker.headers(body))
    other = payment_make(account=payment.account)
    payment_prepare(
        payment_public_id=other.public_id,
        amount_fen=other.amount_fen,
        payer_id=other.payer_id,
        channel="native",
        now=clock.now(),
    )
    fake.pay(other.out_trade_no, transaction_id="4200001")
    assert payment_poll(payment_id=other.pk, now=clock.now()) == "prepared"
    assert incidents() == [("transaction", 1)]


@pytest.mark.parametrize(
    ("event", "resource"),
    [
        ("REFUND.SUCCESS", {"refund_status": "SUCCESS"}),
        ("REFUND.SUCCESS", []),
        ("TRANSACTION.SUCCESS", "sealed"),
    ],
)
def test_a_signed_notice_that_says_nothing_is_an_incident(client, payment, maker, event, resource):
    body = maker.body(resource, event_type=event)
    refused(client, payment, body, maker.headers(body), status=400, incident="unreadable")


def test_an_incident_that_is_told_again_counts_up(client, payment, maker):
    body = maker.body(maker.trade(payment, total=1))
    for _again in range(3):
        answer = notice_post(client, payment.account, body, maker.headers(body))
        assert answer.status_code == 400
    assert incidents() == [("amount", 3)]
    assert "payer" not in PaymentIncident.objects.get().detail


# --- a provider's notices ---
@pytest.fixture
def sub_account(db):
    return merchant_account_make(sp_mchid="1900009999")


def test_a_providers_notice_settles_its_merchants_payment(client, sub_account):
    payment, maker = payment_make(account=sub_account), NoticeMaker(sub_account)
    body = maker.body(maker.trade(payment))
    assert notice_post(client, sub_account, body, maker.headers(body)).status_code == 204
    payment.refresh_from_db()
    assert payment.state == "succeeded"


@pytest.mark.parametrize(
    ("changes", "incident"),
    [
        ({"sp_mchid": "1900008888"}, "merchant"),
        ({"sub_mchid": "1900008888"}, "merchant"),
        ({"sp_appid": "wx9"}, "appid"),
    ],
)
def test_a_providers_notice_about_somebody_else(client, sub_account, changes, incident):
    payment, maker = payment_make(account=sub_account), NoticeMaker(sub_account)
    body = maker.body(maker.trade(payment, **changes))
    refused(client, payment, body, maker.headers(body), status=400, incident=incident)


def test_a_merchants_own_words_are_not_its_providers(client, sub_account):
    payment, maker = payment_make(account=sub_account), NoticeMaker(sub_account)
    trade = maker.trade(payment)
    for name in maker.whose():
        trade.pop(name)
    trade |= {"mchid": sub_account.mchid, "appid": sub_account.appid}
    body = maker.body(trade)
    refused(client, payment, body, maker.headers(body), status=400, incident="merchant")
