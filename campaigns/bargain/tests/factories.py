"""Campaigns and bargains for tests, made through the services."""

from datetime import timedelta

from campaigns.bargain.models import Bargain, BargainCampaign
from campaigns.bargain.services import (
    bargain_buy,
    bargain_help,
    bargain_launch,
    campaign_publish,
)
from catalog.models import Sku
from core import clock
from core.idempotency import form_key_new
from orders.tests.factories import Person, person, sku_on_sale
from stores.models import Store

FLOOR_FEN = 3900


def campaign_make(
    *,
    store: Store | None = None,
    sku: Sku | None = None,
    on_hand: int = 100,
    publish: bool = True,
    **fields: object,
) -> BargainCampaign:
    """A published campaign of one SKU: from 59 yuan to 39 with four helpers, one a newcomer's cut."""
    sku = sku or sku_on_sale(store, on_hand=on_hand)
    now = clock.now()
    campaign = BargainCampaign.objects.create(
        **{
            "store": sku.store,
            "sku": sku,
            "floor_fen": FLOOR_FEN,
            "helpers": 4,
            "newcomer_percent": 25,
            "newcomer_weight": 3,
            "starts_at": now - timedelta(hours=1),
            "ends_at": now + timedelta(days=10),
            "quota": 100,
            "helps_per_day": 50,
            **fields,
        }
    )
    if publish:
        campaign_publish(campaign_id=campaign.pk, now=now)
        campaign.refresh_from_db()
    return campaign


def launch(
    campaign: BargainCampaign, who: Person | None = None, *, form_key: str = "", shows: bool = False
) -> Bargain:
    """A bargain that has just begun."""
    ref = bargain_launch(
        campaign_id=campaign.pk,
        user_id=(who or person("Alice")).id,
        shows_profile=shows,
        form_key=form_key or form_key_new(),
        now=clock.now(),
    )
    return Bargain.objects.get(public_id=ref)


def give(bargain: Bargain, who: Person | None = None) -> int:
    """One help; what it cut."""
    return bargain_help(
        bargain_public_id=bargain.public_id, user_id=(who or person()).id, now=clock.now()
    )


def reached(campaign: BargainCampaign, who: Person | None = None) -> Bargain:
    """A bargain at its floor."""
    bargain = launch(campaign, who)
    for _ in range(bargain.helpers):
        give(bargain)
    bargain.refresh_from_db()
    return bargain


def buy(bargain: Bargain, who: Person, **changes: object) -> str:
    """An order at the bargain's price, not paid yet; its public id."""
    return bargain_buy(
        **{  # type: ignore[arg-type]
            "bargain_public_id": bargain.public_id,
            "user_id": who.id,
            "address": who.address,
            "note": "",
            "expected_payable_fen": None,
            "form_key": form_key_new(),
            "now": clock.now(),
            **changes,
        }
    )


def overdue(bargain: Bargain) -> None:
    """The bargain's deadline has just passed."""
    past = clock.now() - timedelta(seconds=1)
    Bargain.objects.filter(pk=bargain.pk).update(deadline_at=past, due_at=past)
