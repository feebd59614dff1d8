"""What an order earned: made to agree with the order, whatever happened to it and in whatever turn.

A fact says only that something happened; the amount is computed from the order as it is now, and
an entry books the difference. So facts may come late, twice, or in another sequence.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core.idempotency import form_claim
from core.money import yuan
from orders.queries import KeptLine, OrderKept, order_kept
from sharers.locks import sharer_lock
from sharers.models import Reward, RewardEntry, Sharer, SharerPlan, SkuRate
from sharers.rates import Rate, reward_fen
from sharers.states import REWARD, RewardState
from sharing.queries import order_source


class PayoutRefused(Exception):
    """A payout that cannot be booked or taken back; the message says why, for the merchant."""


def rewards_settle(*, order_id: int, pins: bool = False, now: datetime) -> int:
    """Make what an order's lines earn agree with the order; by how many fen it changed.

    `pins` when the order was just found to be somebody's: the terms of now are kept, and from then on
    it is that sharer's, whatever becomes of sharer and plan. Nothing for an order without terms, and
    no terms for somebody who was no sharer when it was placed. An order is worth something from when
    it may be shipped until it is cancelled; a line that was given up is worth nothing. Safe to repeat.
    """
    sharer_id = _sharer_id(order_id)
    if sharer_id is None:
        return 0
    with transaction.atomic():
        sharer = sharer_lock(sharer_id)
        # Behind the lock: somebody else may be settling it, or bring the terms, at this moment.
        order = order_kept(order_id)
        assert order is not None
        known = _known(order_id)
        if not known and pins and _was_sharing(sharer, order):
            known = _pinned(order, sharer=sharer)
        return sum(
            _agree(known[line.id], order, line, sharer=sharer, now=now)
            for line in order.lines
            if line.id in known
        )


def reward_release(*, reward_id: int, now: datetime) -> bool:
    """The time to return the order is over: what it earned may be paid out. False when it is too
    early, or was done before."""
    hint = Reward.objects.get(pk=reward_id)
    with transaction.atomic():
        sharer = sharer_lock(hint.sharer_id)
        reward = Reward.objects.get(pk=reward_id)
        order = order_kept(reward.order_id)
        if order is None or order.received_at is None:
            return False
        if now < order.received_at + timedelta(days=reward.frozen_days):
            return False
        if not REWARD.move_row(
            reward, "release", now=now, changes={"released_at": now, "due_at": None}
        ):
            return False
        sharer.frozen_fen -= reward.amount_fen
        sharer.available_fen += reward.amount_fen
        sharer.save(update_fields=["frozen_fen", "available_fen"])
    return True


def payout_record(
    *, sharer_id: int, amount_fen: int, note: str, by_id: int, form_key: str, now: datetime
) -> RewardEntry | None:
    """Book what the merchant paid a sharer by other means; None when this form booked it before.

    Raises PayoutRefused for more than may be paid out.
    """
    with transaction.atomic():
        owner = form_owner(sharer_id)
        if form_claim(owner=owner, key=form_key, purpose="payout", result={}, now=now) is not None:
            return None
        sharer = sharer_lock(sharer_id)
        if not 1 <= amount_fen <= sharer.available_fen:
            raise PayoutRefused(
                _("现在最多可以结算 %(most)s 元。") % {"most": yuan(max(sharer.available_fen, 0))}
            )
        entry = RewardEntry.objects.create(
            store_id=sharer.store_id,
            sharer=sharer,
            kind=RewardEntry.Kind.PAYOUT,
            amount_fen=-amount_fen,
            note=note,
            by_id=by_id,
            at=now,
        )
        sharer.available_fen -= amount_fen
        sharer.save(update_fields=["available_fen"])
    return entry


def form_owner(sharer_id: int) -> str:
    """Whose form keys those of payouts are: whoever of the staff sends the form."""
    return f"sharer:{sharer_id}"


def payout_reverse(*, entry_id: int, reason: str, by_id: int, now: datetime) -> bool:
    """Put right a payout that was booked by mistake, by an entry against it; False when that was
    done before. Raises PayoutRefused for an entry that is no payout."""
    paid = RewardEntry.objects.get(pk=entry_id)
    if paid.kind != RewardEntry.Kind.PAYOUT:
        raise PayoutRefused(_("只有已登记的结算可以更正。"))
    with transaction.atomic():
        sharer = sharer_lock(paid.sharer_id)
        if RewardEntry.objects.filter(reverses=paid).exists():
            return False
        RewardEntry.objects.create(
            store_id=paid.store_id,
            sharer=sharer,
            kind=RewardEntry.Kind.REVERSAL,
            reverses=paid,
            amount_fen=-paid.amount_fen,
            note=reason,
            by_id=by_id,
            at=now,
        )
        sharer.available_fen -= paid.amount_fen
        sharer.save(update_fields=["available_fen"])
    return True


def _known(order_id: int) -> dict[int, Reward]:
    return {one.line_id: one for one in Reward.objects.filter(order_id=order_id)}


def _sharer_id(order_id: int) -> int | None:
    """Who is rewarded for the order, or would be, had it terms; None when a share did not bring it."""
    reward = Reward.objects.filter(order_id=order_id).first()
    if reward is not None:
        return reward.sharer_id
    source = order_source(order_id)
    if source is None:
        return None
    sharers = Sharer.objects.filter(store_id=source.store_id, person_id=source.sharer_id)
    return sharers.values_list("pk", flat=True).first()


def _was_sharing(sharer: Sharer, order: OrderKept) -> bool:
    """Needs the sharer's lock: whoever closes the account meanwhile is promised nothing any more.
    Nobody is rewarded for what they buy themselves."""
    if sharer.person_id == order.buyer_id:
        return False
    if sharer.approved_at is None or sharer.approved_at > order.placed_at:
        return False
    return sharer.stopped_at is None or sharer.stopped_at > order.placed_at


def _pinned(order: OrderKept, *, sharer: Sharer) -> dict[int, Reward]:
    """The lines' rewards, worth nothing yet, on the terms of now; none when the store pays none."""
    plan = SharerPlan.objects.filter(store_id=order.store_id, pays_rewards=True).first()
    if plan is None:
        return {}
    own = {
        one.sku_id: Rate(one.rate_bp, one.fixed_fen)
        for one in SkuRate.objects.filter(sku_id__in=[line.sku_id for line in order.lines])
    }
    made = {}
    for line in order.lines:
        rate = own.get(line.sku_id, Rate(rate_bp=plan.rate_bp))
        made[line.id] = Reward.objects.create(
            store_id=order.store_id,
            sharer=sharer,
            order_id=order.id,
            line_id=line.id,
            rate_bp=rate.rate_bp,
            fixed_fen=rate.fixed_fen,
            frozen_days=plan.frozen_days,
        )
    return made


def _agree(
    reward: Reward, order: OrderKept, line: KeptLine, *, sharer: Sharer, now: datetime
) -> int:
    wanted = 0
    if order.is_kept and not line.is_cancelled:
        rate = Rate(reward.rate_bp, reward.fixed_fen)
        wanted = reward_fen(rate, paid_fen=line.paid_fen, quantity=line.quantity)
    change = wanted - reward.amount_fen
    if change:
        RewardEntry.objects.create(
            store_id=reward.store_id,
            sharer=sharer,
            reward=reward,
            kind=RewardEntry.Kind.EARN if change > 0 else RewardEntry.Kind.CLAW_BACK,
            amount_fen=change,
            note=line.name[:120],
            at=now,
        )
        if reward.state == RewardState.FROZEN:
            sharer.frozen_fen += change
        else:
            sharer.available_fen += change
        sharer.save(update_fields=["frozen_fen", "available_fen"])
        reward.amount_fen = wanted
        reward.earned_at = reward.earned_at or now
        reward.save(update_fields=["amount_fen", "earned_at"])
    if reward.state == RewardState.FROZEN and order.received_at is not None:
        due_at = order.received_at + timedelta(days=reward.frozen_days)
        if reward.due_at != due_at:
            Reward.objects.filter(pk=reward.pk).update(due_at=due_at)
    return change
