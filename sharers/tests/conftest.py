"""A store with a plan, somebody who shares its goods, and a friend whom they bring."""

import pytest

from sharers.tests.factories import brings, plan_make, sharer_make
from tests import cast


@pytest.fixture
def sku():
    return cast.sku_on_sale()


@pytest.fixture
def plan(sku):
    return plan_make(sku.store)


@pytest.fixture
def sharer(sku, plan):
    return sharer_make(sku.store, cast.person("张姐"))


@pytest.fixture
def buyer(sharer):
    who = cast.person("Bob")
    brings(sharer, who)
    return who
