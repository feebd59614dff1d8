"""Every list of the office: a number is found by its index, and no filter reads a whole table."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.auth import get_user
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import user_make
from core.models import Delivery, Fact
from core.numbers import Number
from tests.database import plans
from tests.office import url

PAGES = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
NUMBERS = [(model, page, number) for model, page in PAGES for number in page.search_numbers]
# Rows that people make one by one, or that are written for every line of an order and looked at
# within one store: an index would cost more than it saves.
UNINDEXED = {
    ("catalog.StockMovement", "reference"),
    ("guard.Acknowledgement", "reference"),
    ("payments.BillDifference", "order_ref"),
    ("payments.BillDifference", "reference"),
    ("risk.RiskReport", "reference"),
}

# For columns of which the stores have no row.
MADE_UP = ("7", "x7", "ord_7", "brg_7")


@pytest.fixture
def boss() -> Client:
    """The platform's staff, to whom every store's rows are shown."""
    client = Client()
    client.force_login(user_make(email="boss@example.com", is_staff=True, is_superuser=True))
    return client


def value_of(row: Any, column: str) -> Any:
    for name in column.split("__"):
        row = getattr(row, name, None)
    return row


def sample(model: Any, number: Number) -> tuple[Any, str]:
    """A row that has such a number, and the number; None and "" without one."""
    for row in model._base_manager.order_by("-pk"):
        value = str(value_of(row, number.column) or "")
        if number.rows(value) is not None:
            return row, value
    return None, ""


def request_of(client: Client) -> Any:
    request = RequestFactory().get("/office/")
    request.session = client.session
    request.user = get_user(request)
    return request


@pytest.mark.parametrize(("model", "page"), PAGES, ids=lambda one: getattr(one, "__name__", ""))
def test_no_page_asks_for_a_number_as_no_index_has_it(model, page):
    asked = list(page.search_fields or ())
    assert [one for one in asked if one.startswith("=") or one.endswith("exact")] == []


@pytest.mark.django_db(transaction=True)
def test_a_number_is_found_however_it_was_copied(stores, boss):
    found = 0
    for model, _page, number in NUMBERS:
        row, value = sample(model, number)
        if row is None:
            continue
        found += 1
        listing = boss.get(url(model, "changelist"), {"q": f" {value.upper()} "}).context["cl"]
        shown = list(listing.queryset)
        assert row.pk in {one.pk for one in shown}, (model, number.column)
        columns = [one.column for _, page, one in NUMBERS if page.model is model]
        for one in shown:
            assert value in {str(value_of(one, column)) for column in columns}, model
    assert found > 20


def indexes_of(model: Any) -> list[list[str]]:
    """The columns of each of the table's indexes, in their order."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    return [one["columns"] for one in found.values() if one["index"] or one["unique"]]


def columns_of(model: Any, *names: str) -> tuple[Any, list[str]]:
    """The model that holds the last of these names of a lookup, and the columns of all of them."""
    fields = [get_fields_from_path(model, name)[-1] for name in names]
    return fields[0].model, [field.column for field in fields]


@pytest.mark.django_db
def test_every_number_has_an_index_that_begins_with_what_is_known():
    without = []
    for model, _page, number in NUMBERS:
        known = [name.removesuffix("__in") for name in number.beside]
        holder, (column, *beside) = columns_of(model, number.column, *known)
        fits = any(
            column in columns and set(columns[: columns.index(column)]) <= set(beside)
            for columns in indexes_of(holder)
        )
        if not fits and (model._meta.label, number.column) not in UNINDEXED:
            without.append((model._meta.label, number.column))
    assert without == []


@pytest.mark.django_db(transaction=True)
def test_a_number_is_asked_for_as_its_index_has_it(stores, boss):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or the planner guesses, by whether somebody did so before
    request = request_of(boss)
    for model, page, number in NUMBERS:
        if (model._meta.label, number.column) in UNINDEXED:
            continue
        made_up = next((one for one in MADE_UP if number.rows(one) is not None), "")
        value = sample(model, number)[1] or made_up
        assert value, f"{model._meta.label} {number.column}"
        rows = page.get_search_results(request, page.get_queryset(request), value)[0].order_by()
        plan = plans(lambda rows=rows: list(rows))[0]
        # Which of several indexes, is for the planner and the size of the table.
        assert "Index Cond: " in plan, f"{model._meta.label} {number.column}\n{plan}"
        assert "upper(" not in plan, f"{model._meta.label} {number.column}\n{plan}"


@pytest.mark.django_db(transaction=True)
def test_what_is_no_number_is_looked_for_in_words_or_not_at_all(stores, boss):
    for model, page in PAGES:
        if not page.search_numbers:
            continue
        listing = boss.get(url(model, "changelist"), {"q": "没有这样的 东西"})
        assert listing.status_code == 200
        assert not listing.context["cl"].queryset.exists(), model


@pytest.mark.django_db(transaction=True)
def test_no_filter_reads_its_choices_from_the_whole_table(stores, boss):
    """By day is another thing: bills and campaigns have a row of each day and store."""
    filters = 0
    for model, _page in PAGES:
        with CaptureQueriesContext(connection) as seen:
            answer = boss.get(url(model, "changelist"))
        if answer.status_code == 200:
            filters += answer.context["cl"].has_filters
        distinct = [
            one["sql"]
            for one in seen.captured_queries
            if "SELECT DISTINCT" in one["sql"] and "DATE_TRUNC" not in one["sql"].upper()
        ]
        assert distinct == [], model
    assert filters > 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("model", "column", "value"),
    [(Fact, "name", "order.placed"), (Delivery, "subscriber", "sharing.order_placed")],
)
def test_a_filter_by_what_the_code_knows_shows_those_rows(stores, boss, model, column, value):
    listing = boss.get(url(model, "changelist"), {column: value})
    shown = {getattr(row, column) for row in listing.context["cl"].queryset}
    assert shown == {value}
    assert f">{value}<" in re.sub(r"\s+", "", listing.content.decode())
