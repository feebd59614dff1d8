"""Groups for newcomers (老带新): who may join one. Why so: `docs/decisions/0013-who-is-a-newcomer.md`."""

from campaigns.groupbuy.locks import newcomer_lock
from campaigns.groupbuy.models import Member
from campaigns.groupbuy.services.refusals import JoinRefused, NewcomerSeatTaken, NewcomersOnly
from campaigns.groupbuy.states import MemberState
from orders.queries import has_paid_at


def newcomer_check(user_id: int, store_id: int, campaign_id: int) -> None:
    """Whoever takes a newcomer's seat is one, and holds one such seat of the store at a time. Raises
    NewcomersOnly, NewcomerSeatTaken."""
    newcomer_lock(user_id=user_id, store_id=store_id)
    if (refusal := newcomer_refusal(user_id, store_id, campaign_id)) is not None:
        raise refusal


def newcomer_refusal(user_id: int, store_id: int, campaign_id: int) -> JoinRefused | None:
    """Why the person may not join as a newcomer, other seats in the same campaign aside."""
    if has_paid_at(user_id, store_id):
        return NewcomersOnly()
    elsewhere = Member.objects.filter(
        user_id=user_id,
        store_id=store_id,
        state=MemberState.RESERVED,
        is_leader=False,
        campaign__newcomers_only=True,
    ).exclude(campaign_id=campaign_id)
    ref = elsewhere.values_list("order__public_id", flat=True).first()
    return NewcomerSeatTaken(ref) if ref is not None else None
