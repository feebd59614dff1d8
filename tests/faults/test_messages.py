"""The worker dies while WeChat is asked to send a message: one arrives, whatever WeChat did."""

import time

import pytest

from tests.faults.traffic import day


@pytest.mark.parametrize("mode", ["timeout", "timeout_after"])
def test_the_worker_dies_while_a_message_is_sent(shop, mode):
    """The number decides, not how often it was sent."""
    trade = day(shop, buyers=1, seed=5, name=f"message-{mode.replace('_', '-')}")
    buyer = trade.buyers[0]
    _, products = trade.goods()
    order = buyer.order(f"/p/{products[0]}/group/")
    assert buyer.pay(order)
    appid = shop.value("SELECT appid FROM accounts_wechatidentity LIMIT 1")
    shop.control("PUT", f"people/{buyer.key}/follow", appid=appid)
    group = shop.value("SELECT offer_ref FROM orders_order WHERE public_id = %s", order)
    shop.until(
        lambda: (
            shop.value("SELECT state FROM groupbuy_group WHERE public_id = %s", group) == "open"
        ),
        what="the group is open",
    )
    shop.fault("message", mode, times=1)
    shop.group_overdue(group)

    def delivery():
        rows = shop.sql(
            "SELECT d.id, d.state, d.tries, n.public_id FROM notices_noticedelivery d "
            "JOIN notices_notice n ON n.id = d.notice_id JOIN orders_order o ON n.user_id = "
            "o.buyer_id WHERE o.public_id = %s AND n.kind = 'group_failed'",
            order,
        )
        return rows[0] if rows else None

    shop.until(lambda: (found := delivery()) and found["tries"] > 0, what="it is being sent")
    time.sleep(0.3)
    shop.stack.kill("worker")
    shop.stack.restart("worker")
    shop.sql(
        "UPDATE notices_noticedelivery SET tried_at = tried_at - interval '61 seconds', "
        "due_at = now() WHERE id = %s",
        delivery()["id"],
    )
    shop.until(lambda: delivery()["state"] == "sent", what="it is sent", wait_s=60)
    messages = shop.control("GET", f"messages?person={buyer.key}")
    about = [one for one in messages if delivery()["public_id"] in one["url"]]
    assert len(about) == 1
    trade.settle()
    assert shop.audit() == []
