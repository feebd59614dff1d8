"""Every page of the office, walked by a clerk and an owner of the other store with foreign ids."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
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
from tests.office import staff_client, url

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)


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


def values_of(model: Any) -> list[dict[str, Any]]:
    """Every row as it stands."""
    return list(model._base_manager.order_by("pk").values())


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
    from django.db.models import BooleanField, CharField, TextField

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


ACTIONS = ("ship", "cancel", "cancel-line", "reprice", "address", "note", "money")


def test_the_actions_above_an_order_are_its_stores(stores):
    own, other = stores
    client = staff_client(own)
    from orders.models import Order, OrderLine, Shipment

    before = [values_of(model) for model in (Order, OrderLine, Shipment)]
    for order in Order.objects.filter(store=other):
        sent = {
            "carrier": "sf",
            "tracking_no": "SF999999",
            "reason": "x",
            "note": "x",
            "line": order.lines.first().pk,
            "payable_fen": "0.01",
            "recipient": "x",
            "phone": "13800138000",
        }
        for name in ACTIONS:
            path = f"/office/orders/order/{order.pk}/{name}/"
            answer = client.get(path)
            assert answer.status_code in {302, 403, 404}, name
            assert order.public_id not in answer.content.decode()
            assert client.post(path, sent).status_code in {302, 403, 404, 405}, name
    assert [values_of(model) for model in (Order, OrderLine, Shipment)] == before


def test_a_neighbours_order_is_not_collected_with_its_code(stores):
    own, other = stores
    from orders.models import Order

    pickup_make(own, name="二号店")
    order = Order.objects.filter(store=other, state="to_ship").first()
    Order.objects.filter(pk=order.pk).update(delivery="pickup", pickup_code="123456789012")
    before = values_of(Order)
    client = staff_client(own)
    answer = client.get("/office/orders/order/collect/", {"code": "123456789012"})
    assert answer.status_code == 200
    assert order.public_id not in answer.content.decode()
    client.post("/office/orders/order/collect/", {"code": "123456789012", "hand_over": "1"})
    assert values_of(Order) == before


def test_a_sheet_ships_no_neighbours_orders(stores):
    own, other = stores
    from orders.models import Order, Shipment
    from orders.tests.test_bulk import sheet

    ready = list(Order.objects.filter(store=other, state="to_ship"))
    assert ready
    before = [values_of(model) for model in (Order, Shipment)]
    client = staff_client(own)
    rows = [(order.public_id, "顺丰速运", f"SF12345{order.pk}") for order in ready]
    file = SimpleUploadedFile("a.xlsx", sheet(*rows))
    path = "/office/orders/order/bulk-ship/"
    page = client.post(path, {"sheet": file})
    assert page.status_code == 200
    assert (len(page.context["plan"]), page.context["good"]) == (len(ready), 0)
    client.post(path, {"rows": page.context["rows"]})
    assert [values_of(model) for model in (Order, Shipment)] == before


def test_a_neighbours_review_is_not_decided(stores):
    own, other = stores
    review = RiskReview.objects.get(store=other)
    client = staff_client(own)
    before = values_of(RiskReview)
    for decision in ("release", "refuse"):
        client.post(f"/office/orders/riskreview/{review.pk}/decide/", {"decision": decision})
    assert values_of(RiskReview) == before


def test_the_spread_is_of_the_own_store(stores):
    own, other = stores
    from sharing.models import ShareLink

    client = staff_client(own)
    links = ShareLink.objects.filter(store=other)
    assert links
    mine = client.get("/office/spread/", {"days": "90"}).context["view"]
    for link in links:
        answer = client.get("/office/spread/", {"days": "90", "of": link.target_ref})
        assert answer.status_code == 200
        assert answer.context["view"] == mine
        assert link.target_ref not in str(mine)


def test_keys_do_not_go_into_a_neighbours_sku(stores):
    own, other = stores
    from digital.models import DigitalItem

    theirs = DigitalItem.objects.filter(store=other).first()
    before = values_of(DigitalItem)
    page = "/office/digital/digitalitem/import/"
    client = staff_client(own)
    assert other.name not in client.get(page).content.decode()
    answer = client.post(page, {"sku": theirs.sku_id, "keys": "NEW-1"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["sku"]
    assert values_of(DigitalItem) == before


def test_nobody_restocks_a_neighbours_sku(stores):
    own, other = stores
    from catalog.models import Sku

    before = values_of(Sku)
    client = staff_client(own)
    for sku in Sku.objects.filter(store=other):
        path = f"/office/catalog/sku/{sku.pk}/restock/"
        assert client.get(path).status_code in {302, 403, 404}
        client.post(path, {"quantity": "7"})
    assert values_of(Sku) == before


def test_a_neighbours_coupon_cannot_be_given(stores):
    own, other = stores
    client = staff_client(own)
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
    client = staff_client(own)
    from orders.models import Invoice

    invoice = Invoice.objects.get(store=other)
    for name in ("issue", "decline", "file"):
        path = f"/office/orders/invoice/{invoice.pk}/{name}/"
        assert client.get(path).status_code in {302, 403, 404}
        client.post(path, {"reason": "x"})
        assert Invoice.objects.get(pk=invoice.pk).state == "requested"


def test_the_papers_of_a_counter_code_are_its_stores(stores):
    own, other = stores
    client = staff_client(own)
    from community.models import CounterCode

    code = CounterCode.objects.get(store=other)
    for name in ("paper", "png", "svg"):
        path = f"/office/community/countercode/{code.pk}/{name}/"
        assert client.get(path).status_code in {302, 403, 404}


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
    from django.contrib.auth import get_user
    from django.test import RequestFactory

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
