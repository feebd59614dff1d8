"""`manage.py audit`: the kernel's own corruptions are named, and the command says what it found."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection
from django.test.utils import CaptureQueriesContext

from campaigns.groupbuy.models import Group
from core import clock, invariants
from core.invariants import Invariant, audit
from core.models import Delivery
from core.tests.test_deadlines import groups


def found(name):
    return [(one.row, one.detail) for one in audit(now=clock.now(), names=[name])]


def delivery_make(*, age, **changes):
    return Delivery.objects.create(
        fact_id=Delivery.objects.count() + 1,
        fact_at=clock.now() - age,
        name="order.paid",
        subscriber="orders.nobody",
        due_at=clock.now(),
        **changes,
    )


@pytest.mark.django_db
def test_a_fact_that_nobody_heard_for_a_minute_is_named():
    delivery_make(age=timedelta(seconds=50))
    delivery_make(age=timedelta(hours=1), delivered_at=clock.now())
    assert found("facts.delivered") == []
    late = delivery_make(age=timedelta(seconds=61))
    parked = delivery_make(age=timedelta(hours=1), parked_at=clock.now())
    (first, first_says), (second, second_says) = found("facts.delivered")
    assert (first, second) == (f"delivery {late.pk}", f"delivery {parked.pk}")
    assert "order.paid → orders.nobody undelivered since" in first_says
    assert "order.paid → orders.nobody parked since" in second_says


@pytest.mark.django_db
def test_what_nobody_heard_is_found_by_its_indexes():
    """Deliveries are the longest table there is, and nearly all of them are over."""
    with CaptureQueriesContext(connection) as asked:
        found("facts.delivered")
    plans = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert len(plans) == 2
    assert "core_delivery_due" in plans[0]
    assert "core_delivery_parked" in plans[1]
    assert not any("Seq Scan" in plan or "core_delivery_pkey" in plan for plan in plans)


@pytest.mark.django_db
def test_a_deadline_that_nobody_kept_is_named():
    rows = groups(3, clock.now() - timedelta(seconds=100))
    assert found("deadlines.kept") == []
    late, parked = rows[:2]
    Group.objects.filter(pk=late.pk).update(due_at=clock.now() - timedelta(seconds=121))
    Group.objects.filter(pk=parked.pk).update(
        due_at=None, due_parked_at=clock.now(), due_error="KeyError: gone"
    )
    (first, first_says), (second, second_says) = found("deadlines.kept")
    assert (first, second) == (f"groupbuy.group {parked.pk}", f"groupbuy.group {late.pk}")
    assert "KeyError: gone" in first_says
    assert second_says.startswith("due since")


def test_a_name_that_is_no_invariants_is_an_error_and_not_a_clean_bill():
    with pytest.raises(KeyError):
        audit(now=clock.now(), names=["facts.deliverd"])


# The command. It opens a transaction of its own kind, so the test may not be in one.


@pytest.fixture
def known(monkeypatch):
    """Two invariants, one of them broken at two rows."""
    rows = [("order ord_1", "no money"), ("order ord_2", "no goods")]
    registered = {
        "a.kept": Invariant("a.kept", "it is kept", lambda now: []),
        "b.broken": Invariant("b.broken", "it is not", lambda now: rows),
    }
    monkeypatch.setattr(invariants, "_invariants", registered)
    return registered


def command(*arguments):
    """What it wrote, and its exit code."""
    out, code = StringIO(), 0
    try:
        call_command("audit", *arguments, stdout=out)
    except SystemExit as ended:
        code = ended.code
    return out.getvalue().splitlines(), code


@pytest.mark.django_db(transaction=True)
def test_it_names_each_broken_row_and_exits_with_1(known):
    lines, code = command()
    assert code == 1
    assert lines[:2] == [
        "BROKEN b.broken: order ord_1: no money",
        "BROKEN b.broken: order ord_2: no goods",
    ]
    assert lines[2].startswith("audit: 2 invariants, 2 broken, ")


@pytest.mark.django_db(transaction=True)
def test_only_what_is_named_is_asked(known):
    (line,), code = command("a.kept")
    assert (line.startswith("audit: 1 invariants, 0 broken, "), code) == (True, 0)


@pytest.mark.django_db(transaction=True)
def test_a_mistyped_name_is_refused(known):
    with pytest.raises(CommandError, match=r"no such invariant: a\.kpet"):
        command("a.kpet", "a.kept")


def test_the_list_says_what_is_checked_and_why(known):
    assert command("--list") == (["a.kept: it is kept", "b.broken: it is not"], 0)


@pytest.mark.django_db(transaction=True)
def test_a_check_that_writes_is_stopped(known):
    def writes(now):
        delivery_make(age=timedelta())
        return []

    known["a.kept"] = Invariant("a.kept", "it is kept", writes)
    with pytest.raises(InternalError, match="read-only transaction"):
        command()
    assert not Delivery.objects.exists()
