"""A bill that two workers fetch at once is kept once. With its control."""

from datetime import date

import pytest

from core import clock
from payments.models import BillLine, TradeBill
from payments.services import bill_fetch
from payments.services import bills as services
from payments.tests.factories import merchant_account_make
from payments.tests.fake import FakeGateway
from payments.tests.test_bills import MCHID, bill_of, line
from tests.races.threads import kinds, many, unlocked

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2026, 11, 23)


@pytest.fixture
def account(monkeypatch):
    made = merchant_account_make(mchid=MCHID)
    fake = FakeGateway(made)
    fake.bills[DAY] = bill_of(*(line(f"n{n}", 100) for n in range(20)), total_fen=2000)
    monkeypatch.setattr(services, "gateway_for", lambda _account: fake)
    return made


def fetch(account):
    return bill_fetch(account_id=account.pk, day=DAY, now=clock.now()).pk


@pytest.fixture
def missed(account):
    """It did not come the first time."""
    return TradeBill.objects.create(store=account.store, account=account, day=DAY)


@pytest.mark.parametrize("is_missed", [False, True])
def test_eight_workers_keep_one_bill(account, is_missed, request):
    if is_missed:
        request.getfixturevalue("missed")
    told = many(lambda _: fetch(account), 8)
    assert len(set(told)) == TradeBill.objects.count() == 1
    assert BillLine.objects.count() == 20
    assert TradeBill.objects.get().differences.count() == 20


@pytest.mark.usefixtures("missed")
def test_without_the_bills_lock_the_constraint_is_all_that_holds(account, monkeypatch):
    """Control: everybody has seen a bill that is not kept yet, and believes to be the first."""
    read = unlocked(lambda pk: TradeBill.objects.get(pk=pk), 4)
    monkeypatch.setattr(services, "bill_locked", read)
    assert kinds(many(lambda _: fetch(account), 4)) == {"ok": 1, "IntegrityError": 3}
    assert BillLine.objects.count() == 20
