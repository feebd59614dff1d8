"""Every page of the office, walked by a clerk and an owner of the other store with foreign ids."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from campaigns.bargain.tests.factories import campaign_make as bargain_campaign_make
from campaigns.bargain.tests.factories import give as bargain_give
from campaigns.bargain.tests.factories import launch as bargain_launch
from campaigns.coupons.tests.factories import place, take, template_make
from campaigns.flash.tests.factories import buy as flash_buy
from campaigns.flash.tests.factories import offer_make as flash_offer_make
from campaigns.reductions.tests.factories import reduction_make
from community.tests.factories import code_make as group_code_make
from community.tests.factories import counter_make
from community.tests.factories import entry_make as group_entry_make
from core import clock
from digital.tests.factories import keys_sku
from freight.tests.factories import freight_make
from guard.rules import Finding
from guard.services import findings_acknowledge
from notices.tests.factories import notice_make
from orders.models import RiskReview
from orders.services import order_ship
from payments.models import PaymentIncident
from payments.services import RefundReason, refund_request
from risk.models import RiskPolicy
from risk.reports import ReportKind
from risk.services import risk_report
from sharers.models import SkuRate
from sharers.services import showcase_add
from sharers.tests.factories import brings, plan_make, sharer_make
from sharing.services import link_for, order_attribute, visit_record
from stores.models import StoreStaff
from stores.tests.factories import pickup_make, staff_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)


def url(model: Any, name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def rich_store(name: str) -> Any:
    """A store with a row of everything that a merchant's page may show."""
    from catalog.models import Category
    from catalog.tests.factories import photo_make

    store = cast.store_open(name)
    Category.objects.create(store=store, slug=f"c-{store.pk}", name="红枣")
    campaign, sku = cast.campaign_make(store=store, size=2)
    photo_make(sku.product)
    alice, bob = cast.person(), cast.person()
    group, leader = cast.group_open(campaign, sku, alice)
    joined = cast.join(group.public_id, sku, bob)
    cast.pay(joined.order_public_id)
    order = cast.order_of(leader.order_public_id)
    owner = staff_make(store)
    order_ship(
        order_id=order.pk,
        carrier="sf",
        tracking_no="SF123456",
        by_id=owner.user_id,
        now=clock.now(),
    )
    link = link_for(
        sharer_id=alice.id,
        store_id=store.pk,
        target_kind="product",
        target_ref=sku.product.public_id,
        path="/p/x/",
        channel="friend",
        now=clock.now(),
    )
    visit_record(token=link.token, visitor_id=bob.id, guest="", now=clock.now())
    late = cast.buy(bob, sku)
    cast.pay(late)
    from django.db import transaction

    from orders.services import invoice_request

    invoice_request(
        order_id=order.pk, kind="person", title=name, tax_no="", email="a@b.cn", now=clock.now()
    )
    payment = cast.order_of(late).payment
    with transaction.atomic():
        refund_request(payment_id=payment.pk, reason=RefundReason.CANCELLED, now=clock.now())
    notice_make(alice.id, store=store)
    order_attribute(
        order_id=cast.order_of(late).pk,
        store_id=store.pk,
        buyer_id=bob.id,
        placed_at=clock.now(),
        now=clock.now(),
    )
    reduction_make(store)
    bargain = bargain_launch(bargain_campaign_make(store=store), alice)
    bargain_give(bargain, bob)
    flash_buy(flash_offer_make(store=store), bob)
    place(sku, bob, coupon=take(template_make(store), bob))
    freight = freight_make(store)
    sku.product.freight_template = freight
    sku.product.save()
    RiskPolicy.objects.create(store=store)
    risk_report(
        ReportKind("fraud", "欺诈", 60, timedelta(days=1)),
        user_id=alice.id,
        store_id=store.pk,
        reference=str(store.pk),
        now=clock.now(),
    )
    cast.pay(cast.buy(alice, sku))
    assert RiskReview.objects.filter(store=store).exists()
    plan_make(store)
    sharer = sharer_make(store, alice)
    SkuRate.objects.create(store=store, sku=sku, rate_bp=100)
    showcase_add(sharer_id=sharer.pk, product_ref=sku.product.public_id, note="", now=clock.now())
    brings(sharer, bob)
    cast.pay(cast.buy(bob, sku))
    findings_acknowledge(
        store_id=store.pk,
        kind="group",
        reference=f"gbc_{store.pk}",
        findings=[Finding("规则", "提示")],
        by_id=alice.id,
        now=clock.now(),
    )
    keys_sku("A-1", store=store)
    meets_people(store, owner)
    cast.deliver()
    assert sharer.rewards.exists()
    PaymentIncident.objects.create(
        store=store,
        account=payment.account,
        kind="unknown_trade",
        reference=f"r{store.pk}",
        amount_fen=1,
        detail={},
        seen_at=clock.now(),
    )
    return store


def meets_people(store: Any, owner: StoreStaff) -> None:
    """Where to fetch orders, a group with its code, and a code on the counter."""
    pickup_make(store)
    group_code_make(group_entry_make(store))
    counter_make(store, person_id=owner.user_id)


@pytest.fixture
def stores() -> tuple[Any, Any]:
    return rich_store("枣园"), rich_store("陶坊")


def staff_client(store: Any, role: str) -> Client:
    client = Client()
    client.force_login(staff_make(store, role=role).user)
    return client


def rows_of(model: Any, store: Any) -> list[Any]:
    fields = {field.name for field in model._meta.concrete_fields}
    if model._meta.label == "stores.Store":
        return [store]
    if "store" in fields:
        return list(model._base_manager.filter(store=store))
    return list(model._base_manager.all()[:3])


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
                assert row._meta.label == "x" or str(row) not in answer.content.decode()
            answer = client.post(url(model, "change", row.pk), {"_save": "1"})
            assert answer.status_code in {302, 403, 404}, model
            answer = client.post(url(model, "delete", row.pk), {"post": "yes"})
            assert model._base_manager.filter(pk=row.pk).exists(), model
    assert walked > 20


@pytest.mark.parametrize("role", [StoreStaff.Role.OWNER, StoreStaff.Role.CLERK])
def test_no_action_reaches_the_other_stores_rows(stores, role):
    own, other = stores
    client = staff_client(own, role)
    for model, page in PAGES:
        foreign = [row for row in rows_of(model, other) if row not in rows_of(model, own)]
        if "store" not in {f.name for f in model._meta.concrete_fields} or not foreign:
            continue
        before = list(model._base_manager.filter(store=other).order_by("pk").values())
        for action in [*(page.actions or []), "delete_selected"]:
            client.post(
                url(model, "changelist"),
                {
                    "action": action if isinstance(action, str) else action.__name__,
                    "_selected_action": [row.pk for row in foreign],
                    "post": "yes",
                },
            )
        assert list(model._base_manager.filter(store=other).order_by("pk").values()) == before, (
            model
        )


def test_the_actions_above_an_order_are_its_stores(stores):
    own, other = stores
    client = staff_client(own, StoreStaff.Role.OWNER)
    order = rows_of(admin.site._registry.keys().__iter__().__next__(), other) and None
    from orders.models import Order

    for order in Order.objects.filter(store=other):
        for name in ("ship", "cancel", "cancel-line", "reprice", "address", "note"):
            path = f"/office/orders/order/{order.pk}/{name}/"
            assert client.get(path).status_code in {302, 403, 404}
            state = Order.objects.get(pk=order.pk).state
            client.post(path, {"carrier": "sf", "tracking_no": "SF999999", "reason": "x"})
            assert Order.objects.get(pk=order.pk).state == state


def test_a_neighbours_coupon_cannot_be_given(stores):
    own, other = stores
    client = staff_client(own, StoreStaff.Role.OWNER)
    from campaigns.coupons.models import Coupon, CouponTemplate
    from orders.models import Order

    template = CouponTemplate.objects.get(store=other)
    path = f"/office/coupons/coupontemplate/{template.pk}/give/"
    assert client.get(path).status_code in {302, 403, 404}
    order = Order.objects.filter(store=own).first()
    client.post(path, {"to": order.public_id, "form_key": "k" * 26})
    assert Coupon.objects.filter(store=other).count() == 1


def test_the_actions_above_an_invoice_are_its_stores(stores):
    own, other = stores
    client = staff_client(own, StoreStaff.Role.OWNER)
    from orders.models import Invoice

    invoice = Invoice.objects.get(store=other)
    for name in ("issue", "decline", "file"):
        path = f"/office/orders/invoice/{invoice.pk}/{name}/"
        assert client.get(path).status_code in {302, 403, 404}
        client.post(path, {"reason": "x"})
        assert Invoice.objects.get(pk=invoice.pk).state == "requested"


def test_the_papers_of_a_counter_code_are_its_stores(stores):
    own, other = stores
    client = staff_client(own, StoreStaff.Role.OWNER)
    from community.models import CounterCode

    code = CounterCode.objects.get(store=other)
    for name in ("paper", "png", "svg"):
        path = f"/office/community/countercode/{code.pk}/{name}/"
        assert client.get(path).status_code in {302, 403, 404}


def test_autocomplete_finds_the_own_rows_only(stores):
    own, other = stores
    client = staff_client(own, StoreStaff.Role.OWNER)
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
    from django.contrib.auth import get_user
    from django.test import RequestFactory

    request = RequestFactory().get("/office/")
    request.session = client.session
    request.user = get_user(request)
    return request


def test_own_pages_open(stores):
    own, _ = stores
    client = staff_client(own, StoreStaff.Role.OWNER)
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
