"""A ladder: three of five come, the group succeeds at its time, and the difference goes back."""

APPLES = "吉县苹果"


def test_three_of_five_get_the_step_that_they_reached(shop, visit):
    people = [visit("limei"), visit("wangqiang"), visit("chenjing")]
    leader = people[0]
    leader.product(APPLES, "/search/?q=苹果")
    leader.page.get_by_text("满 3 人：每件再减 3.00 元").first.wait_for()
    leader.shot("70-ladder-product")
    leader.choose("发起拼团")
    leader.page.get_by_text("到时满 2 人就成团").first.wait_for()
    orders = [leader.order("开团并付款")]
    leader.pay()
    leader.paid()
    group = shop.value("SELECT offer_ref FROM orders_order WHERE public_id = %s", orders[0])
    for person in people[1:]:
        person.open(f"/g/{group}/")
        person.click("参加这个团")
        person.page.get_by_role("heading", name="参加拼团").wait_for()
        if person is people[1]:
            person.shot("71-ladder-join")
        orders.append(person.order("参团并付款"))
        person.pay()
        person.paid()
    leader.open(f"/g/{group}/")
    leader.shot("72-ladder-open")

    shop.group_overdue(group)
    # Whoever looks again sees the time over; that page then brings the result by itself.
    shop.until(
        lambda: "data-countdown-only" not in leader.open(f"/g/{group}/").page.content(),
        what="the page knows that the time is over",
    )
    leader.page.get_by_text("达到 3 人，每件再减 3.00 元").wait_for()
    leader.shot("73-ladder-done")
    shop.until(
        lambda: (
            shop.value(
                "SELECT count(*) FROM payments_refund WHERE reason = 'group_tier' "
                "AND state = 'succeeded' AND order_ref = ANY(%s)",
                orders,
            )
            == 3
        ),
        what="the difference is back with everybody",
    )
    leader.open(f"/orders/{orders[0]}/")
    leader.page.get_by_text("阶梯团差价").first.wait_for()
    leader.shot("74-ladder-order")
    paid = shop.sql(
        "SELECT p.amount_fen - p.refunded_fen AS fen, line.amount_fen AS goods "
        "FROM payments_payment p JOIN orders_order o ON o.payment_id = p.id "
        "JOIN orders_orderline line ON line.order_id = o.id "
        "WHERE o.public_id = ANY(%s) ORDER BY o.id",
        orders,
    )
    freight = paid[0]["fen"] - (paid[0]["goods"] - 300)
    assert [row["goods"] for row in paid] == [3000, 3200, 3200]
    assert [row["fen"] - freight for row in paid] == [2700, 2900, 2900]
    assert shop.audit() == []
