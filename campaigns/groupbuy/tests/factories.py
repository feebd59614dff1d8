"""Campaigns, groups and seats for tests, made through the services."""

from datetime import timedelta

from campaigns.groupbuy.models import Group, GroupCampaign, GroupPrice, Member
from campaigns.groupbuy.services import Joined, Shown, campaign_publish, group_join, group_lead
from catalog.models import Sku
from core import clock
from core.idempotency import form_key_new
from orders.tests.factories import Person, pay, person, sku_on_sale
from stores.models import Store

GROUP_FEN = 4900


def campaign_make(
    *,
    size: int = 2,
    on_hand: int = 100,
    store: Store | None = None,
    publish: bool = True,
    price_fen: int = GROUP_FEN,
    leader_fen: int | None = None,
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
    GroupPrice.objects.create(
        store=sku.store, campaign=campaign, sku=sku, price_fen=price_fen, leader_fen=leader_fen
    )
    if publish:
        campaign_publish(campaign_id=campaign.pk, now=now)
        campaign.refresh_from_db()
    return campaign, sku


def lead(campaign: GroupCampaign, sku: Sku, who: Person, **changes: object) -> Joined:
    """A seat at the head of a new group, not paid yet."""
    return group_lead(**{**_form(who, sku), "campaign_id": campaign.pk, **changes})  # type: ignore[arg-type]


def join(group: str, sku: Sku, who: Person, **changes: object) -> Joined:
    """A seat in the group, not paid yet."""
    return group_join(**{**_form(who, sku), "group_public_id": group, **changes})  # type: ignore[arg-type]


def _form(who: Person, sku: Sku) -> dict[str, object]:
    return {
        "user_id": who.id,
        "sku_id": sku.pk,
        "quantity": 1,
        "address": who.address,
        "note": "",
        "shows_profile": False,
        "shown": Shown(),
        "form_key": form_key_new(),
        "now": clock.now(),
    }


def group_open(
    campaign: GroupCampaign, sku: Sku, leader: Person | None = None, **changes: object
) -> tuple[Group, Joined]:
    """A group whose leader has paid."""
    joined = lead(campaign, sku, leader or person("Alice"), **changes)
    pay(joined.order_public_id)
    return Group.objects.get(public_id=joined.group_public_id), joined


def overdue(group: Group) -> None:
    """The group's deadline and grace have just passed."""
    past = clock.now() - timedelta(seconds=61)
    Group.objects.filter(pk=group.pk).update(deadline_at=past, due_at=clock.now())


def member_of(order_ref: str) -> Member:
    """The seat of an order."""
    return Member.objects.get(order__public_id=order_ref)
