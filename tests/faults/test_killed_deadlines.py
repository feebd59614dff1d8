"""SIGKILL for what decides groups and pays them back, while very many groups are due; what was killed
is started again, and nothing else needs to be."""

import json
import time

from bench.event import GOODS
from local.services import WORKERS
from tests.crowd import all_at_once, chunks
from tests.faults.power import DEAD_S, kill, start
from tests.faults.traffic import day

MCHID = "1900000101"
# The worker on deadlines is the last: each wave waits until it is back.
PARTS = ("worker", "beat", "valkey", "deadlines")
# Of each wave so many groups fall due before the kill, the others while what was killed is dead.
WAVE, BEFORE = 24, 18
GROUPS, SIZE = WAVE * len(PARTS), 5
# In every fourth group somebody else has paid, too.
EVERY = 4
SEATS = GROUPS + GROUPS // EVERY
PATIENCE_S, LOOK_S = 60.0, 0.02

UNOPENED = "SELECT count(*) FROM groupbuy_group WHERE state <> 'open'"
UNPAID = "SELECT count(*) FROM groupbuy_member WHERE state <> 'joined'"
OPEN = "SELECT count(*) FROM groupbuy_group WHERE state IN ('forming', 'open')"
OVERDUE = (
    "SELECT count(*) FROM groupbuy_group "
    "WHERE id = ANY(%s) AND state = 'open' AND deadline_at <= now()"
)
FALL_DUE = (
    "UPDATE groupbuy_group SET deadline_at = now() - interval '61 seconds', due_at = now() "
    "WHERE id = ANY(%s)"
)
# What a killed worker had claimed comes back after a minute: nobody waits here for that.
LEASES_OVER = (
    "UPDATE groupbuy_group SET due_at = now() "
    "WHERE state = 'open' AND due_attempts > 0 AND due_at > now()"
)
REFUNDS = """
SELECT o.public_id, p.amount_fen AS paid_fen, count(r.id) AS refunds,
    coalesce(sum(r.amount_fen) FILTER (WHERE r.state = 'succeeded'), 0) AS back_fen
FROM groupbuy_member m
JOIN groupbuy_group g ON g.id = m.group_id AND g.state = 'failed'
JOIN orders_order o ON o.id = m.order_id
JOIN payments_payment p ON p.order_ref = o.public_id AND p.state = 'succeeded'
LEFT JOIN payments_refund r ON r.payment_id = p.id
GROUP BY o.public_id, p.id
"""


def test_whatever_is_killed_amid_a_mass_of_deadlines_every_seat_is_refunded_once(shop):
    trade = day(shop, buyers=SEATS, seed=7, name="due")
    waves = chunks(groups_paid(trade), WAVE)
    undecided = {}
    for part, wave in zip(PARTS, waves, strict=True):
        undecided[part] = killed_part_way(shop, part, wave)
    until_none(shop, OPEN, what="groups are undecided", hurry=LEASES_OVER)
    trade.settle()
    ended = [part for part in (*WORKERS, "beat") if not shop.stack[part].running]
    assert ended == [], "these ended with what was killed"
    # Every kill came when some groups of its wave were decided and others were overdue.
    assert [one for one in undecided.values() if not 0 < one < BEFORE] == [], undecided
    refunded_once(shop)
    assert shop.audit() == []


def groups_paid(trade):
    """Open groups that lack people, all of one card, and every seat in them is paid; their ids in
    their sequence."""
    shop = trade.shop
    leaders, friends = trade.buyers[:GROUPS], trade.buyers[GROUPS:]
    product = goods_on_sale(shop)
    seats_paid([(buyer, f"/p/{product}/group/") for buyer in leaders])
    # A notice, and not the payer's page, tells the shop of the money.
    until_none(shop, UNOPENED, what="groups are not open")
    groups = shop.sql("SELECT id, public_id FROM groupbuy_group ORDER BY id")
    asked = zip(friends, groups[::EVERY], strict=True)
    seats_paid([(buyer, f"/g/{group['public_id']}/join/") for buyer, group in asked])
    until_none(shop, UNPAID, what="seats are not paid")
    return [group["id"] for group in groups]


def goods_on_sale(shop):
    """A product with a group-buy campaign, and pieces for every seat."""
    asked = json.dumps({"pieces": GROUPS * SIZE, "size": SIZE})
    done = shop.manage("shell", "--no-imports", "-c", GOODS, text=asked)
    assert done.returncode == 0, done.stderr
    product, _sku = json.loads(done.stdout.strip().splitlines()[-1])
    return product


def seats_paid(wanted):
    """Take these seats, each by its buyer, and pay for them in WeChat's cashier."""

    def paid(buyer, path):
        order = buyer.order(path)
        return bool(order) and buyer.prepare(order) and buyer.pay_at_wechat(order)

    done = all_at_once([lambda one=one: paid(*one) for one in wanted])
    failed = [one for one, is_paid in zip(wanted, done, strict=True) if not is_paid]
    assert failed == [], [(path, buyer.refusals) for buyer, path in failed]


def killed_part_way(shop, part, wave):
    """Let a wave of groups fall due and kill the part when some of them are decided; how many were
    not when the part was dead.

    Groups are decided one after the other, so whoever holds a seat in the middle of the wave keeps
    some from being decided any sooner.
    """
    before, meanwhile = wave[:BEFORE], wave[BEFORE:]
    seat = shop.value(
        "SELECT id FROM groupbuy_member WHERE group_id = %s AND is_leader", before[BEFORE // 2]
    )
    with shop.row_held("groupbuy_member", seat, column="id"):
        shop.sql(FALL_DUE, before)
        some_decided(shop, before)
        kill(shop, part)
        undecided = shop.value(OVERDUE, before)
    shop.sql(FALL_DUE, meanwhile)
    time.sleep(DEAD_S)
    start(shop, part)
    return undecided


def some_decided(shop, groups):
    """Wait until the first of these overdue groups are decided; not all of them are."""
    give_up = time.monotonic() + PATIENCE_S
    while (left := shop.value(OVERDUE, groups)) == len(groups):
        assert time.monotonic() < give_up, f"all {left} groups are undecided"
        time.sleep(LOOK_S)
    assert left > 0


def until_none(shop, counted, *, what, hurry=""):
    """Wait until nothing is counted; `hurry` is done again and again meanwhile."""
    give_up = time.monotonic() + PATIENCE_S
    while left := shop.value(counted):
        assert time.monotonic() < give_up, f"{left} {what} after {PATIENCE_S:.0f} s"
        if hurry:
            shop.sql(hurry)
        time.sleep(0.5)


def refunded_once(shop):
    """All the money of every seat is back, by one refund, here and at WeChat; no staff was needed."""
    seats = shop.sql(REFUNDS)
    assert len({one["public_id"] for one in seats}) == len(seats) == SEATS
    assert [one for one in seats if (one["refunds"], one["back_fen"]) != (1, one["paid_fen"])] == []
    assert shop.value("SELECT count(*) FROM payments_refund") == SEATS
    assert shop.value("SELECT count(*) FROM core_fact WHERE name = 'refund.stuck'") == 0
    theirs = shop.control("GET", f"books?mchid={MCHID}")["refunds"]
    assert [one for one in theirs if one["state"] != "SUCCESS"] == []
    assert len({one["out_trade_no"] for one in theirs}) == len(theirs) == SEATS
