"""How sharing spreads, for the merchant: who brought whom, level by level and as a picture.
Everything is read; nothing is decided here."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet

from accounts.queries import profiles
from orders.queries import paid_orders
from sharing.models import Attribution, ShareLink, Visit

MAX_VISITS = 100_000
MAX_NODES = 60
MAX_PAGES = 20


@dataclass(frozen=True)
class SharedCampaign:
    """A campaign of an app above, by its pages that are shared: the goods' `products`, by reference,
    and those of its groups, bargains or flash offers, which that app knows. `since` is when it began."""

    ref: str
    kind: str
    title: str
    products: tuple[str, ...]
    since: datetime


@dataclass(frozen=True)
class SharedPage:
    """A page that was opened through shares; `sharer` is the masked name of whose page it is, where
    it is somebody's."""

    ref: str
    kind: str
    label: str
    sharer: str


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
    """How many people are so many steps away from those who began, and what they paid for. `k` is
    how many of the next level each of them brought; None for the last one, whose turn is not over."""

    number: int
    people: int
    orders: int
    k: float | None


@dataclass(frozen=True)
class Spread:
    """How something spread. `k` is how many more each person brought who was brought: above one it
    grows by itself. Those who began are not in it, because they had not been brought."""

    people: int
    sharers: int
    k: float
    levels: tuple[Level, ...]
    nodes: tuple[Node, ...]
    width: int
    height: int


def spread(
    store_id: int, *, pages: Collection[str] | None, since: datetime, now: datetime
) -> Spread:
    """How the store's pages (all, or those of these references) went from person to person.

    Whoever opened a share is below its sharer, by the first share that they opened; guests who never
    signed in are counted as people, but cannot bring anybody. Orders are those that shares of these
    pages brought.
    """
    links = ShareLink.objects.filter(store_id=store_id)
    if pages is not None:
        links = links.filter(target_ref__in=pages)
    rows = Visit.objects.filter(link__in=links, store_id=store_id, first_at__gte=since)
    values = rows.order_by("first_at", "pk").values_list("link__sharer_id", "visitor_id", "guest")
    parents, guests = _parents(values[:MAX_VISITS])
    people = set(parents) | set(parents.values()) | set(guests)
    depth = {person: _depth(person, parents) for person in people}
    brought = Counter(parents.values()) + guests
    total = len(people) + guests.total()
    levels = Counter(depth.values())
    for sharer, number in guests.items():
        levels[depth[sharer] + 1] += number
    bought: Counter[int] = Counter()
    for buyer_id in _buyers(store_id, links, since=since, now=now):
        if buyer_id in depth:
            bought[depth[buyer_id]] += 1
    nodes, width, height = _picture(parents, depth, brought)
    return Spread(
        people=total,
        sharers=len(brought),
        k=_k(levels),
        levels=tuple(
            Level(one, levels[one], bought[one], _ratio(levels[one + 1], levels[one]))
            if one + 1 in levels
            else Level(one, levels[one], bought[one], None)
            for one in sorted(levels)
        ),
        nodes=nodes,
        width=width,
        height=height,
    )


def shared_pages(store_id: int, *, since: datetime) -> tuple[SharedPage, ...]:
    """The pages that were opened through shares most since then; groups, bargains and flash offers
    are pages of their campaigns, and not here."""
    kinds = ShareLink.Target
    rows = (
        Visit.objects.filter(store_id=store_id, first_at__gte=since)
        .exclude(link__target_kind__in=[kinds.GROUP, kinds.BARGAIN, kinds.FLASH])
        .values_list("link__target_kind", "link__target_ref")
        .annotate(number=Count("pk"), sharer=Min("link__sharer_id"))
        .order_by("-number", "link__target_ref")[:MAX_PAGES]
    )
    found = list(rows)
    names = profiles({sharer for *_rest, sharer in found})
    return tuple(
        SharedPage(
            ref=ref,
            kind=kind,
            label=str(kinds(kind).label),
            sharer=names[sharer].name
            if kind in {kinds.SHOWCASE, kinds.COUNTER} and sharer in names
            else "",
        )
        for kind, ref, _number, sharer in found
    )


def _buyers(
    store_id: int, links: QuerySet[ShareLink], *, since: datetime, now: datetime
) -> list[int]:
    """Whose paid orders these links brought; a person for each order."""
    bought = {order.id: order.buyer_id for order in paid_orders(store_id, since=since, now=now)}
    rows = Attribution.objects.filter(
        link__in=links, store_id=store_id, order__placed_at__gte=since
    )
    return [bought[pk] for pk in rows.values_list("order_id", flat=True) if pk in bought]


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


def _k(levels: Counter[int]) -> float:
    """The next level's people for each of the level before, of all levels whose people were brought;
    the last one has not had its turn."""
    last = max(levels, default=0)
    brought = sum(levels[one] for one in range(2, last + 1))
    return _ratio(brought, sum(levels[one] for one in range(1, last)))


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, 2) if whole else 0.0


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
