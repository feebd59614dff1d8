"""The page of SKUs that earn otherwise: a SKU is looked for, not chosen from all there are."""

import pytest

from sharers.models import SkuRate
from tests import cast
from tests.database import statements
from tests.office import complaints, fill, staff_client, url

pytestmark = pytest.mark.django_db
ADD = url(SkuRate, "add")


def test_the_form_costs_the_same_for_many_skus(sku):
    client = staff_client(sku.store)
    assert client.get(ADD).status_code == 200
    one = statements(lambda: client.get(ADD))
    for _ in range(5):
        cast.sku_on_sale(sku.store)
    assert statements(lambda: client.get(ADD)) == one


def test_a_rate_is_of_an_own_sku(sku):
    client, strange = staff_client(sku.store), cast.sku_on_sale(cast.store_open("陶坊"))
    assert complaints(fill(client, ADD, sku=strange.pk, rate_bp="3"))
    assert not SkuRate.objects.exists()
    assert fill(client, ADD, sku=sku.pk, rate_bp="3").status_code == 302
    assert SkuRate.objects.get().sku_id == sku.pk
