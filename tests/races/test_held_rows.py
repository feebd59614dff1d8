"""A row that somebody holds and does not let go: whoever wants it gives up, and nobody else waits."""

from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from campaigns.groupbuy.models import Group
from campaigns.groupbuy.services import campaign_cancel
from catalog.models import Sku
from core import clock, deadlines
from core.deadlines import DeadlineKind, deadlines_run
from core.deliveries import delivery_attempt
from core.management.commands import migrate
from core.models import Delivery, Fact
from core.partitions import partitions_ensure
from core.tests.test_deadlines import groups
from orders.models import Order
from orders.tests.factories import known, order_make
from orders.tests.test_pages import form
from tests import cast
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PAST = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def impatient(transactional_db):
    """This connection waits for a lock as long as a shop's, a hundred times faster."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


@contextmanager
def others(statement, *values):
    """Another connection has done this in a transaction that it does not end."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute(statement, values)
        yield other
    finally:
        other.rollback()
        other.close()


def held(row):
    table = connection.ops.quote_name(row._meta.db_table)
    return others(f"SELECT 1 FROM {table} WHERE id = %s FOR NO KEY UPDATE", row.pk)


def unpaid(sku):
    """An order whose time to pay is over."""
    order = order_make(sku)
    past = clock.now() - PAST
    Order.objects.filter(pk=order.pk).update(pay_before=past, due_at=past)
    return order


# Deadlines.


def test_an_order_whose_sku_is_held_fails_alone_and_closes_later():
    scarce, other = cast.sku_on_sale(), cast.sku_on_sale()
    stuck, free = unpaid(scarce), unpaid(other)
    with held(scarce):
        deadlines_run(now=clock.now())
    stuck.refresh_from_db()
    free.refresh_from_db()
    assert (stuck.state, free.state) == ("awaiting_payment", "closed")
    assert "lock timeout" in stuck.due_error
    assert (stuck.due_attempts, stuck.due_parked_at) == (1, None)
    Order.objects.filter(pk=stuck.pk).update(due_at=clock.now() - PAST)
    deadlines_run(now=clock.now())
    stuck.refresh_from_db()
    assert (stuck.state, stuck.due_error) == ("closed", "")
    assert set(Sku.objects.values_list("reserved", flat=True)) == {0}


def test_a_group_whose_campaign_is_held_fails_alone():
    (campaign, sku), (elsewhere, thing) = cast.campaign_make(), cast.campaign_make()
    (stuck, _), (free, _) = cast.group_open(campaign, sku), cast.group_open(elsewhere, thing)
    cast.overdue(stuck)
    cast.overdue(free)
    with held(campaign):
        deadlines_run(now=clock.now())
    stuck.refresh_from_db()
    free.refresh_from_db()
    assert (stuck.state, free.state) == ("open", "failed")
    assert "lock timeout" in stuck.due_error


@pytest.fixture
def called_off():
    """A campaign whose merchant wants to cancel it, and two groups that their leaders have paid for."""
    campaign, sku = cast.campaign_make()
    return campaign, *[cast.group_open(campaign, sku)[0] for _ in range(2)]


def call_off(campaign):
    """How many of its groups are given up at once; then the deadline has its turn, too."""
    given_up = campaign_cancel(campaign_id=campaign.pk, reason="断货", by_id=None, now=clock.now())
    deadlines_run(now=clock.now())
    return given_up


def states(*groups):
    return [Group.objects.get(pk=group.pk).state for group in groups]


def test_a_campaign_is_called_off_although_one_of_its_groups_is_held(called_off):
    campaign, stuck, free = called_off
    with held(stuck):
        assert call_off(campaign) == 1
    assert states(stuck, free) == ["open", "failed"]
    campaign.refresh_from_db()
    assert (campaign.state, campaign.due_attempts, campaign.due_error) == ("ended", 0, "")
    assert campaign.due_at > clock.now()
    deadlines_run(now=campaign.due_at)
    assert states(stuck) == ["failed"]
    campaign.refresh_from_db()
    assert campaign.due_at is None


def test_without_passing_it_by_the_held_group_keeps_the_others_waiting(called_off, monkeypatch):
    """Control: the groups are taken as they come."""
    campaign, stuck, free = called_off
    path = "campaigns.groupbuy.services.campaigns.groups_free"
    monkeypatch.setattr(path, lambda groups, *, limit: [stuck.pk, free.pk])
    with held(stuck):
        assert call_off(campaign) == 0
    assert states(stuck, free) == ["open", "open"]


@pytest.fixture
def kind(impatient, monkeypatch):
    """Rows that are due, of which the first is held from the moment that its turn comes."""
    rows = groups(3, clock.now() - PAST)
    first = rows[0].pk
    holding = []

    def register(work):
        def handler(pk, *, now):
            if pk == first:
                holding.append(held(Group.objects.get(pk=pk)))
                holding[0].__enter__()
            work(pk)

        one = DeadlineKind("test", Group, handler)
        monkeypatch.setattr(deadlines, "_kinds", {"test": one})
        return rows

    yield register
    for one in holding:
        one.__exit__(None, None, None)


def locked(pk):
    with transaction.atomic():
        Group.objects.select_for_update(no_key=True).get(pk=pk)


def test_a_row_that_is_held_itself_stops_nobody_although_its_failure_cannot_be_written(kind):
    first, *rest = kind(locked)
    assert deadlines_run(now=clock.now()) == {"test": 3}
    first.refresh_from_db()
    assert (first.due_attempts, first.due_error) == (1, "")
    assert first.due_at > clock.now()
    left = Group.objects.filter(pk__in=[row.pk for row in rest], due_at__isnull=False)
    assert not left.exists()


def test_a_row_that_is_held_when_it_is_to_be_marked_leaves_the_others_marked(kind):
    first, *rest = kind(lambda pk: None)
    assert deadlines_run(now=clock.now()) == {"test": 3}
    first.refresh_from_db()
    assert first.due_at > clock.now()
    left = Group.objects.filter(pk__in=[row.pk for row in rest], due_at__isnull=False)
    assert not left.exists()


# Facts.


def test_a_delivery_that_needs_a_held_row_has_had_an_attempt():
    campaign, sku = cast.campaign_make()
    group, _ = cast.group_open(campaign, sku)
    cast.overdue(group)
    deadlines_run(now=clock.now())
    delivery = Delivery.objects.get(subscriber="groupbuy.member_refunding")
    with held(sku):
        assert delivery_attempt(delivery.pk, now=clock.now()) is False
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.delivered_at, delivery.parked_at) == (1, None, None)
    assert "lock timeout" in delivery.error
    assert delivery_attempt(delivery.pk, now=clock.now()) is True


# Pages.


def test_a_buyer_is_told_to_come_again_and_the_same_form_then_buys(client):
    sku, who = cast.sku_on_sale(), known()
    client.force_login(who.user)
    sent = form(sku, who)
    with held(sku):
        answer = client.post("/checkout/", sent)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "请稍后再试" in answer.content.decode()
    assert "付过的款不会丢" in answer.content.decode()
    assert Order.objects.count() == 0
    assert client.post("/checkout/", sent).status_code == 302
    assert Order.objects.count() == 1


# Tables.


def test_a_partition_that_cannot_be_made_holds_up_no_fact_for_long(caplog):
    """Whoever comes after somebody who wants the whole table waits behind them."""
    sku = cast.sku_on_sale()

    def ensure():
        begun = monotonic()
        return partitions_ensure(now=clock.now().replace(year=2090, day=1)), monotonic() - begun

    def record():
        while not waits_for_facts():
            sleep(0.02)
        begun = monotonic()
        order_make(sku)
        return monotonic() - begun

    with others("LOCK TABLE core_fact IN ACCESS SHARE MODE"):
        (made, ensuring_s), recording_s = at_once(ensure, record)
        assert Fact.objects.filter(name="order.placed").exists()
    assert made == []
    assert max(ensuring_s, recording_s) < 5
    assert "left to the next call" in caplog.text


def waits_for_facts():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE relation = 'core_fact'::regclass AND NOT granted"
        )
        return cursor.fetchone() is not None


def test_a_migration_lets_the_shop_through_and_tries_again(monkeypatch):
    tried = []

    def alters(command, *args, **options):
        tried.append(1)
        if len(tried) == 1:
            with (
                others("LOCK TABLE core_formkey IN ACCESS SHARE MODE"),
                connection.cursor() as cursor,
            ):
                cursor.execute("LOCK TABLE core_formkey")

    def in_a_transaction(command, *args, **options):
        with transaction.atomic():
            alters(command, *args, **options)

    monkeypatch.setattr(migrate.DjangoCommand, "handle", in_a_transaction)
    monkeypatch.setattr(migrate, "PAUSE_S", 0)
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "100ms")
    call_command("migrate", verbosity=0)
    assert len(tried) == 2
