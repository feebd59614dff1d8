"""Messages while WeChat or a worker fails: each arrives once, and none of them holds up money."""

import time

import pytest

from tests.faults.traffic import day

SENT_AT_ONCE = 60
TELL = """
WITH told AS (
    INSERT INTO notices_notice (public_id, store_id, user_id, for_staff, kind, key, title, body, path,
                                "values", made_at)
    SELECT 'ntc_hung' || n, o.store_id, o.buyer_id, false, 'shipped', 'hung:' || n, '发货', '发货', '/',
           '{"goods": "枣", "carrier": "顺丰", "tracking_no": "SF1"}', now()
    FROM orders_order o, generate_series(1, %s) n WHERE o.public_id = %s
    RETURNING id, store_id
)
INSERT INTO notices_noticedelivery (public_id, store_id, notice_id, channel, via, state, tries,
                                    is_doubtful, reason, provider_ref, due_at, due_attempts, due_error)
SELECT 'msg_hung' || id, store_id, id, 'wechat', '', 'waiting', 0, false, '', '', now(), 0, ''
FROM told
"""


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
    shop.stack.kill("messages")
    shop.stack.restart("messages")
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


def test_a_refund_is_handed_over_while_every_message_hangs(shop):
    """Each message is waited for, one after the other, and all are sent again a minute later."""
    trade = day(shop, buyers=1, seed=9, name="hung-messages")
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
    shop.fault("message", "timeout")
    shop.sql(TELL, SENT_AT_ONCE, order)
    shop.until(
        lambda: sum(rule["hits"] for rule in shop.control("GET", "faults")) > 1,
        what="messages hang",
    )
    shop.group_overdue(group)
    submitted = (
        "SELECT count(*) FROM payments_refund WHERE order_ref = %s AND submitted_at IS NOT NULL"
    )
    shop.until(lambda: shop.value(submitted, order), what="the refund is submitted", wait_s=15)
    untried = "SELECT count(*) FROM notices_noticedelivery WHERE public_id LIKE %s AND tries = 0"
    assert shop.value(untried, "msg_hung%") > SENT_AT_ONCE / 2
    shop.control("DELETE", "faults")
    shop.sql("DELETE FROM notices_noticedelivery WHERE public_id LIKE %s", "msg_hung%")
    shop.sql("DELETE FROM notices_notice WHERE public_id LIKE %s", "ntc_hung%")
    trade.settle()
    assert shop.audit() == []
