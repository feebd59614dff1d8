"""The staff lists in the office: what is explained once, by whom, and what is said to who comes second."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.urls import reverse

from core import clock
from core.models import Fact
from payments.models import BillDifference, LedgerEntry, PaymentIncident, Refund, TradeBill
from payments.queries import stuck_refund_count
from payments.services import RefundReason, incident_explain, refund_request, refund_retry
from payments.tests.factories import merchant_account_make, payment_paid_make
from payments.tests.test_bills import DAY
from stores.models import StoreStaff
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db):
    return merchant_account_make()


def incident(account):
    return PaymentIncident.objects.create(
        store=account.store,
        account=account,
        kind="amount",
        reference="4200001",
        amount_fen=1,
        detail={},
        seen_at=clock.now(),
    )


def missing_bill(account):
    return TradeBill.objects.create(
        store=account.store, account=account, day=DAY, tried_at=clock.now(), error="没有响应"
    )


def difference(account):
    now = clock.now()
    bill = TradeBill.objects.create(
        store=account.store, account=account, day=DAY, fetched_at=now, matched_at=now
    )
    return BillDifference.objects.create(
        store=account.store,
        bill=bill,
        side="payment",
        kind="not_here",
        reference="n1",
        theirs_fen=99,
        found_at=now,
    )


def stuck_refund(account):
    payment = payment_paid_make(account=account)
    with transaction.atomic():
        refund = refund_request(
            payment_id=payment.pk, reason=RefundReason.CANCELLED, now=clock.now()
        )
    Refund.objects.update(state="stuck", error="买家的微信账户异常")
    refund.refresh_from_db()
    return refund


@pytest.fixture(params=[incident, difference, missing_bill, stuck_refund])
def row(request, account):
    return request.param(account)


@pytest.fixture
def office(client, row):
    """Sign in as the row's merchant; then open its page, or say there what it was."""
    who = staff_make(row.store).user
    client.force_login(who)
    name = f"admin:payments_{row._meta.model_name}_change"

    def visit(*said):
        url = reverse(name, args=[row.pk])
        answer = (
            client.post(url, {"explanation": said[0]}, follow=True) if said else client.get(url)
        )
        assert answer.status_code == 200
        row.refresh_from_db()
        return answer.content.decode()

    visit.who = who
    return visit


def test_it_is_explained_by_whoever_says_so(office, row):
    assert 'name="explanation"' in office()
    assert "成功" in office("  银行晚了一天 ")
    assert (row.explanation, row.explained_by_id) == ("银行晚了一天", office.who.pk)
    assert row.explained_at is not None
    assert LogEntry.objects.get().user_id == office.who.pk


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t　"])
def test_an_explanation_says_something(office, row, nothing):
    assert "这个字段是必填项" in office(nothing)
    assert (row.explained_at, row.explanation) == (None, "")


def test_what_is_explained_can_only_be_read(office, row):
    office("银行晚了一天")
    again = office()
    assert "银行晚了一天" in again
    assert 'name="explanation"' not in again


def test_who_comes_second_is_told_so(office, row):
    office("银行晚了一天")
    second = office("我来说")
    assert "没有保存" in second
    assert "银行晚了一天" in second
    assert row.explanation == "银行晚了一天"
    assert LogEntry.objects.count() == 1


def test_who_is_overtaken_while_saving_is_told_so(account, client, monkeypatch):
    row = incident(account)
    first, second = (staff_make(account.store, role=role).user for role in ("owner", "clerk"))
    client.force_login(first)

    def overtaken(**told):
        by = {**told, "explanation": "先说的", "by_id": second.pk}
        assert incident_explain(**by) is True
        return incident_explain(**told)

    monkeypatch.setattr("payments.admin.incident_explain", overtaken)
    url = reverse("admin:payments_paymentincident_change", args=[row.pk])
    answer = client.post(url, {"explanation": "后说的"}, follow=True).content.decode()
    assert "没有保存" in answer
    row.refresh_from_db()
    assert (row.explanation, row.explained_by_id) == ("先说的", second.pk)


def test_a_clerk_only_reads(client, row):
    client.force_login(staff_make(row.store, role=StoreStaff.Role.CLERK).user)
    url = reverse(f"admin:payments_{row._meta.model_name}_change", args=[row.pk])
    assert 'name="explanation"' not in client.get(url).content.decode()
    assert client.post(url, {"explanation": "我"}).status_code == 403


def test_a_bill_that_came_has_nothing_to_explain(client, account):
    bill = difference(account).bill
    client.force_login(staff_make(account.store).user)
    url = reverse("admin:payments_tradebill_change", args=[bill.pk])
    assert 'name="explanation"' not in client.get(url).content.decode()
    assert client.post(url, {"explanation": "多余"}).status_code == 302
    bill.refresh_from_db()
    assert bill.explained_at is None


def test_a_refund_that_was_paid_by_another_way_leaves_the_list(account, fake, client):
    refund = stuck_refund(account)
    client.force_login(staff_make(account.store).user)
    url = reverse("admin:payments_refund_change", args=[refund.pk])
    rows = LedgerEntry.objects.count()
    assert stuck_refund_count() == 1
    client.post(url, {"explanation": "已用支付宝转给买家"})
    assert stuck_refund_count() == 0
    refund.refresh_from_db()
    assert (refund.state, LedgerEntry.objects.count()) == ("stuck", rows)
    assert Fact.objects.filter(name="refund.explained").count() == 1
    # Nobody pays it a second time by a slip.
    refund_retry(refund_id=refund.pk, by_id=1, now=clock.now())
    refund.refresh_from_db()
    assert (refund.state, fake.refunds) == ("stuck", {})


@pytest.mark.parametrize("state", ["requested", "submitted", "succeeded"])
def test_a_refund_that_moves_by_itself_has_nothing_to_explain(account, client, state):
    refund = stuck_refund(account)
    Refund.objects.update(state=state)
    client.force_login(staff_make(account.store).user)
    url = reverse("admin:payments_refund_change", args=[refund.pk])
    assert 'name="explanation"' not in client.get(url).content.decode()
    client.post(url, {"explanation": "我来说"})
    refund.refresh_from_db()
    assert refund.explained_at is None
