"""How sharing spreads, for the merchant: who brought whom, what each source brought, and what the
same touches would say under another window. Everything is read; nothing is decided here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.queries import profiles
from orders.queries import PaidOrder, paid_orders
from sharing.models import Attribution, Channel, SearchArrival, ShareLink, Visit
from sharing.services import WINDOW, touches_of

WINDOWS = (1, 3, 7, 15, 30)
MAX_ORDERS = 500
MAX_VISITS = 100_000
MAX_NODES = 60
SEARCH, DIRECT = "search", "direct"


@dataclass(frozen=True)
class SourceRow:
    """What one source brought: people who came by it, orders that were paid, and their fen."""

    label: str
    people: int
    orders: int
    paid_fen: int

    @property
    def percent(self) -> str:
        """Paid orders for each hundred people; "—" where people are not counted."""
        return f"{100 * self.orders / self.people:.1f}%" if self.people else "—"


@dataclass(frozen=True)
class WindowRow:
    """With a window of so many days, so many orders would have a sharer; `moved` of them another
    one than now."""

    days: int
    orders: int
    moved: int


@dataclass(frozen=True)
class Node:
    """A person in the picture; `brought` is how many they brought themselves."""

    user_id: int
    name: str
    level: int
    brought: int
    parent: int | None
    x: int = 0
    y: int = 0
    parent_x: int = 0
    parent_y: int = 0


@dataclass(frozen=True)
class Level:
    """How many people are so many steps away from those who began, and what they paid for."""

    number: int
    people: int
    orders: int


@dataclass(frozen=True)
class Spread:
    """How something spread. `k` is how many new people each person brought, on average."""

    people: int
    sharers: int
    k: float
    levels: tuple[Level, ...]
    nodes: tuple[Node, ...]
    width: int
    height: int


def sources(store_id: int, *, since: datetime, now: datetime) -> tuple[SourceRow, ...]:
    """What each source brought since then, the best first. An order without a share came by the search
    if its buyer did, within the same window, and otherwise by itself."""
    orders = {order.id: order for order in paid_orders(store_id, since=since, now=now)}
    rows = Attribution.objects.filter(order_id__in=orders).select_related("link")
    source_of = {row.order_id: _source(row.link) for row in rows}
    searched = _searched(store_id, {order.buyer_id for order in orders.values()})
    counted: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for order in orders.values():
        source = source_of.get(order.id) or _unshared(order, searched)
        counted[source] += 1
        paid[source] += order.paid_fen
    came = _people(store_id, since=since)
    labels = _labels()
    found = [
        SourceRow(labels[name], came.get(name, 0), counted[name], paid[name])
        for name in labels
        if counted[name] or came.get(name)
    ]
    return tuple(sorted(found, key=lambda row: -row.paid_fen))


def replay(store_id: int, *, since: datetime, now: datetime) -> tuple[WindowRow, ...]:
    """What the windows of WINDOWS would say about the newest paid orders since then."""
    orders = paid_orders(store_id, since=since, now=now)[:MAX_ORDERS]
    rows = Attribution.objects.filter(order_id__in=[order.id for order in orders])
    credited = dict(rows.values_list("order_id", "sharer_id"))
    longest = timedelta(days=max(WINDOWS))
    touched = {order.id: _touched(order, longest) for order in orders}
    found = []
    for days in WINDOWS:
        sharers = {
            order.id: sharer
            for order in orders
            if (sharer := _within(touched[order.id], order, timedelta(days=days))) is not None
        }
        moved = sum(sharers.get(order.id) != credited.get(order.id) for order in orders)
        found.append(WindowRow(days, len(sharers), moved))
    return tuple(found)


def spread(store_id: int, *, target: str, since: datetime, now: datetime) -> Spread:
    """How the store's pages (or one page, by its reference) went from person to person.

    Whoever opened a share is below its sharer, by the first share that they opened; guests who never
    signed in are counted as people, but cannot bring anybody.
    """
    rows = Visit.objects.filter(store_id=store_id, first_at__gte=since)
    if target:
        rows = rows.filter(link__target_ref=target)
    values = rows.order_by("first_at", "pk").values_list("link__sharer_id", "visitor_id", "guest")
    visits = list(values[:MAX_VISITS])
    parents, guests = _parents(visits)
    people = set(parents) | set(parents.values())
    depth = {person: _depth(person, parents) for person in people}
    brought = Counter(parents.values())
    brought.update(guests)
    buyers = Counter(order.buyer_id for order in paid_orders(store_id, since=since, now=now))
    total = len(people) + sum(guests.values())
    new = len(parents) + sum(guests.values())
    levels = Counter(depth.values())
    for sharer, number in guests.items():
        levels[depth.get(sharer, 0) + 1] += number
    bought: Counter[int] = Counter()
    for person, level in depth.items():
        bought[level] += buyers.get(person, 0)
    nodes, width, height = _picture(parents, depth, brought)
    return Spread(
        people=total,
        sharers=len(brought),
        k=round(new / total, 2) if total else 0.0,
        levels=tuple(Level(one, levels[one], bought[one]) for one in sorted(levels)),
        nodes=nodes,
        width=width,
        height=height,
    )


def targets(store_id: int, *, since: datetime) -> Sequence[tuple[str, str]]:
    """The pages that were opened through shares most since then: (reference, kind in words)."""
    rows = ShareLink.objects.filter(store_id=store_id, visits__first_at__gte=since)
    pairs = Counter(rows.values_list("target_ref", "target_kind"))
    names = dict(ShareLink.Target.choices)
    return [(ref, f"{names[kind]} {ref}") for (ref, kind), _n in pairs.most_common(20)]


def _labels() -> dict[str, str]:
    labels = {"group": _("拼团页分享")}
    labels |= {str(name): str(label) for name, label in Channel.choices}
    return {**labels, SEARCH: _("店内搜索"), DIRECT: _("直接打开")}


def _source(link: ShareLink) -> str:
    """A group's own page is a source of its own, whichever way its link went."""
    is_group = link.target_kind == ShareLink.Target.GROUP
    return "group" if is_group and link.channel == Channel.FRIEND else link.channel


def _people(store_id: int, *, since: datetime) -> Counter[str]:
    rows = Visit.objects.filter(store_id=store_id, last_at__gte=since).select_related("link")
    came: dict[str, set[tuple[int | None, str]]] = {}
    for visit in rows.only("visitor_id", "guest", "link__target_kind", "link__channel").iterator():
        came.setdefault(_source(visit.link), set()).add((visit.visitor_id, visit.guest))
    people = Counter({name: len(who) for name, who in came.items()})
    people[SEARCH] = SearchArrival.objects.filter(store_id=store_id, last_at__gte=since).count()
    return people


def _searched(store_id: int, buyers: set[int]) -> dict[int, tuple[datetime, datetime]]:
    """When those of the buyers who came by the search did first and last."""
    rows = SearchArrival.objects.filter(store_id=store_id, visitor_id__in=buyers)
    return {row.visitor_id: (row.first_at, row.last_at) for row in rows if row.visitor_id}


def _unshared(order: PaidOrder, searched: dict[int, tuple[datetime, datetime]]) -> str:
    for at in searched.get(order.buyer_id, ()):
        if order.placed_at - WINDOW < at <= order.placed_at:
            return SEARCH
    return DIRECT


def _touched(order: PaidOrder, window: timedelta) -> list[tuple[datetime, int]]:
    """(when, sharer) of every touch that counts, the last one first."""
    found = touches_of(
        store_id=order.store_id, buyer_id=order.buyer_id, placed_at=order.placed_at, window=window
    )
    return [(visit.touched_at, visit.link.sharer_id) for visit in found]


def _within(
    touches: Iterable[tuple[datetime, int]], order: PaidOrder, window: timedelta
) -> int | None:
    return next((sharer for at, sharer in touches if at > order.placed_at - window), None)


def _parents(visits: Iterable[tuple[int, int | None, str]]) -> tuple[dict[int, int], Counter[int]]:
    """{person: who brought them} and how many guests each person brought. A visit that would make a
    circle brings nobody."""
    parents: dict[int, int] = {}
    guests: dict[str, int] = {}
    for sharer, visitor, guest in visits:
        if visitor is None:
            guests.setdefault(guest, sharer)
        elif visitor not in parents and not _is_above(visitor, sharer, parents):
            parents[visitor] = sharer
    return parents, Counter(guests.values())


def _is_above(person: int, other: int, parents: dict[int, int]) -> bool:
    """Whether `person` is `other`, or brought them, straight or through others."""
    at: int | None = other
    while at is not None:
        if at == person:
            return True
        at = parents.get(at)
    return False


def _depth(person: int, parents: dict[int, int]) -> int:
    steps, at = 0, person
    while at in parents:
        steps, at = steps + 1, parents[at]
    return steps


def _picture(
    parents: dict[int, int], depth: dict[int, int], brought: Counter[int]
) -> tuple[tuple[Node, ...], int, int]:
    """The people who brought most, and the way to each of them, placed by level."""
    shown: set[int] = set()
    for person, _n in brought.most_common():
        if len(shown) >= MAX_NODES:
            break
        at: int | None = person
        while at is not None and at not in shown:
            shown.add(at)
            at = parents.get(at)
    columns: dict[int, list[int]] = {}
    for person in sorted(shown, key=lambda one: (depth[one], -brought[one], one)):
        columns.setdefault(depth[person], []).append(person)
    names = {pk: profile.name for pk, profile in profiles(shown).items()}
    places = {
        person: (40 + 150 * level, 30 + 34 * row)
        for level, column in columns.items()
        for row, person in enumerate(column)
    }
    nodes = []
    for person, (x, y) in places.items():
        parent = parents.get(person)
        parent = parent if parent in places else None
        parent_x, parent_y = places[parent] if parent is not None else (x, y)
        nodes.append(
            Node(
                user_id=person,
                name=names.get(person, ""),
                level=depth[person],
                brought=brought[person],
                parent=parent,
                x=x,
                y=y,
                parent_x=parent_x,
                parent_y=parent_y,
            )
        )
    width = 200 + 150 * max(columns, default=0)
    height = 60 + 34 * max((len(column) for column in columns.values()), default=0)
    return tuple(nodes), width, height
