"""Very many groups whose deadline is the same second: `make bench ARGS=deadlines`.

One group with a paid leader is made through the services, and copied with its people, orders and
payments; all of them share one campaign and one SKU, as after one shared card. As many
workers as `make run` has then settle them: one decides the groups, two deliver what follows. Every
group failed, its order cancelled, its refund written; nobody hands refunds over here.
"""

import argparse
import cProfile
import pstats
import subprocess
import sys
import time
from datetime import datetime, timedelta

from bench.copies import rows_copy

GROUPS, DELIVERERS = 10_000, 2
LIMIT_S, PROFILED_S = 60.0, 10.0
# Deadlines that only wait for a worker that hands something over to Tencent.
WAITING = ("notices.delivery ", "payments.refund ")
# Everything of a group but its goods: the SKU and the campaign's quota stay as hot as they would be.
COPIED = (
    *("accounts_user", "groupbuy_group", "groupbuy_member"),
    *("orders_order", "orders_orderline", "orders_orderhold"),
    *("payments_payment", "payments_ledgerentry"),
)
SHELF = """
    INSERT INTO catalog_stockmovement (store_id, sku_id, kind, on_hand_change, reserved_change,
        reference, reason, moved_at)
    SELECT line.store_id, line.sku_id, 'reserve', 0, line.quantity, o.public_id, '', o.placed_at
    FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
    ON CONFLICT DO NOTHING;
    INSERT INTO catalog_stockmovement (store_id, sku_id, kind, on_hand_change, reserved_change,
        reference, reason, moved_at)
    SELECT store_id, id, 'restock', %(groups)s, 0, '', '', now() FROM catalog_sku;
    UPDATE catalog_sku SET
        on_hand = (SELECT sum(on_hand_change) FROM catalog_stockmovement WHERE sku_id = catalog_sku.id),
        reserved = (SELECT sum(reserved_change) FROM catalog_stockmovement
            WHERE sku_id = catalog_sku.id);
    UPDATE groupbuy_groupcampaign SET quota = 2 * %(groups)s + 100,
        quota_used = (SELECT COALESCE(sum(quantity), 0) FROM groupbuy_member),
        quota_needed = (SELECT COALESCE(sum(size - joined), 0) FROM groupbuy_group);
"""


def main(argv: list[str]) -> int:
    """Fill an empty, migrated database, let the groups fall due, and wait; 1 when anything is left or
    broken, or when it takes longer than a minute: the profile above the last line says why."""
    parser = argparse.ArgumentParser(prog="bench deadlines")
    parser.add_argument("--groups", type=int, default=GROUPS)
    parser.add_argument("--deliverers", type=int, default=DELIVERERS)
    options = parser.parse_args(argv)
    print(f"making {options.groups:,} groups …", flush=True)
    due_at = groups_fill(options.groups, due_in_s=5.0)
    workers = [
        subprocess.Popen([sys.executable, "-m", "bench.due", str(number)])
        for number in range(1 + options.deliverers)
    ]
    for worker in workers:
        worker.wait()
    settled, refunds, seconds = outcome(due_at)
    findings = broken()
    for line in findings[:10]:
        print(line)
    print(
        f"deadlines: groups={options.groups} deliverers={options.deliverers} settled={settled} "
        f"refunds={refunds} findings={len(findings)} seconds={seconds:.1f}"
    )
    if seconds > LIMIT_S:
        print(f"  longer than {LIMIT_S:.0f} seconds: the profile above says what they went into")
    done = settled == refunds == options.groups and not findings
    return int(not done or seconds > LIMIT_S)


def groups_fill(groups: int, *, due_in_s: float) -> datetime:
    """So many open groups with a paid leader each; the instant when all of them are due."""
    from django.db import connection

    from campaigns.groupbuy.models import Group
    from campaigns.groupbuy.tests.factories import campaign_make, group_open
    from core import clock
    from core.deliveries import deliveries_sweep

    campaign, sku = campaign_make()
    group_open(campaign, sku)
    while deliveries_sweep(now=clock.now() + timedelta(minutes=20)):
        pass
    rows_copy(COPIED, groups - 1)
    with connection.cursor() as cursor:
        cursor.execute(SHELF, {"groups": groups})
        cursor.execute("ANALYZE")
    due_at = clock.now() + timedelta(seconds=due_in_s)
    Group.objects.update(deadline_at=due_at - timedelta(seconds=61), due_at=due_at)
    return due_at


def work(number: int) -> None:
    """One worker's life until every paid order is cancelled: 0 decides groups, the others deliver.

    The first that delivers keeps a profile of its beginning: it slows down what it sees.
    """
    import django

    django.setup()
    from core import clock, tasks
    from core.deliveries import delivery_attempt
    from core.nudges import nudged
    from orders.models import Order

    profile, begun = cProfile.Profile(), time.monotonic()
    while Order.objects.filter(state="on_hold").exists():
        if number == 0:
            tasks.deadlines_tick()
        for pk in nudged() if number else ():
            if number == 1 and time.monotonic() - begun < PROFILED_S:
                profile.runcall(delivery_attempt, pk, now=clock.now())
            else:
                delivery_attempt(pk, now=clock.now())
        time.sleep(0.05)
    if number == 1:
        pstats.Stats(profile).sort_stats("cumulative").print_stats("campaigns|orders|payments", 12)


def outcome(due_at: datetime) -> tuple[int, int, float]:
    """How many groups are settled, how many refunds are written, and how long after the second."""
    from campaigns.groupbuy.models import Group
    from payments.models import Refund

    last = Refund.objects.order_by("-requested_at").first()
    seconds = (last.requested_at - due_at).total_seconds() if last else 0.0
    return Group.objects.filter(state="failed").count(), Refund.objects.count(), seconds


def broken() -> list[str]:
    """What the audit finds, facts, messages and refunds' ways apart: nobody delivers the rest, sends
    messages or hands refunds over here."""
    from core import clock
    from core.invariants import audit, invariants

    left_out = {"books.agree", "facts.delivered"}
    names = [one.name for one in invariants() if one.name not in left_out]
    found = audit(now=clock.now(), names=names)
    return [str(one) for one in found if not one.row.startswith(WAITING)]


if __name__ == "__main__":
    work(int(sys.argv[1]))
