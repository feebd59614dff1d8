"""Words that are edited while they are shown: asked about when saved, answered for by name."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.tests.factories import user_make
from community.tests.factories import entry_make
from core import clock
from guard.models import Acknowledgement
from sharers.models import SharerPlan
from sharers.tests.factories import plan_make, sharer_make
from stores.models import Store
from stores.tests.factories import staff_make
from tests import cast
from tests.office import fill

pytestmark = pytest.mark.django_db

BAD = "转发朋友圈领红包"


@pytest.fixture
def entry(client):
    entry = entry_make()
    client.force_login(staff_make(entry.store).user)
    return entry


def save(client, entry, welcome, **sent):
    url = reverse("admin:community_groupentry_change", args=[entry.pk])
    answer = client.post(url, {"name": entry.name, "welcome": welcome, "is_open": "on", **sent})
    entry.refresh_from_db()
    return answer


def shown(answer):
    form = answer.context["adminform"].form
    return form, {"guard_tick": "on", "guard_mark": form["guard_mark"].value()}


def answered():
    """For what the one answer is, and whose: it was given just now."""
    row = Acknowledgement.objects.get()
    assert abs(clock.now() - row.given_at) < timedelta(minutes=1)
    return row.kind, row.reference, row.store_id, row.by_id


def test_plain_words_are_saved_without_a_question(client, entry):
    assert save(client, entry, "聊聊枣树").status_code == 302
    assert entry.welcome == "聊聊枣树"
    assert not Acknowledgement.objects.exists()


def test_bad_words_are_saved_after_somebody_answered_and_not_asked_again(client, entry):
    before = entry.welcome
    answer = save(client, entry, BAD)
    assert answer.status_code == 200
    assert "转发朋友圈" in answer.content.decode() and "我已知晓" in answer.content.decode()
    assert entry.welcome == before
    _form, tick = shown(answer)
    assert save(client, entry, BAD, **tick).status_code == 302
    assert entry.welcome == BAD
    row = Acknowledgement.objects.get()
    assert (row.kind, row.reference, row.store_id) == ("entry", entry.public_id, entry.store_id)
    assert row.by_id is not None
    assert save(client, entry, BAD).status_code == 302


def test_a_tick_is_for_the_words_it_was_shown_with(client, entry):
    _form, tick = shown(save(client, entry, BAD))
    answer = save(client, entry, "全网第一的群", **tick)
    assert answer.status_code == 200
    form, _tick = shown(answer)
    assert form["guard_tick"].value() in {None, False}
    assert entry.welcome != "全网第一的群"


def test_a_clerk_who_only_looks_sees_no_tick(client, entry):
    client.force_login(staff_make(entry.store, role="clerk").user)
    page = client.get(reverse("admin:community_groupentry_change", args=[entry.pk]))
    assert page.status_code == 200
    assert "guard_tick" not in page.content.decode()


def test_a_product_that_is_sold_is_asked_about_again(client):
    _campaign, sku = cast.campaign_make()
    product = sku.product
    client.force_login(staff_make(product.store).user)
    url = reverse("admin:catalog_product_change", args=[product.pk])
    answer = fill(client, url, title=BAD)
    assert answer.status_code == 200
    assert "转发朋友圈" in answer.content.decode()
    product.refresh_from_db()
    assert product.title != BAD
    _form, tick = shown(answer)
    answer = fill(client, url, title=BAD, **tick)
    assert answer.status_code == 302, answer.context["errors"]
    product.refresh_from_db()
    assert product.title == BAD
    assert Acknowledgement.objects.get(kind="product").reference == product.public_id


def test_a_sharer_plans_terms_are_asked_about(client):
    store = cast.store_open()
    plan = plan_make(store)
    client.force_login(staff_make(store).user)
    url = reverse("admin:sharers_sharerplan_change", args=[plan.pk])
    sent = {"is_open": "on", "rate_bp": "5", "frozen_days": "7", "terms": "分享到朋友圈就得红包"}
    answer = client.post(url, sent)
    assert answer.status_code == 200
    assert SharerPlan.objects.get().terms == ""
    _form, tick = shown(answer)
    assert client.post(url, {**sent, **tick}).status_code == 302
    assert SharerPlan.objects.get().terms == "分享到朋友圈就得红包"


def test_what_a_sharers_showcase_says_is_asked_about(client):
    store = cast.store_open()
    plan_make(store)
    sharer = sharer_make(store, cast.person())
    owner = staff_make(store)
    client.force_login(owner.user)
    url = reverse("admin:sharers_sharer_change", args=[sharer.pk])
    assert fill(client, url, intro="枣树下长大的").status_code == 302
    assert not Acknowledgement.objects.exists()
    answer = fill(client, url, intro=BAD)
    assert answer.status_code == 200
    assert "转发朋友圈" in answer.content.decode() and "我已知晓" in answer.content.decode()
    sharer.refresh_from_db()
    assert sharer.intro == "枣树下长大的"
    _form, tick = shown(answer)
    assert fill(client, url, intro=BAD, **tick).status_code == 302
    sharer.refresh_from_db()
    assert sharer.intro == BAD
    assert answered() == ("showcase", sharer.public_id, store.pk, owner.user_id)


@pytest.mark.parametrize("name", ["name", "intro", "story"])
def test_what_a_store_says_of_itself_is_asked_about(client, name):
    store = cast.store_open()
    owner = staff_make(store)
    client.force_login(owner.user)
    url = reverse("admin:stores_store_change", args=[store.pk])
    assert fill(client, url, **{name: "枣树下长大的"}).status_code == 302
    assert not Acknowledgement.objects.exists()
    answer = fill(client, url, **{name: BAD})
    assert answer.status_code == 200
    assert "转发朋友圈" in answer.content.decode() and "我已知晓" in answer.content.decode()
    store.refresh_from_db()
    assert getattr(store, name) == "枣树下长大的"
    _form, tick = shown(answer)
    assert fill(client, url, **{name: BAD}, **tick).status_code == 302
    store.refresh_from_db()
    assert getattr(store, name) == BAD
    assert answered() == ("store", store.public_id, store.pk, owner.user_id)


def test_a_store_is_opened_with_words_that_the_platform_answers_for(client):
    platform = user_make(is_staff=True, is_superuser=True)
    wang = user_make(email="wang@example.cn")
    client.force_login(platform)
    url = reverse("admin:stores_store_add")
    typed = {"name": "枣园", "slug": "zao", "owner": wang.email, "intro": BAD}
    _form, tick = shown(fill(client, url, **typed))
    assert not Store.objects.exists()
    assert fill(client, url, **typed, **tick).status_code == 302
    store = Store.objects.get()
    assert store.intro == BAD
    assert answered() == ("store", store.public_id, store.pk, platform.pk)


@pytest.mark.parametrize("page", ["sharers_sharer", "stores_store"])
def test_a_clerk_who_looks_at_them_sees_no_tick(client, page):
    store = cast.store_open()
    plan_make(store)
    sharer = sharer_make(store, cast.person())
    client.force_login(staff_make(store, role="clerk").user)
    row = sharer if page == "sharers_sharer" else store
    answer = client.get(reverse(f"admin:{page}_change", args=[row.pk]))
    assert answer.status_code == 200
    assert "guard_tick" not in answer.content.decode()
