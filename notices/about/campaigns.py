"""News of a group, a bargain or a flash sale for the people in it."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.bargain.gist import BargainGist, bargain_gist
from campaigns.flash.queries import FlashGist, flash_awaited
from campaigns.groupbuy.gist import GroupGist, group_gist
from core.money import yuan
from notices.about.subject import Subject, clock_words
from orders.queries import OrderGist

# A crowd is told in parts, each of them one write.
AT_ONCE = 500


def member_joined(event: Any) -> Iterator[Subject]:
    """Its leader hears of every newcomer, unless everybody hears that one more is enough."""
    group = group_gist(group_id=event.group_id)
    if group is not None and group.is_open and group.missing != 1:
        leader = tuple(
            seat.user_id
            for seat in group.seats
            if seat.is_leader and seat.member_id < event.member_id
        )
        yield _of_group(group, f"joined:{event.member_id}", leader)


def group_one_short(event: Any) -> Iterator[Subject]:
    """One more is enough: whoever was in before the newcomer hears it, once per group."""
    group = group_gist(group_id=event.group_id)
    if group is not None and group.is_open and group.missing == 1:
        before = tuple(seat.user_id for seat in group.seats if seat.member_id < event.member_id)
        yield _of_group(group, f"one_short:{event.group_id}", before)


def group_soon(order: OrderGist, group: GroupGist) -> Subject:
    """The order's group has an hour left, and takes more people."""
    assert group.deadline_at is not None
    until = clock_words(group.deadline_at)
    return _of_group(group, f"group_soon:{order.id}", (order.buyer_id,), until=until)


def group_succeeded(event: Any) -> Iterator[Subject]:
    group = group_gist(group_id=event.group_id)
    if group is None:
        return
    yield Subject(
        key=f"succeeded:{event.group_id}",
        store_id=group.store_id,
        people=tuple(seat.user_id for seat in group.seats),
        path=reverse("groupbuy:group", args=[group.public_id]),
        values=_group_values(group),
    )


def bargain_reached(event: Any) -> Iterator[Subject]:
    """The last cut landed: the price is kept for its launcher, who has not ordered yet."""
    bargain = bargain_gist(event.bargain_id)
    if bargain is not None and bargain.at_floor:
        yield _of_bargain(bargain, f"bargain_reached:{bargain.id}")


def bargain_soon(bargain: BargainGist) -> Subject:
    """The bargain has an hour left; reaching the floor may have given it another end."""
    return _of_bargain(bargain, f"bargain_soon:{bargain.id}:{bargain.deadline_at:%Y%m%d%H%M%S}")


def flash_soon(event: Any) -> Iterator[Subject]:
    """A flash sale opens: whoever asked to be reminded of one of its offers hears of that one."""
    for offer in flash_awaited(event.flash_id):
        yield from _of_flash(offer, f"flash:{offer.offer_id}")


def flash_off(event: Any) -> Iterator[Subject]:
    """A flash sale was called off: whoever waits for it need not."""
    for offer in flash_awaited(event.flash_id, called_off=True):
        yield from _of_flash(offer, f"flash_off:{offer.offer_id}")


def _wanted(group: GroupGist) -> str:
    """Whom the group waits for, and what becomes of it without them."""
    wanted = group.deal.wanted(missing=group.missing, left=group.seats_left)
    if not group.missing:
        return wanted
    ending = group.deal.ending.rstrip("。")
    return _("%(wanted)s；%(ending)s") % {"wanted": wanted, "ending": ending}


def _group_values(group: GroupGist) -> dict[str, str]:
    return {
        "store": group.store_name,
        "goods": group.goods,
        "size": str(group.size),
    }


def _of_group(group: GroupGist, key: str, people: tuple[int, ...], **values: str) -> Subject:
    return Subject(
        key=key,
        store_id=group.store_id,
        people=people,
        path=reverse("groupbuy:group", args=[group.public_id]),
        values={
            **_group_values(group),
            "left": str(group.missing),
            "wanted": _wanted(group),
            **values,
        },
    )


def _of_bargain(bargain: BargainGist, key: str) -> Subject:
    return Subject(
        key=key,
        store_id=bargain.store_id,
        people=(bargain.launcher_id,),
        path=reverse("bargain:bargain", args=[bargain.public_id]),
        values={
            "store": bargain.store_name,
            "goods": bargain.goods,
            "amount": yuan(bargain.price_fen),
            "until": clock_words(bargain.deadline_at),
        },
    )


def _of_flash(offer: FlashGist, key: str) -> Iterator[Subject]:
    for start in range(0, len(offer.user_ids), AT_ONCE):
        yield Subject(
            key=key,
            store_id=offer.store_id,
            people=offer.user_ids[start : start + AT_ONCE],
            # Told before the start or of none: its form would turn everybody away.
            path=reverse("flash:offer", args=[offer.public_id]),
            values={
                "store": offer.store_name,
                "goods": offer.goods,
                "amount": yuan(offer.flash_fen),
                "until": clock_words(offer.starts_at),
            },
        )
