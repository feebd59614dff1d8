"""The cart: what somebody means to buy. It reserves nothing, so nothing here needs a lock.

An owner is a signed-in person or a guest's cookie; signing in pours the guest's cart into the
person's. Every write is one statement, safe to repeat and to race.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.queries import AddressSnapshot
from catalog.queries import SkuForSale
from core.idempotency import form_claim
from orders.models import CartLine, Order
from orders.pricing import MAX_QUANTITY
from orders.services.offer import OrderItem
from orders.services.place import order_buy

MAX_LINES = 120
# As long as the guest's cookie lives.
GUEST_AGE = timedelta(days=30)


class CartFull(Exception):
    """The cart holds as many different goods as it can; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            _("购物车最多放 %(limit)d 种商品，请先结算或删掉一些。") % {"limit": MAX_LINES}
        )


@dataclass(frozen=True)
class Owner:
    """Whose cart: a person, or a guest who has a cookie."""

    user_id: int | None
    guest: str = ""

    @property
    def key(self) -> str:
        return f"user:{self.user_id}" if self.user_id is not None else f"guest:{self.guest}"

    def lines(self) -> QuerySet[CartLine]:
        """The owner's rows; nobody's for somebody without a cookie."""
        if self.user_id is not None:
            return CartLine.objects.filter(user_id=self.user_id, guest="")
        if self.guest:
            return CartLine.objects.filter(user=None, guest=self.guest)
        return CartLine.objects.none()


_ADD = """
    INSERT INTO orders_cartline AS line
        (user_id, guest, store_id, sku_id, quantity, selected, seen_fen, added_at)
    VALUES (%s, %s, %s, %s, %s, TRUE, %s, %s)
    ON CONFLICT ({owner}, sku_id) WHERE {which} DO UPDATE SET
        quantity = LEAST(line.quantity + EXCLUDED.quantity, %s), selected = TRUE,
        seen_fen = EXCLUDED.seen_fen, added_at = EXCLUDED.added_at
"""
_MINE = "user_id = %s AND guest = '' AND sku_id = %s"
_ADD_USERS = _ADD.format(owner="user_id", which="guest = ''")
_ADD_GUESTS = _ADD.format(owner="guest", which="NOT guest = ''")


def cart_add(*, owner: Owner, sku: SkuForSale, quantity: int, form_key: str, now: datetime) -> bool:
    """Put so many more into the cart; False for a form that was sent before. Raises CartFull."""
    with transaction.atomic():
        if (
            form_claim(owner=owner.key, key=form_key, purpose="cart", result={}, now=now)
            is not None
        ):
            return False
        lines = owner.lines()
        if lines.exclude(sku_id=sku.id).count() >= MAX_LINES:
            raise CartFull
        with connection.cursor() as cursor:
            cursor.execute(
                _ADD_USERS if owner.user_id is not None else _ADD_GUESTS,
                [
                    *(owner.user_id, owner.guest, sku.store_id, sku.id),
                    min(quantity, MAX_QUANTITY),
                    *(sku.price_fen, now, MAX_QUANTITY),
                ],
            )
    return True


def cart_update(*, owner: Owner, quantities: Mapping[int, int], selected: Iterable[int]) -> None:
    """Set quantities by SKU id, and which of those SKUs are selected; others stay as they are."""
    chosen = set(selected)
    lines = list(owner.lines().filter(sku_id__in=list(quantities)))
    for line in lines:
        line.quantity = min(max(quantities[line.sku_id], 1), MAX_QUANTITY)
        line.selected = line.sku_id in chosen
    CartLine.objects.bulk_update(lines, ["quantity", "selected"])


def cart_remove(*, owner: Owner, sku_ids: Iterable[int]) -> int:
    """Take SKUs out; how many there were."""
    return owner.lines().filter(sku_id__in=list(sku_ids)).delete()[0]


def cart_buy(
    *,
    form_key: str,
    user_id: int,
    store_id: int,
    quantities: Mapping[int, int],
    address: AddressSnapshot,
    note: str,
    expected_payable_fen: int | None,
    checkout_ref: str,
    wishes: Mapping[str, str] | None = None,
    now: datetime,
) -> str:
    """Order one store's part of the cart, which leaves the cart with it; the order's public id.

    `quantities` are by SKU id, `form_key` is the whole checkout's: the second sender gets the first
    one's order, and nothing more leaves the cart. Raises as `order_place`.
    """
    with transaction.atomic():
        ref = order_buy(
            form_key=f"{form_key}:{store_id}",
            buyer_id=user_id,
            store_id=store_id,
            items=[OrderItem(sku_id, quantity) for sku_id, quantity in quantities.items()],
            address=address,
            note=note,
            expected_payable_fen=expected_payable_fen,
            now=now,
            wishes=wishes,
        )
        made_now = Order.objects.filter(public_id=ref, placed_at=now)
        if made_now.update(checkout_ref=checkout_ref):
            _bought(user_id, quantities)
    return ref


def _bought(user_id: int, quantities: Mapping[int, int]) -> None:
    """Take out what was bought; what was added meanwhile stays."""
    with connection.cursor() as cursor:
        for sku_id, quantity in sorted(quantities.items()):
            mine = [user_id, sku_id, quantity]
            cursor.execute(f"DELETE FROM orders_cartline WHERE {_MINE} AND quantity <= %s", mine)
            if not cursor.rowcount:
                cursor.execute(
                    f"UPDATE orders_cartline SET quantity = quantity - %s WHERE {_MINE}"
                    " AND quantity > %s",
                    [quantity, *mine],
                )


def cart_adopt(*, guest: str, user_id: int) -> int:
    """A guest signed in: the cookie's cart is poured into the person's; how many rows it had.

    The same SKU in both is added up. One statement, so that signing in twice at once pours once.
    """
    return _poured("guest = %s AND user_id IS NULL", guest, user_id) if guest else 0


def cart_fold(*, folded_id: int, person_id: int) -> int:
    """Two accounts of one person became one: what the folded one's cart held, as `cart_adopt`."""
    return _poured("user_id = %s AND guest = ''", folded_id, person_id)


def _poured(whose: str, key: str | int, user_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH poured AS (DELETE FROM orders_cartline WHERE {whose} RETURNING *)
            INSERT INTO orders_cartline AS line
                (user_id, guest, store_id, sku_id, quantity, selected, seen_fen, added_at)
            SELECT %s, '', store_id, sku_id, quantity, selected, seen_fen, added_at
            FROM poured ORDER BY sku_id
            ON CONFLICT (user_id, sku_id) WHERE guest = '' DO UPDATE SET
                quantity = LEAST(line.quantity + EXCLUDED.quantity, %s), selected = TRUE,
                added_at = GREATEST(line.added_at, EXCLUDED.added_at)
            """,
            [key, user_id, MAX_QUANTITY],
        )
        return cursor.rowcount


def carts_forget(*, now: datetime) -> int:
    """Drop the carts of guests whose cookie has ended; how many rows."""
    old = CartLine.objects.filter(added_at__lt=now - GUEST_AGE).exclude(guest="")
    return old.delete()[0]
