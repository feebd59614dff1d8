"""Whatever refers to a person is handed out to them and let go of when they leave, or is named here
with its reason."""

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from accounts.models import User
from core.people_data import held_everywhere

STAFF = "who of a store's staff did something: it is the store's record, not the person's"
OFFICE_RIGHTS = "rights in the office; whoever has any cannot close the account"

NOT_HELD = {
    "accounts.identityconflict.kept": "for staff, about two accounts; it goes when one is closed",
    "accounts.identityconflict.other": "for staff, about two accounts; it goes when one is closed",
    "accounts.user_groups.user": OFFICE_RIGHTS,
    "accounts.user_user_permissions.user": OFFICE_RIGHTS,
    "admin.logentry.user": "the office's own log of its staff",
    "catalog.pricechange.by": STAFF,
    "catalog.stockmovement.by": STAFF,
    "core.accessentry.user": STAFF,
    "coupons.coupon.given_by": STAFF,
    "digital.digitalitem.by": STAFF,
    "groupbuy.groupcampaign.cancelled_by": STAFF,
    "guard.acknowledgement.by": STAFF,
    "guard.wechatrisk.by": STAFF,
    "orders.invoice.by": STAFF,
    "orders.orderchange.by": "what was done to a buyer's order is held by its buyer",
    "orders.orderreprice.by": STAFF,
    "orders.riskreview.by": STAFF,
    "orders.shipment.by": STAFF,
    "payments.billdifference.explained_by": STAFF,
    "payments.paymentincident.explained_by": STAFF,
    "payments.refund.explained_by": STAFF,
    "payments.tradebill.explained_by": STAFF,
    "sharers.rewardentry.by": STAFF,
}


def references():
    """Every column of ours and of the packages that holds a person's id."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model is User:
                yield f"{model._meta.label_lower}.{field.name}"


def test_nothing_that_refers_to_a_person_is_forgotten():
    held = {one.key for one in held_everywhere()}
    assert {key for key in references() if key not in held} == set(NOT_HELD)
    assert not held & set(NOT_HELD)


@pytest.mark.parametrize("held", held_everywhere(), ids=lambda one: one.key)
def test_what_is_held_names_fields_that_exist(held, db):
    assert held.rows(0) == []
    for lookup in held.unlink:
        try:
            apps.get_model(held.model)._meta.get_field(lookup)
        except FieldDoesNotExist:
            pytest.fail(f"{held.key} has no {lookup}")
