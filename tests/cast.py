"""The cast: Alice leads, Bob joins, Charlie is a stranger; 枣园 and 陶坊 are two merchants.

Money arrives through `payment_settle`, as a notice or a poll would bring it; nothing talks to the
network.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from accounts.models import User
from accounts.queries import AddressSnapshot, address_for_order
from accounts.tests.factories import address_make, user_make
from campaigns.groupbuy.models import Group, GroupCampaign, GroupPrice, Member
from campaigns.groupbuy.services import Joined, campaign_publish, group_join, group_lead
from catalog.models import Sku
from catalog.tests.factories import sku_make
from core import clock
from core.deliveries import deliveries_sweep
from core.idempotency import form_key_new
from core.invariants import audit
from orders.models import Order
from orders.services import OrderItem, order_buy
from payments.models import Payment
from payments.services import payment_settle
from payments.tests.factories import merchant_account_make, transaction_id_make
from stores.models import Store
from stores.tests.factories import store_make

_numbers = count(1)
LIST_FEN, GROUP_FEN, FREIGHT_FEN = 5900, 4900, 600


def store_open(name: str = "枣园", **changes: object) -> Store:
    """A store that can take money; freight 6 yuan."""
    store = store_make(name=name, **{"freight_fen": FREIGHT_FEN, **changes})
    merchant_account_make(store=store)
    return store


@dataclass(frozen=True)
class Person:
    """A shopper with an address."""

    user: User
    address: AddressSnapshot

    @property
    def id(self) -> int:
        return self.user.pk


def person(name: str = "") -> Person:
    user = user_make(nickname=name or f"买家{next(_numbers)}")
    address = address_make(user)
    return Person(user, address_for_order(user.pk, address.public_id))


def people(number: int) -> list[Person]:
    return [person() for _ in range(number)]


def sku_on_sale(store: Store | None = None, *, on_hand: int = 100) -> Sku:
    return sku_make(store=store or store_open(), price_fen=LIST_FEN, on_hand=on_hand)


def campaign_make(
    *,
    size: int = 2,
    on_hand: int = 100,
    store: Store | None = None,
    publish: bool = True,
    price_fen: int = GROUP_FEN,
    **fields: object,
) -> tuple[GroupCampaign, Sku]:
    """A published campaign of one SKU at 49 yuan (59 alone)."""
    sku = sku_on_sale(store, on_hand=on_hand)
    now = clock.now()
    campaign = GroupCampaign.objects.create(
        **{
            "store": sku.store,
            "product": sku.product,
            "size": size,
            "hours": 24,
            "starts_at": now - timedelta(hours=1),
            "ends_at": now + timedelta(days=10),
            "quota": 100,
            **fields,
        }
    )
    GroupPrice.objects.create(store=sku.store, campaign=campaign, sku=sku, price_fen=price_fen)
    if publish:
        campaign_publish(campaign_id=campaign.pk, now=now)
        campaign.refresh_from_db()
    return campaign, sku


def lead(campaign: GroupCampaign, sku: Sku, who: Person, **changes: object) -> Joined:
    return group_lead(**{**_form(who, sku), "campaign_id": campaign.pk, **changes})  # type: ignore[arg-type]


def join(group: str, sku: Sku, who: Person, **changes: object) -> Joined:
    return group_join(**{**_form(who, sku), "group_public_id": group, **changes})  # type: ignore[arg-type]


def _form(who: Person, sku: Sku) -> dict[str, object]:
    return {
        "user_id": who.id,
        "sku_id": sku.pk,
        "quantity": 1,
        "address": who.address,
        "note": "",
        "shows_profile": False,
        "expected_payable_fen": None,
        "form_key": form_key_new(),
        "now": clock.now(),
    }


def buy(who: Person, sku: Sku, *, quantity: int = 1, form_key: str = "") -> str:
    """An order at list price; its public id."""
    return order_buy(
        form_key=form_key or form_key_new(),
        buyer_id=who.id,
        store_id=sku.store_id,
        items=[OrderItem(sku.pk, quantity)],
        address=who.address,
        note="",
        expected_payable_fen=None,
        now=clock.now(),
    )


def pay(order_ref: str, *, now: datetime | None = None) -> bool:
    """The money of the order's newest attempt arrives."""
    payment = Payment.objects.filter(order_ref=order_ref).order_by("-pk")[0]
    return payment_settle(
        payment_id=payment.pk,
        transaction_id=transaction_id_make(),
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
        now=now or clock.now(),
    )


def group_open(
    campaign: GroupCampaign, sku: Sku, leader: Person | None = None
) -> tuple[Group, Joined]:
    """A group whose leader has paid."""
    joined = lead(campaign, sku, leader or person("Alice"))
    pay(joined.order_public_id)
    return Group.objects.get(public_id=joined.group_public_id), joined


def overdue(group: Group) -> None:
    """The group's deadline and grace have just passed."""
    past = clock.now() - timedelta(seconds=61)
    Group.objects.filter(pk=group.pk).update(deadline_at=past, due_at=clock.now())


def deliver() -> None:
    """Deliver every fact that waits, and what that brings about, as workers would."""
    for _ in range(20):
        if not deliveries_sweep(now=clock.now() + timedelta(minutes=20)):
            return
    raise AssertionError("facts bring about facts without end")


def order_of(ref: str) -> Order:
    return Order.objects.get(public_id=ref)


def member_of(ref: str) -> Member:
    return Member.objects.get(order__public_id=ref)


def broken(*names: str) -> list[str]:
    """What the audit finds, without the time limits of deliveries."""
    found = audit(now=clock.now(), names=names or None)
    return [f"{one.invariant}: {one.row}: {one.detail}" for one in found]
