"""Every action of the office says who may take it, and whoever may only look takes none."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory
from unfold.admin import ModelAdmin

from accounts.tests.factories import user_make
from stores.scoped import StoreAdmin
from stores.tests.factories import staff_make, store_make

pytestmark = pytest.mark.django_db

# Ours; django-allauth has pages of its own, for those whom Django's permissions let in.
PAGES = sorted(
    (item for item in admin.site._registry.items() if isinstance(item[1], ModelAdmin)),
    key=lambda item: item[0]._meta.label,
)
KINDS = ("actions_list", "actions_row", "actions_detail", "actions_submit_line")
# What is only read, or printed: these follow from seeing the page.
LOOKING = {"view", "look"}


def actions_of(page: Any) -> dict[str, Any]:
    """The page's own actions, those on chosen rows and those above a list or a row."""
    names = [*(page.actions or ()), *(one for kind in KINDS for one in getattr(page, kind) or ())]
    return {name: getattr(page, name) for name in names if isinstance(name, str)}


def declared(act: Any) -> list[str]:
    return list(getattr(act, "allowed_permissions", None) or ())


def test_every_action_says_who_may_take_it():
    found = [(page, name, act) for _model, page in PAGES for name, act in actions_of(page).items()]
    assert len(found) > 30
    silent = [f"{page}.{name}" for page, name, act in found if not declared(act)]
    assert silent == []
    unknown = [
        f"{page}.{name}"
        for page, name, act in found
        for word in declared(act)
        if not hasattr(page, f"has_{word.rsplit('.', maxsplit=1)[-1]}_permission")
    ]
    assert unknown == []


def request_of(user: Any) -> Any:
    request = RequestFactory().get("/office/")
    request.user = user
    return request


@pytest.mark.parametrize("who", ["platform", "owner", "clerk"])
def test_whoever_may_only_look_is_offered_nothing_that_changes_a_row(who):
    user = (
        user_make(is_staff=True, is_superuser=True)
        if who == "platform"
        else staff_make(store_make(), role=who).user
    )
    user.refresh_from_db()
    looked = 0
    for model, page in PAGES:
        if not isinstance(page, StoreAdmin) or getattr(page, who) - {"view"}:
            continue
        looked += 1
        offered = page.get_actions(request_of(user))
        changing = [name for name in offered if not set(declared(offered[name][0])) & LOOKING]
        # Handing over card keys and papers is a clerk's work, though rows are changed by nobody.
        worked = {"give_up", "picking", "labels"} if who != "platform" else set()
        assert set(changing) <= worked, model
    assert looked > 5


@pytest.mark.parametrize(
    ("label", "action", "who"),
    [
        ("payments.Refund", "retry", {"platform", "owner"}),
        ("groupbuy.Group", "cancel", {"owner", "clerk"}),
        ("groupbuy.GroupCampaign", "publish", {"owner", "clerk"}),
        ("bargain.BargainCampaign", "end", {"owner", "clerk"}),
        ("coupons.CouponTemplate", "publish", {"owner", "clerk"}),
        ("reductions.Reduction", "end", {"owner", "clerk"}),
        ("flash.FlashCampaign", "cancel", {"owner", "clerk"}),
        ("catalog.Product", "prune", {"platform", "owner", "clerk"}),
    ],
)
def test_who_is_offered_it(label, action, who):
    store = store_make()
    people = {
        "platform": user_make(is_staff=True, is_superuser=True),
        "owner": staff_make(store).user,
        "clerk": staff_make(store, role="clerk").user,
    }
    (page,) = [page for model, page in PAGES if model._meta.label == label]
    offered = set()
    for name, user in people.items():
        user.refresh_from_db()
        if action in page.get_actions(request_of(user)):
            offered.add(name)
    assert offered == who
