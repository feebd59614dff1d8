"""A merchant at the orders of their office, in a browser."""

from typing import Any


class Office:
    """What a merchant does with one order."""

    def __init__(self, shop: Any, merchant: Any, order: str) -> None:
        self.merchant, self.page = merchant, merchant.page
        pk = shop.value("SELECT id FROM orders_order WHERE public_id = %s", order)
        self.address = f"/office/orders/order/{pk}/change/"

    def act(self, action: str, submit: str, said: Any, **fields: str) -> None:
        """Fill in one of the order's actions, and wait for what is said of it."""
        self.merchant.open(self.address)
        self.page.locator(f"a[href$='/{action}/']").first.click()
        for name, value in fields.items():
            field = self.page.locator(f"[name={name}]")
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        self.page.get_by_role("button", name=submit).click()
        self.page.get_by_text(said).first.wait_for()
