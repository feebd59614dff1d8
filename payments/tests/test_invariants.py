"""Every invariant is broken once and seen to say so."""

from datetime import timedelta

import pytest
from django.db import transaction

from core import clock
from core.invariants import audit
from payments.models import LedgerEntry, Payment, PaymentIncident, Refund
from payments.services import RefundReason, refund_request, refund_settle
from payments.tests.factories import payment_make, payment_paid_make
from tests.database import unguarded

pytestmark = pytest.mark.django_db

LONG_AGO = "2026-01-23T10:00:00+08:00"

OURS = [
    "ledger.adds_up",
    "payments.in_ledger",
    "refunds.in_ledger",
    "payments.refunded",
    "payments.in_time",
    "refunds.in_time",
    "books.agree",
]


@pytest.fixture(autouse=True)
def no_simulator(settings):
    settings.SIMULATOR_URL = ""


def broken(*, later=timedelta(0)):
    return {(v.invariant, v.row) for v in audit(now=clock.now() + later, names=OURS)}


@pytest.fixture
def paid(account):
    return payment_paid_make(account=account)


@pytest.fixture
def refund(paid):
    with transaction.atomic():
        return refund_request(
            payment_id=paid.pk, reason=RefundReason.LATE, now=clock.now(), amount_fen=250
        )


@pytest.fixture
def refunded(refund):
    refund_settle(
        refund_id=refund.pk,
        provider_refund_id="50",
        amount_fen=250,
        succeeded_at=clock.now(),
        now=clock.now(),
    )
    return refund


def test_sound_books_break_nothing(account, refunded):
    payment_make(account=account)
    assert broken() == set()


def test_a_changed_ledger_row_is_named(paid):
    with unguarded():
        LedgerEntry.objects.update(amount_fen=1249)
    name = f"payment {paid.public_id}"
    assert broken() == {("ledger.adds_up", name), ("payments.in_ledger", name)}


def test_a_lost_ledger_row_is_named(paid):
    with unguarded():
        LedgerEntry.objects.all().delete()
    name = f"payment {paid.public_id}"
    assert broken() == {("ledger.adds_up", name), ("payments.in_ledger", name)}


def test_a_success_that_was_undone_is_named(paid):
    Payment.objects.filter(pk=paid.pk).update(state="closed")
    name = f"payment {paid.public_id}"
    assert broken() == {("ledger.adds_up", name), ("payments.in_ledger", name)}


def test_a_ledger_row_of_another_order_is_named(paid):
    with unguarded():
        LedgerEntry.objects.update(order_ref="ord_another")
    assert broken() == {("payments.in_ledger", f"payment {paid.public_id}")}


def test_a_refund_whose_ledger_row_is_lost_is_named(refunded, paid):
    with unguarded():
        LedgerEntry.objects.filter(kind="refund").delete()
    assert broken() == {
        ("ledger.adds_up", f"payment {paid.public_id}"),
        ("refunds.in_ledger", f"refund {refunded.public_id}"),
    }


def test_a_refund_that_left_without_succeeding_is_named(refunded, paid):
    Refund.objects.update(state="submitted", submitted_at=clock.now())
    assert ("refunds.in_ledger", f"refund {refunded.public_id}") in broken()


def test_a_payment_that_counts_its_refunds_wrongly_is_named(refund, paid):
    Payment.objects.filter(pk=paid.pk).update(refunded_fen=249)
    assert broken() == {("payments.refunded", f"payment {paid.public_id}")}


def test_an_attempt_that_lives_too_long_is_named(account):
    payment = payment_make(account=account)
    assert broken(later=timedelta(minutes=44)) == set()
    assert broken(later=timedelta(minutes=46)) == {
        ("payments.in_time", f"payment {payment.public_id}")
    }


def test_a_refund_that_nobody_submits_is_named(refund):
    name = ("refunds.in_time", f"refund {refund.public_id}")
    assert broken(later=timedelta(minutes=11)) == set()
    assert broken(later=timedelta(minutes=13)) == {name}
    Refund.objects.update(state="stuck")
    assert broken(later=timedelta(minutes=13)) == set()


def test_a_refund_that_never_ends_is_named(refund):
    Refund.objects.update(state="submitted", submitted_at=clock.now())
    assert broken(later=timedelta(days=2)) == set()
    assert broken(later=timedelta(days=4)) == {("refunds.in_time", f"refund {refund.public_id}")}


# Beside the simulator both books must agree.


@pytest.fixture
def their_books(monkeypatch, settings, paid, refunded):
    """The simulator's books, as they should be."""
    settings.SIMULATOR_URL = "http://127.0.0.1:1"
    books = {
        "payments": [
            {
                "out_trade_no": paid.out_trade_no,
                "transaction_id": paid.transaction_id,
                "state": "SUCCESS",
                "total_fen": 1250,
                "paid_at": LONG_AGO,
            },
            {
                "out_trade_no": "unpaid",
                "transaction_id": "",
                "state": "NOTPAY",
                "total_fen": 1,
                "paid_at": None,
            },
        ],
        "refunds": [
            {
                "out_refund_no": refunded.out_refund_no,
                "out_trade_no": paid.out_trade_no,
                "state": "SUCCESS",
                "refund_fen": 250,
                "succeeded_at": LONG_AGO,
            },
        ],
    }
    monkeypatch.setattr("payments.simulated.books", lambda mchid: books)
    return books


def differ(*, later=timedelta(minutes=2)):
    """What is wrong two minutes from now, when nothing is new any more."""
    return broken(later=later)


def test_equal_books_agree(their_books):
    assert broken() == differ() == set()


def test_money_that_only_they_have_is_named(their_books, account):
    extra = {**their_books["payments"][0], "out_trade_no": "more", "transaction_id": "429"}
    their_books["payments"].append(extra)
    assert broken() == {("books.agree", "payment more")}
    PaymentIncident.objects.create(
        store=account.store,
        account=account,
        kind="unknown",
        reference="429",
        amount_fen=1250,
        detail={},
        seen_at=clock.now(),
    )
    assert broken() == set()


def test_money_that_came_a_second_ago_may_still_be_on_its_way_here(their_books):
    a_second_ago = (clock.now() - timedelta(seconds=1)).isoformat()
    extra = {**their_books["payments"][0], "out_trade_no": "more", "paid_at": a_second_ago}
    their_books["payments"].append(extra)
    assert broken() == set()
    assert differ() == {("books.agree", "payment more")}


def test_money_that_we_ask_for_is_named_once_asking_should_have_found_it(their_books, account):
    live = payment_make(account=account)
    paid_at = clock.now().isoformat()
    extra = {"out_trade_no": live.out_trade_no, "transaction_id": "429", "paid_at": paid_at}
    their_books["payments"].append({**extra, "state": "SUCCESS", "total_fen": 1250})
    assert differ() == set()
    assert differ(later=timedelta(minutes=6)) == {("books.agree", f"payment {live.out_trade_no}")}


def test_money_that_only_we_have_is_named_when_it_is_a_minute_old(their_books, paid):
    their_books["payments"].clear()
    assert broken() == set()
    assert differ() == {("books.agree", f"payment {paid.out_trade_no}")}


def test_a_fen_of_difference_is_named_at_once(their_books, paid):
    their_books["payments"][0]["total_fen"] = 1251
    assert broken() == {("books.agree", f"payment {paid.out_trade_no}")}


def test_a_refund_that_only_they_have_is_named(their_books, refunded):
    extra = {"out_refund_no": "more", "state": "SUCCESS", "refund_fen": 1}
    their_books["refunds"].append({**extra, "succeeded_at": LONG_AGO})
    assert broken() == {("books.agree", "refund more")}


def test_a_refund_that_we_wait_for_is_named_once_asking_should_have_found_it(their_books, paid):
    with transaction.atomic():
        lost = refund_request(
            payment_id=paid.pk, reason=RefundReason.LATE, part="2", now=clock.now(), amount_fen=100
        )
    back = {"out_refund_no": lost.out_refund_no, "state": "SUCCESS", "refund_fen": 100}
    their_books["refunds"].append({**back, "succeeded_at": clock.now().isoformat()})
    assert differ() == set()
    named = ("books.agree", f"refund {lost.out_refund_no}")
    assert named in differ(later=timedelta(minutes=32))
    their_books["refunds"][-1]["refund_fen"] = 101
    assert differ() == {named}


def test_a_refund_that_they_have_not_finished_is_named_when_it_is_a_minute_old(
    their_books, refunded
):
    their_books["refunds"][0]["state"] = "PROCESSING"
    assert broken() == set()
    assert differ() == {("books.agree", f"refund {refunded.out_refund_no}")}


def test_books_that_could_not_be_compared_are_not_called_equal(settings, paid):
    settings.SIMULATOR_URL = "http://127.0.0.1:1"
    assert broken() == {("books.agree", "simulator")}


def test_where_there_is_no_simulator_there_are_no_books_of_its_to_compare(paid):
    assert differ() == set()
