"""Every page of the office, walked by a clerk and an owner of the other store with foreign ids."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user
from django.db.models import BooleanField, CharField, TextField
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from stores.models import StoreStaff
from tests import cast
from tests.office import staff_client, url
from tests.office_store import rows_of, values_of

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)


@pytest.mark.parametrize("role", [StoreStaff.Role.OWNER, StoreStaff.Role.CLERK])
def test_nothing_of_the_other_store_shows_anywhere(stores, role):
    own, other = stores
    client = staff_client(own, role)
    walked = 0
    for model, page in PAGES:
        foreign = rows_of(model, other)
        own_rows = rows_of(model, own)
        scoped = "store" in {f.name for f in model._meta.concrete_fields}
        listing = client.get(url(model, "changelist"))
        assert listing.status_code in {200, 302, 403}, model
        if listing.status_code == 200:
            shown = {row.pk for row in listing.context["cl"].queryset}
            assert not shown & {row.pk for row in foreign} - {r.pk for r in own_rows}, model
            assert scoped or model._meta.label == "stores.Store", f"{model} shows rows of nobody"
        for row in foreign[:2]:
            if row in own_rows:
                continue
            walked += 1
            for name in ("change", "delete", "history"):
                answer = client.get(url(model, name, row.pk))
                assert answer.status_code in {302, 403, 404}, f"{name} of {model}"
            before = values_of(model)
            for name, sent in (
                ("change", {"_save": "1"}),
                ("change", typed_over(row) | {"_save": "1"}),
                ("delete", {"post": "yes"}),
            ):
                answer = client.post(url(model, name, row.pk), sent)
                assert answer.status_code in {302, 403, 404}, f"{name} of {model}"
                assert values_of(model) == before, f"{name} of {model}"
    assert walked > 20


def typed_over(row: Any) -> dict[str, str]:
    """What the row's own clerk could send: every field, and every text written over."""
    sent = {}
    for field in row._meta.concrete_fields:
        value = field.value_from_object(row)
        if isinstance(field, BooleanField):
            sent |= {} if value else {field.name: "on"}
        elif isinstance(field, CharField | TextField) and not field.choices:
            sent[field.name] = "x"
        elif value is not None:
            sent[field.name] = str(value)
    return sent


@pytest.mark.parametrize("role", [StoreStaff.Role.OWNER, StoreStaff.Role.CLERK])
def test_no_action_reaches_the_other_stores_rows(stores, role):
    own, other = stores
    client = staff_client(own, role)
    for model, page in PAGES:
        foreign = [row for row in rows_of(model, other) if row not in rows_of(model, own)]
        if "store" not in {f.name for f in model._meta.concrete_fields} or not foreign:
            continue
        before = values_of(model)
        for action in [*(page.actions or []), "delete_selected"]:
            client.post(
                url(model, "changelist"),
                {
                    "action": action if isinstance(action, str) else action.__name__,
                    "_selected_action": [row.pk for row in foreign],
                    "post": "yes",
                },
            )
        assert values_of(model) == before, model


def test_autocomplete_finds_the_own_rows_only(stores):
    own, other = stores
    client = staff_client(own)
    asked = 0
    for model, page in PAGES:
        for inline_or_page in [page, *page.get_inline_instances(_request(client))]:
            for name in inline_or_page.autocomplete_fields:
                field = inline_or_page.model._meta.get_field(name)
                answer = client.get(
                    reverse("admin:autocomplete"),
                    {
                        "app_label": field.model._meta.app_label,
                        "model_name": field.model._meta.model_name,
                        "field_name": name,
                        "term": "",
                    },
                )
                if answer.status_code == 403:
                    continue
                asked += 1
                found = {int(one["id"]) for one in answer.json()["results"]}
                foreign = {row.pk for row in rows_of(field.related_model, other)}
                assert not found & foreign, f"{model}.{name}"
    assert asked >= 2


def _request(client: Client) -> Any:
    request = RequestFactory().get("/office/")
    request.session = client.session
    request.user = get_user(request)
    return request


def test_own_pages_open(stores):
    own, _ = stores
    client = staff_client(own)
    assert client.get("/office/").status_code == 200
    opened = 0
    for model, _page in PAGES:
        for row in rows_of(model, own)[:1]:
            answer = client.get(url(model, "change", row.pk))
            opened += answer.status_code == 200
            assert answer.status_code in {200, 302, 403}, model
        try:
            assert client.get(url(model, "add")).status_code in {200, 403}, model
        except NoReverseMatch:
            continue
    assert opened > 10


def test_a_shopper_and_a_stranger_stay_outside(stores):
    client = Client()
    client.force_login(cast.person().user)
    for one in (client, Client()):
        for model, _page in PAGES:
            assert one.get(url(model, "changelist")).status_code == 302
