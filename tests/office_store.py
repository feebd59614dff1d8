"""A store with a row of everything that a page of the office may show, and what the tables hold."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from campaigns.bargain.tests.factories import campaign_make as bargain_campaign_make
from campaigns.bargain.tests.factories import give as bargain_give
from campaigns.bargain.tests.factories import launch as bargain_launch
from campaigns.coupons.tests.factories import place, take, template_make
from campaigns.flash.tests.factories import buy as flash_buy
from campaigns.flash.tests.factories import offer_make as flash_offer_make
from campaigns.reductions.tests.factories import reduction_make
from catalog.models import Category, Sku
from catalog.tests.factories import photo_make
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
from orders.services import invoice_request, order_ship
from payments.models import Payment, PaymentIncident
from payments.services import RefundReason, refund_request
from risk.models import RiskPolicy
from risk.reports import ReportKind
from risk.services import risk_report
from sharers.models import SkuRate
from sharers.services import showcase_add
from sharers.tests.factories import brings, plan_make, sharer_make
from sharing.services import link_for, order_attribute, visit_record
from stores.models import Store, StoreStaff
from stores.tests.factories import pickup_make, staff_make
from tests import cast


def rich_store(name: str) -> Store:
    """A store with a row of everything that a merchant's page may show."""
    store, alice, bob = cast.store_open(name), cast.person(), cast.person()
    Category.objects.create(store=store, slug=f"c-{store.pk}", name="红枣")
    owner = staff_make(store)
    sku = _sells_in_groups(store, alice, bob, owner)
    late = _is_shared(store, sku, alice, bob)
    _pays_back(late)
    notice_make(alice.id, store=store)
    _offers(store, sku, alice, bob)
    _is_careful(store, sku, alice)
    _is_recommended(store, sku, alice, bob)
    findings_acknowledge(
        store_id=store.pk,
        kind="group",
        reference=f"gbc_{store.pk}",
        findings=[Finding("规则", "提示")],
        by_id=alice.id,
        now=clock.now(),
    )
    keys_sku("A-1", store=store)
    _meets_people(store, owner)
    cast.deliver()
    PaymentIncident.objects.create(
        store=store,
        account=late.account,
        kind="unknown_trade",
        reference=f"r{store.pk}",
        amount_fen=1,
        detail={},
        seen_at=clock.now(),
    )
    return store


def _sells_in_groups(store: Store, alice: cast.Person, bob: cast.Person, owner: StoreStaff) -> Sku:
    """A group that is full, one of its orders on its way and with an invoice asked for."""
    campaign, sku = cast.campaign_make(store=store, size=2)
    photo_make(sku.product)
    sku.product.freight_template = freight_make(store)
    sku.product.save()
    group, leader = cast.group_open(campaign, sku, alice)
    joined = cast.join(group.public_id, sku, bob)
    cast.pay(joined.order_public_id)
    order = cast.order_of(leader.order_public_id)
    order_ship(
        order_id=order.pk,
        carrier="sf",
        tracking_no="SF123456",
        by_id=owner.user_id,
        now=clock.now(),
    )
    invoice_request(
        order_id=order.pk,
        kind="person",
        title=store.name,
        tax_no="",
        email="a@b.cn",
        now=clock.now(),
    )
    return sku


def _is_shared(store: Store, sku: Sku, alice: cast.Person, bob: cast.Person) -> Payment:
    """Bob comes by Alice's link and buys; his payment."""
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
    ref = cast.buy(bob, sku)
    cast.pay(ref)
    order_attribute(
        order_id=cast.order_of(ref).pk,
        store_id=store.pk,
        buyer_id=bob.id,
        placed_at=clock.now(),
        now=clock.now(),
    )
    payment: Payment = cast.order_of(ref).payment
    return payment


def _pays_back(payment: Payment) -> None:
    with transaction.atomic():
        refund_request(payment_id=payment.pk, reason=RefundReason.CANCELLED, now=clock.now())


def _offers(store: Store, sku: Sku, alice: cast.Person, bob: cast.Person) -> None:
    """Every other kind of campaign, each with somebody who took part."""
    reduction_make(store)
    bargain_give(bargain_launch(bargain_campaign_make(store=store), alice), bob)
    flash_buy(flash_offer_make(store=store), bob)
    place(sku, bob, coupon=take(template_make(store), bob))


def _is_careful(store: Store, sku: Sku, alice: cast.Person) -> None:
    """A policy, a report, and a paid order that waits to be judged."""
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


def _is_recommended(store: Store, sku: Sku, alice: cast.Person, bob: cast.Person) -> None:
    """A sharer with a showcase, a rate of its own and a reward."""
    plan_make(store)
    sharer = sharer_make(store, alice)
    SkuRate.objects.create(store=store, sku=sku, rate_bp=100)
    showcase_add(sharer_id=sharer.pk, product_ref=sku.product.public_id, note="", now=clock.now())
    brings(sharer, bob)
    cast.pay(cast.buy(bob, sku))
    cast.deliver()
    assert sharer.rewards.exists()


def _meets_people(store: Store, owner: StoreStaff) -> None:
    """Where to fetch orders, a group with its code, and a code on the counter."""
    pickup_make(store)
    group_code_make(group_entry_make(store))
    counter_make(store, person_id=owner.user_id)


def values_of(model: Any) -> list[dict[str, Any]]:
    """Every row as it stands."""
    return list(model._base_manager.order_by("pk").values())


def rows_of(model: Any, store: Store) -> list[Any]:
    """The store's rows, or some if they belong to no store."""
    fields = {field.name for field in model._meta.concrete_fields}
    if model._meta.label == "stores.Store":
        return [store]
    if "store" in fields:
        return list(model._base_manager.filter(store=store))
    return list(model._base_manager.all()[:3])
