"""Opening an attempt: cheap, one live attempt per order, numbers in WeChat's alphabet."""

import re

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from payments.models import LedgerEntry, Payment
from payments.services import NoMerchantAccount
from payments.tests.factories import merchant_account_make, payment_make, payment_paid_make

pytestmark = pytest.mark.django_db


def test_a_store_without_an_account_cannot_take_money(account):
    account.is_active = False
    account.save()
    with pytest.raises(NoMerchantAccount, match="微信支付"):
        payment_make(account=account)
    assert not Payment.objects.exists()


def test_the_number_is_in_the_providers_alphabet_and_never_the_same():
    numbers = {payment_make().out_trade_no for _ in range(20)}
    assert len(numbers) == 20
    assert all(re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", number) for number in numbers)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("枣" * 200, "枣" * 127), (" 红\n枣\x00 ", "红 枣"), ("", "商品"), ("🌰 栗子", "🌰 栗子")],
)
def test_the_description_fits(given, kept):
    assert payment_make(description=given).description == kept


def test_an_order_has_one_live_attempt(account):
    first = payment_make(account=account)
    with pytest.raises(IntegrityError), transaction.atomic():
        payment_make(account=account, order_ref=first.order_ref)
    assert Payment.objects.count() == 1


def test_a_store_has_one_active_account(account):
    with pytest.raises(IntegrityError), transaction.atomic():
        merchant_account_make(store=account.store)


@pytest.mark.parametrize(
    "change", [{"amount_fen": 1}, {"out_trade_no": "other1"}, {"order_ref": "ord_other"}]
)
def test_the_database_refuses_to_change_what_an_attempt_costs(change):
    payment = payment_make()
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(**change)


def test_the_database_refuses_to_change_the_ledger():
    payment_paid_make()
    for change in (
        lambda: LedgerEntry.objects.update(amount_fen=1),
        lambda: LedgerEntry.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert LedgerEntry.objects.get().amount_fen == 1250
