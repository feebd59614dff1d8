"""Two hundred people press "buy" at the same moment for fifty pieces: over HTTP, on a real server."""

import pytest

from tests.crowd import all_at_once, crowd
from tests.shop import shop_running

BUYERS, STOCK = 200, 50


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with shop_running(tmp_path_factory.mktemp("rush"), name="rush", redis=6) as running:
        yield running


def test_two_hundred_buyers_for_fifty_pieces_leave_exactly_fifty_orders(shop):
    sku = shop.sql("SELECT id, public_id FROM catalog_sku WHERE on_hand = 60 ORDER BY id LIMIT 1")[
        0
    ]
    shop.sql(
        "INSERT INTO catalog_stockmovement (store_id, sku_id, kind, on_hand_change, "
        "reserved_change, reference, reason, moved_at) SELECT store_id, id, 'correct', %s - on_hand, "
        "0, '', '', now() FROM catalog_sku WHERE id = %s",
        STOCK,
        sku["id"],
    )
    shop.sql("UPDATE catalog_sku SET on_hand = %s WHERE id = %s", STOCK, sku["id"])
    buyers = crowd(shop, BUYERS, name="rush")
    for buyer in buyers:
        # Two hundred stand before eight threads: whoever is last waits for all the others.
        buyer.patience_s = 180.0
    path = f"/checkout/?sku={sku['public_id']}&quantity=1"
    orders = all_at_once([lambda b=b: b.order(path) for b in buyers], threads=BUYERS)

    won = [order for order in orders if order]
    assert len(won) == len(set(won)) == STOCK
    told = [refusal for buyer in buyers for refusal in buyer.refusals]
    assert len(told) == BUYERS - STOCK
    assert all("售罄" in one or "库存" in one or "卖完" in one for one in told), set(told)
    row = shop.sql("SELECT on_hand, reserved FROM catalog_sku WHERE id = %s", sku["id"])[0]
    assert (row["on_hand"], row["reserved"]) == (STOCK, STOCK)
    assert shop.value("SELECT count(*) FROM orders_order") == STOCK
    assert shop.audit() == []
