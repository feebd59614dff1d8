"""What a coupon may promise: checked, and kept once it is published."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from campaigns.coupons.models import CouponTemplate
from campaigns.coupons.services import TemplateRefused, template_end_due, template_publish
from campaigns.coupons.tests.factories import OFF_FEN, place, take, template_make
from core import clock
from core.deadlines import deadlines_run
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"minimum_fen": 1000, "off_fen": 1000}, "须少于"),
        ({"limit_per_person": 9, "total": 5}, "每人限领"),
        ({"take_until": timedelta(seconds=-1)}, "领取截止"),
        ({"usable_from": timedelta(), "usable_until": timedelta(days=1)}, "早于领取截止"),
    ],
)
def test_terms_that_make_no_sense_are_refused(sku, fields, words):
    now = clock.now()
    fields = {k: now + v if isinstance(v, timedelta) else v for k, v in fields.items()}
    template = template_make(sku.store, publish=False, **fields)
    with pytest.raises(TemplateRefused, match=words):
        template_publish(template_id=template.pk, now=now)
    template.refresh_from_db()
    assert template.state == "draft"


def test_a_neighbours_goods_are_refused(sku):
    template = template_make(cast.store_open(), publish=False, scope="product", product=sku.product)
    with pytest.raises(TemplateRefused, match="本店"):
        template_publish(template_id=template.pk, now=clock.now())


@pytest.mark.parametrize(
    "fields",
    [
        {"off_fen": None},
        {"percent": 10},
        {"kind": "percent", "percent": 10, "off_fen": None},
        {"scope": "product"},
        {"valid_days": None},
        {"taken": 101},
    ],
)
def test_the_database_refuses_half_a_template(sku, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        template_make(sku.store, **fields)


@pytest.mark.parametrize(
    "change",
    [
        {"off_fen": 2000},
        {"minimum_fen": 0},
        {"total": 1},
        {"limit_per_person": 9},
        {"valid_days": 8},
        {"state": "draft"},
    ],
)
def test_the_database_keeps_what_was_published(sku, change):
    template = template_make(sku.store)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        CouponTemplate.objects.filter(pk=template.pk).update(**change)


def test_its_clock_ends_the_giving_out_and_what_people_have_stays(sku, alice):
    template = template_make(sku.store)
    coupon = take(template, alice)
    assert template_end_due(template_id=template.pk, now=clock.now()) == template.take_until
    past = clock.now() - timedelta(seconds=1)
    CouponTemplate.objects.filter(pk=template.pk).update(take_until=past, due_at=past)
    deadlines_run(now=clock.now())
    template.refresh_from_db()
    assert (template.state, template.due_at) == ("ended", None)
    assert place(sku, alice, coupon=coupon).discount_fen == OFF_FEN
