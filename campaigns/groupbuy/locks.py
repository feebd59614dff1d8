"""Every lock of group-buy, and the two counters that are scarce.

The group comes first in the sequence of `docs/locking.md`, the campaign's quota second to last:

    group → order → payment → a person's newness to a store → campaign quota → SKUs

The parent row is locked, then its members move: compare-and-set on members alone would let two
last payers each count size − 1.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from campaigns.groupbuy.models import Group, GroupCampaign
from campaigns.groupbuy.states import CampaignState, GroupState
from core.prepared import Prepared
from core.rows import row_lock

# By hand, because every join runs them: building them costs more than running them.
_SEAT_TAKE = Prepared(
    "groupbuy_seat_take",
    """
    UPDATE groupbuy_group SET reserved = reserved + 1
    WHERE id = %(group)s AND state = %(open)s AND deadline_at > %(last_call)s
        AND size > reserved + joined + confirmed
    RETURNING CASE WHEN reserved + joined + confirmed <= COALESCE(least, size) THEN -1 ELSE 0 END
    """,
)
# One row says it all: a sum over groups would be of before the wait for the row.
_QUOTA_TAKE = Prepared(
    "groupbuy_quota_take",
    """
    UPDATE groupbuy_groupcampaign SET quota_used = quota_used + %(quantity)s,
        quota_needed = quota_needed + %(needs)s
    WHERE id = %(campaign)s AND quota >= quota_used + %(quantity)s
        AND (quota >= quota_used + quota_needed + %(quantity)s + %(needs)s
            OR %(quantity)s + %(needs)s <= 0)
        AND cancelled_at IS NULL AND (NOT %(leads)s OR state = %(published)s)
    """,
)
_QUOTA_GIVE_BACK = Prepared(
    "groupbuy_quota_give_back",
    """
    UPDATE groupbuy_groupcampaign SET quota_used = quota_used - %(quantity)s,
        quota_needed = quota_needed + %(needs)s
    WHERE id = %(campaign)s
    """,
)
# Nobody joins so late that there is hardly time to pay.
LAST_CALL = timedelta(minutes=2)


def group_lock(group_id: int) -> Group:
    """The group, locked until the transaction ends. Raises Group.DoesNotExist."""
    return row_lock(Group, group_id)


def groups_free(groups: QuerySet[Group], *, limit: int) -> list[int]:
    """The ids of the first of these groups that nobody holds at this moment. They are not locked
    afterwards: whoever goes through many of them waits for none that is held."""
    with transaction.atomic():
        free = groups.select_for_update(skip_locked=True, no_key=True).order_by("pk")
        return list(free.values_list("pk", flat=True)[:limit])


def campaign_lock(campaign_id: int) -> GroupCampaign:
    """The campaign, for publishing and ending it. Raises GroupCampaign.DoesNotExist."""
    return GroupCampaign.objects.select_for_update(no_key=True).get(pk=campaign_id)


def seat_take(*, group_id: int, now: datetime) -> int | None:
    """Take a seat of an open group if one is left; None when there is none to take. Otherwise by how
    many pieces it changes what the group needs: -1, or 0 when enough seats were taken before.

    One conditional UPDATE, which is the group's lock from here on.
    """
    values = {"group": group_id, "open": GroupState.OPEN.value, "last_call": now + LAST_CALL}
    found = _SEAT_TAKE.row(values)
    return None if found is None else int(found[0])


def newcomer_lock(*, user_id: int, store_id: int) -> None:
    """One person takes one newcomer's seat of a store at a time. Between payments and quotas."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"groupbuy:newcomer:{store_id}:{user_id}"],
        )


def quota_take(*, campaign_id: int, quantity: int, needs: int, leads: bool) -> bool:
    """Take from the campaign's quota if there is enough left. Comes after payments, before SKUs.

    `needs` is by how many pieces it changes what groups that have begun cannot succeed without: those
    are kept for them, so a new group and whoever takes more than a group waits for find as many free.
    A piece that a group waits for is always given, but by a campaign that is cancelled: its groups are
    being given up. A new group needs a campaign that still runs: its merchant may be ending it at this
    moment, and whoever cancels all of its groups must find this one or have stopped it.
    """
    values = {
        "campaign": campaign_id,
        "quantity": quantity,
        "needs": needs,
        "leads": leads,
        "published": CampaignState.PUBLISHED.value,
    }
    return _QUOTA_TAKE.count(values) == 1


def quota_give_back(*, campaign_id: int, quantity: int, needs: int = 0) -> None:
    """Return what seats that are gone had taken; `needs` is by how many pieces their group needs more
    or, now that it is decided, less."""
    if quantity or needs:
        _QUOTA_GIVE_BACK.count({"campaign": campaign_id, "quantity": quantity, "needs": needs})
