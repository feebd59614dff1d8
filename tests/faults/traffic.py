"""A day's trade in a minute: people buy alone and in groups; some pay, some do not, some late."""

import random
import time
from dataclasses import dataclass, field
from typing import Any

from tests.crowd import Buyer, all_at_once, crowd
from tests.shop import Shop

CALM_S = 150.0

RETRY = """
from core import clock
from payments.queries import stuck_refunds
from payments.services import refund_retry
for refund in stuck_refunds():
    refund_retry(refund_id=refund.pk, by_id=0, now=clock.now())
"""


@dataclass
class Day:
    """What was tried."""

    shop: Shop
    buyers: list[Buyer]
    seed: int
    orders: list[str] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def goods(self) -> tuple[list[str], list[str]]:
        """SKUs with stock enough, and products with a campaign."""
        skus = self.shop.sql(
            "SELECT s.public_id FROM catalog_sku s WHERE on_hand - reserved > 60 ORDER BY s.id"
        )
        products = self.shop.sql(
            "SELECT p.public_id FROM catalog_product p JOIN groupbuy_groupcampaign c "
            "ON c.product_id = p.id WHERE c.state = 'published' ORDER BY p.id"
        )
        return [row["public_id"] for row in skus], [row["public_id"] for row in products]

    def buyer_does(self, number: int, alone: int, groups: int) -> None:
        """One person's purchases: three of four are paid, the others forgotten, half of them with
        WeChat's cashier open."""
        dice, buyer = random.Random(f"{self.seed}:{number}"), self.buyers[number]
        skus, products = self.goods()
        for _ in range(alone):
            order = buyer.order(f"/checkout/?sku={dice.choice(skus)}&quantity=1")
            self._pay(buyer, order, dice)
        for product in dice.sample(products, min(groups, len(products))):
            self._pay(buyer, self._group(buyer, product, dice), dice)

    def _group(self, buyer: Buyer, product: str, dice: random.Random) -> str:
        open_ones = self.shop.sql(
            "SELECT g.public_id FROM groupbuy_group g JOIN groupbuy_groupcampaign c "
            "ON c.id = g.campaign_id JOIN catalog_product p ON p.id = c.product_id "
            "WHERE p.public_id = %s AND g.state = 'open' "
            "AND g.reserved + g.joined < g.size ORDER BY g.id LIMIT 3",
            product,
        )
        if open_ones and dice.random() < 0.8:
            return buyer.order(f"/g/{dice.choice(open_ones)['public_id']}/join/")
        return buyer.order(f"/p/{product}/group/")

    def _pay(self, buyer: Buyer, order: str, dice: random.Random) -> None:
        if not order:
            return
        self.orders.append(order)
        chance = dice.random()
        if chance < 0.75 and buyer.pay(order):
            self.paid.append(order)
        elif chance > 0.87:
            buyer.prepare(order)

    def trade(self, *, alone: int, groups: int) -> None:
        acts: list[Any] = [
            lambda n=n: self.buyer_does(n, alone, groups) for n in range(len(self.buyers))
        ]
        all_at_once(acts)

    def evening(self) -> None:
        """Every window, every group's time and every review's is over."""
        self.shop.sql(
            "UPDATE orders_order SET pay_before = now(), due_at = now() "
            "WHERE state = 'awaiting_payment' AND pay_before > now()"
        )
        self.shop.sql(
            "UPDATE groupbuy_group SET deadline_at = now() - interval '61 seconds', due_at = now() "
            "WHERE state = 'open' AND deadline_at > now()"
        )
        # Whoever pays late so often is looked at; nobody looks here, so the order goes on by itself.
        self.shop.sql(
            "UPDATE orders_riskreview SET due_at = now() WHERE outcome = '' AND due_at > now()"
        )

    def settle(self) -> None:
        """The weather clears: faults end, time passes at WeChat, staff retry what is stuck."""
        shop = self.shop
        shop.control("DELETE", "faults")
        shop.control("POST", "clock", advance_s=90000)
        shop.control("POST", "notices/flush")

        give_up = time.monotonic() + CALM_S
        while left := self.unsettled():
            assert time.monotonic() < give_up, f"still under way: {left}"
            self.hurry()
            time.sleep(2)

    def hurry(self) -> None:
        """Nobody waits here for what is only waiting for its time."""
        shop = self.shop
        # A payment that was found late opens its group late.
        self.evening()
        for table in ("payments_payment", "payments_refund", "orders_order"):
            unpaid = "AND state = 'awaiting_payment'" if table == "orders_order" else ""
            shop.sql(
                f"UPDATE {table} SET due_at = now() "
                f"WHERE due_at > now() + interval '2 seconds' {unpaid}"
            )
        shop.sql("UPDATE core_delivery SET due_at = now() WHERE delivered_at IS NULL")
        if shop.value("SELECT count(*) FROM payments_refund WHERE state = 'stuck'"):
            shop.manage("shell", "--no-imports", "-c", RETRY)
        shop.control("POST", "clock", advance_s=120)

    def unsettled(self) -> dict[str, int]:
        """What is still under way, by kind."""
        asked = {
            "orders": "SELECT count(*) FROM orders_order WHERE state IN "
            "('awaiting_payment', 'on_hold')",
            "groups": "SELECT count(*) FROM groupbuy_group WHERE state IN ('forming', 'open')",
            "refunds": "SELECT count(*) FROM payments_refund WHERE state <> 'succeeded'",
            "facts": "SELECT count(*) FROM core_delivery WHERE delivered_at IS NULL",
        }
        counted = {name: int(self.shop.value(text)) for name, text in asked.items()}
        return {name: number for name, number in counted.items() if number}


def day(shop: Shop, *, buyers: int, seed: int, name: str) -> Day:
    return Day(shop, crowd(shop, buyers, name=name), seed)
