"""One visitor with many pages of a store at once, with a control."""

import pytest
from django.db import connection, transaction

from core import clock
from core.prepared import Prepared
from sharing import arrivals
from sharing.arrivals import arrival_record_alone
from sharing.models import Arrival
from sharing.sources import sources
from tests import cast
from tests.races.threads import kinds, many, together

pytestmark = pytest.mark.django_db(transaction=True)

INDEXES = ("sharing_arrival_once_per_person", "sharing_arrival_once_per_guest")


@pytest.fixture
def store():
    return cast.store_open()


@pytest.fixture(params=["person", "guest"])
def reader(request):
    if request.param == "guest":
        return {"visitor_id": None, "guest": "g" * 26}
    return {"visitor_id": cast.person().id, "guest": ""}


def opens(store, reader):
    return arrival_record_alone(store_id=store.pk, **reader, now=clock.now())


def people(store):
    (row,) = sources(store.pk, since=store.opened_at, now=clock.now())
    return row.people


def test_eight_pages_of_one_visitor_are_one_coming(store, reader):
    assert kinds(many(lambda _: opens(store, reader), 8)) == {"ok": 8}
    assert people(store) == 1
    row = Arrival.objects.get()
    assert row.first_at <= row.last_at


@pytest.fixture
def guard_away(monkeypatch):
    """The indexes that let a visitor come once are taken off, and put back; nobody asks them."""
    careless = [
        Prepared(f"{one.name}_careless", one.text.partition("ON CONFLICT")[0])
        for one in arrivals._ALONE
    ]
    monkeypatch.setattr(arrivals, "_ALONE", careless)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [[*INDEXES]])
        definitions = [definition for (definition,) in cursor.fetchall()]
        for index in INDEXES:
            cursor.execute(f"DROP INDEX {index}")
    yield
    Arrival.objects.all().delete()
    with connection.cursor() as cursor:
        for definition in definitions:
            cursor.execute(definition)


def test_without_the_index_each_page_is_somebody(store, reader, guard_away):
    """Control: nobody sees what the others wrote before it is kept."""
    met = together(lambda: None, 4)

    def opens_at_once(_number):
        with transaction.atomic():
            told = opens(store, reader)
            met()
        return told

    assert many(opens_at_once, 4) == [True] * 4
    assert people(store) == 4
