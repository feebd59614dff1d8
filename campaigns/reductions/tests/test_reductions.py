"""So much off from so much on: which campaign an order takes, what is refused, and who sees it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns.reductions.models import Reduction
from campaigns.reductions.queries import RunningReduction, Step, reductions_running
from campaigns.reductions.services import (
    ReductionRefused,
    reduction_end,
    reduction_end_due,
    reduction_publish,
)
from campaigns.reductions.tests.factories import reduction_make
from catalog.tests.factories import category_make
from core import clock
from core.deadlines import deadlines_run
from orders.models import Order
from orders.services import OrderItem
from orders.tests.factories import order_placed
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


def place(store, *items, who=None, **changes):
    """An order of (sku, quantity) pairs."""
    who = who or cast.person()
    return order_placed(
        **{
            "buyer_id": who.id,
            "store_id": store.pk,
            "items": [OrderItem(sku.pk, quantity) for sku, quantity in items],
            "address": who.address,
            "note": "",
            "expected_payable_fen": None,
            "now": clock.now(),
            **changes,
        }
    )


def reasons(order):
    return list(order.adjustments.values_list("kind", "reference", "label", "amount_fen"))


def running(*steps, repeats=False, cap_fen=None):
    made = tuple(Step(*step) for step in steps)
    return RunningReduction("red_1", "满减", repeats, cap_fen, made, None, clock.now())


@pytest.mark.parametrize(
    ("goods_fen", "off_fen"),
    [(9999, 0), (10000, 1000), (19999, 1000), (20000, 2500), (10**6, 2500)],
)
def test_the_highest_step_reached_counts(goods_fen, off_fen):
    assert running((10000, 1000), (20000, 2500)).off_fen(goods_fen) == off_fen


@pytest.mark.parametrize(
    ("goods_fen", "off_fen"),
    [(9999, 0), (10000, 1000), (29999, 2000), (30000, 3000), (90000, 3500)],
)
def test_a_repeating_one_counts_every_time_up_to_its_cap(goods_fen, off_fen):
    assert running((10000, 1000), repeats=True, cap_fen=3500).off_fen(goods_fen) == off_fen


def test_its_terms_in_plain_words():
    assert running((10000, 1000), (20000, 2550)).terms == "满 ¥100 减 ¥10，满 ¥200 减 ¥25.50"
    text = running((10000, 1000), repeats=True, cap_fen=3000).terms
    assert text == "每满 ¥100 减 ¥10，最多减 ¥30"


def test_an_order_takes_it_with_its_reason():
    sku = cast.sku_on_sale()
    made = reduction_make(sku.store)
    assert reasons(place(sku.store, (sku, 1))) == []
    order = place(sku.store, (sku, 2))
    label = "秋收满减：满 ¥100 减 ¥10"
    assert reasons(order) == [("reduction", made.public_id, label, 1000)]
    assert order.payable_fen == 2 * cast.LIST_FEN - 1000 + cast.FREIGHT_FEN
    assert cast.broken() == []


def test_the_best_one_counts_and_of_equals_the_oldest():
    sku = cast.sku_on_sale()
    reduction_make(sku.store, (10000, 500))
    best = reduction_make(sku.store, (10000, 1000))
    reduction_make(sku.store, (10000, 1000))
    assert [one[1] for one in reasons(place(sku.store, (sku, 2)))] == [best.public_id]


def test_its_scope_is_a_category_or_a_product():
    store = cast.store_open()
    dates, other = cast.sku_on_sale(store), cast.sku_on_sale(store)
    category = category_make(store)
    dates.product.category = category
    dates.product.save()
    reduction_make(store, (11000, 1000), scope="category", category=category)
    assert reasons(place(store, (other, 3))) == []
    assert reasons(place(store, (dates, 1), (other, 3))) == []
    order = place(store, (dates, 2), (other, 1))
    assert order.discount_fen == 1000
    assert dict(order.lines.values_list("sku_id", "discount_fen")) == {dates.pk: 1000, other.pk: 0}
    reduction_make(store, (5000, 2000), scope="product", product=other.product)
    assert place(store, (dates, 2), (other, 1)).discount_fen == 2000


def test_drafts_ended_ones_other_stores_and_other_times_do_not_count():
    sku = cast.sku_on_sale()
    now = clock.now()
    reduction_make(sku.store, publish=False)
    reduction_make(sku.store, starts_at=now + timedelta(hours=1))
    reduction_make(cast.store_open())
    over = reduction_make(sku.store, starts_at=now - timedelta(days=3))
    Reduction.objects.filter(pk=over.pk).update(ends_at=now)
    ended = reduction_make(sku.store)
    assert reduction_end(reduction_id=ended.pk, now=now)
    assert reasons(place(sku.store, (sku, 2))) == []


def test_a_group_takes_none():
    campaign, sku = cast.campaign_make()
    reduction_make(sku.store, (100, 50))
    cast.lead(campaign, sku, cast.person())
    assert Order.objects.get().discount_fen == 0


def test_a_change_between_page_and_order_is_asked_about():
    from orders.services import PriceChanged

    sku = cast.sku_on_sale()
    made = reduction_make(sku.store)
    shown_fen = 2 * cast.LIST_FEN - 1000 + cast.FREIGHT_FEN
    reduction_end(reduction_id=made.pk, now=clock.now())
    with pytest.raises(PriceChanged):
        place(sku.store, (sku, 2), expected_payable_fen=shown_fen)


def test_it_costs_an_order_one_query(django_assert_num_queries):
    store = cast.store_open()
    skus = [cast.sku_on_sale(store) for _ in range(4)]
    for _ in range(5):
        reduction_make(store, (1000, 10), (2000, 20))
    with django_assert_num_queries(1):
        found = reductions_running(store.pk, sku_ids=[sku.pk for sku in skus], now=clock.now())
    assert len(found) == 5


@pytest.mark.parametrize(
    ("steps", "fields", "words"),
    [
        ([(10000, 1000), (20000, 1000)], {}, "减得应越多"),
        ([(10000, 1000), (20000, 3000)], {"kind": "every"}, "只能有一档"),
        ([(10000, 1000)], {"cap_fen": 500, "kind": "every"}, "最多减"),
        ([(10000, 1000)], {"cap_fen": 5000}, "留空"),
        ([(10000, 1000)], {"ends_at": timedelta(seconds=-1)}, "结束时间"),
    ],
)
def test_terms_that_make_no_sense_are_refused(steps, fields, words):
    if "ends_at" in fields:
        fields = {"ends_at": clock.now() + fields["ends_at"]}
    made = reduction_make(cast.store_open(), *steps, publish=False, **fields)
    with pytest.raises(ReductionRefused, match=words):
        reduction_publish(reduction_id=made.pk, now=clock.now())
    made.refresh_from_db()
    assert made.state == "draft"


def test_a_neighbours_goods_are_refused():
    store, other = cast.store_open(), cast.sku_on_sale()
    made = reduction_make(store, publish=False, scope="product", product=other.product)
    with pytest.raises(ReductionRefused, match="本店"):
        reduction_publish(reduction_id=made.pk, now=clock.now())


def test_the_database_refuses_a_step_that_leaves_nothing():
    made = reduction_make(cast.store_open(), publish=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        made.steps.update(off_fen=10000)


def test_the_database_keeps_what_was_published():
    made = reduction_make(cast.store_open())
    for change in (
        lambda: made.steps.update(off_fen=2000),
        lambda: made.steps.all().delete(),
        lambda: made.steps.create(store=made.store, threshold_fen=20000, off_fen=3000),
        lambda: Reduction.objects.filter(pk=made.pk).update(kind="every"),
        lambda: Reduction.objects.filter(pk=made.pk).update(cap_fen=1),
        lambda: Reduction.objects.filter(pk=made.pk).update(state="draft"),
    ):
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            change()
    draft = reduction_make(cast.store_open(), publish=False)
    assert draft.steps.update(off_fen=2000) == 1


def test_its_clock_ends_it():
    made = reduction_make(cast.store_open())
    assert made.due_at == made.ends_at
    assert reduction_end_due(reduction_id=made.pk, now=clock.now()) == made.ends_at
    past = clock.now() - timedelta(seconds=1)
    Reduction.objects.filter(pk=made.pk).update(ends_at=past, due_at=past)
    deadlines_run(now=clock.now())
    made.refresh_from_db()
    assert (made.state, made.due_at) == ("ended", None)
    assert not reduction_end(reduction_id=made.pk, now=clock.now())


def test_shoppers_read_it_on_the_product_page_and_at_the_checkout(client):
    sku = cast.sku_on_sale()
    reduction_make(sku.store)
    page = client.get(f"/p/{sku.product.public_id}/").content.decode()
    assert "满 ¥100 减 ¥10" in page
    client.force_login(cast.person().user)
    page = client.get(f"/checkout/?sku={sku.public_id}&quantity=2").content.decode()
    assert "秋收满减：满 ¥100 减 ¥10" in page
    assert f'name="shown_fen" value="{2 * cast.LIST_FEN - 1000 + cast.FREIGHT_FEN}"' in page


# The office.


@pytest.fixture
def office(client):
    staff = staff_make(cast.store_open())
    client.force_login(staff.user)
    return client, staff.store


def form(**changes):
    return {
        "name": "双十一满减",
        "kind": "steps",
        "cap_fen": "",
        "scope": "all",
        "category": "",
        "product": "",
        "starts_at_0": "2026-01-01",
        "starts_at_1": "00:00",
        "ends_at_0": "2099-01-01",
        "ends_at_1": "00:00",
        "steps-TOTAL_FORMS": "1",
        "steps-INITIAL_FORMS": "0",
        "steps-0-threshold_fen": "100",
        "steps-0-off_fen": "10.50",
        **changes,
    }


def test_a_merchant_types_yuan_and_publishes(office):
    client, store = office
    answer = client.post("/office/reductions/reduction/add/", form())
    assert answer.status_code == 302, answer.context["errors"]
    made = Reduction.objects.get()
    assert (made.store_id, made.state) == (store.pk, "draft")
    assert list(made.steps.values_list("threshold_fen", "off_fen")) == [(10000, 1050)]
    action = {"action": "publish", "_selected_action": [made.pk]}
    client.post("/office/reductions/reduction/", action)
    made.refresh_from_db()
    assert made.state == "published"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": "category"}, "请选择分类"),
        ({"steps-0-off_fen": "100"}, "须少于满的金额"),
        ({"ends_at_0": "2025-01-01"}, "晚于开始时间"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(office, changes, words):
    client, _ = office
    answer = client.post("/office/reductions/reduction/add/", form(**changes))
    assert words in answer.content.decode()
    assert not Reduction.objects.exists()


def test_a_form_older_than_the_publishing_changes_no_money(office, monkeypatch):
    client, store = office
    made = reduction_make(store)
    # The page was opened, and sent, as if it were still a draft.
    monkeypatch.setattr("guard.publishing.is_draft", lambda _obj: True)
    step = made.steps.get()
    answer = client.post(
        f"/office/reductions/reduction/{made.pk}/change/",
        form(
            **{
                "steps-INITIAL_FORMS": "1",
                "steps-0-id": step.pk,
                "steps-0-reduction": made.pk,
                "steps-0-off_fen": "99",
            }
        ),
    )
    assert "活动已发布" in answer.content.decode()
    made.refresh_from_db()
    assert (made.state, made.name, made.steps.get().off_fen) == ("published", "秋收满减", 1000)


def test_the_list_costs_the_same_for_many(office):
    client, store = office
    reduction_make(store)

    def count():
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/office/reductions/reduction/").status_code == 200
        return len(seen)

    one = count()
    for _ in range(4):
        reduction_make(store)
    assert count() == one
