"""How sharing spreads, for the merchant: who brought whom, level by level and as a picture.
Everything is read; nothing is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from accounts.queries import profiles
from sharing.models import ShareLink, Visit
from sharing.trees import Pages, Sharer, tree_read

__all__ = [
    "Level",
    "Node",
    "Pages",
    "SharedCampaign",
    "SharedPage",
    "Spread",
    "over_at",
    "shared_pages",
    "spread",
]

MAX_NODES = 60
MAX_PAGES = 20


@dataclass(frozen=True)
class SharedCampaign:
    """A campaign of an app above, by its pages that are shared: the goods' `products`, by reference,
    and those of its groups, bargains or flash offers, which that app knows. `since` is when it began,
    `until` when it was over; None while it is not."""

    ref: str
    kind: str
    title: str
    products: tuple[str, ...]
    since: datetime
    until: datetime | None


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


def over_at(ends_at: datetime, ended_at: datetime | None, *, now: datetime) -> datetime | None:
    """When a campaign was over: at its end, or when it was stopped before; None while it is not."""
    at = min(ends_at, ended_at or ends_at)
    return at if at <= now else None


def spread(store_id: int, *, pages: Pages | None, since: datetime, now: datetime) -> Spread:
    """How the store's pages (all, or these) went from person to person.

    Whoever opened a share since then, or bought by one, is below the sharer of the first that they
    opened; guests who never signed in are counted as people, but cannot bring anybody. Orders are
    those that shares of these pages brought, on their buyers' levels. Nothing is cut but the picture.
    """
    tree = tree_read(store_id, pages=pages, since=since, now=now, most=MAX_NODES)
    people = {number: count for number, count, _orders in tree.levels}
    nodes, width, height = _picture(tree.most)
    return Spread(
        people=sum(people.values()),
        sharers=tree.sharers,
        k=_k(people),
        levels=tuple(
            Level(
                number,
                count,
                orders,
                _ratio(people[number + 1], count) if number + 1 in people else None,
            )
            for number, count, orders in tree.levels
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
        Visit.objects.filter(store_id=store_id, last_at__gte=since)
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


def _k(people: dict[int, int]) -> float:
    """The next level's people for each of the level before, of all levels whose people were brought;
    the last one has not had its turn. `people` are by level."""
    last = max(people, default=0)
    brought = sum(people[one] for one in range(2, last + 1))
    return _ratio(brought, sum(people[one] for one in range(1, last)))


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, 2) if whole else 0.0


def _picture(most: Sequence[Sharer]) -> tuple[tuple[Node, ...], int, int]:
    """The people who brought most, and the way to each of them, placed by level. `most` has
    everybody on these ways, the most first."""
    known = {one.person_id: one for one in most}
    shown: dict[int, Sharer] = {}
    for one in most:
        if len(shown) >= MAX_NODES:
            break
        at: Sharer | None = one
        while at is not None and at.person_id not in shown:
            shown[at.person_id] = at
            at = None if at.parent_id is None else known[at.parent_id]
    columns: dict[int, list[Sharer]] = {}
    for one in sorted(shown.values(), key=lambda one: (one.level, -one.brought, one.person_id)):
        columns.setdefault(one.level, []).append(one)
    names = {pk: profile.name for pk, profile in profiles(set(shown)).items()}
    places = {
        one.person_id: (40 + 150 * level, 30 + 34 * row)
        for level, column in columns.items()
        for row, one in enumerate(column)
    }
    nodes = []
    for person_id, (x, y) in places.items():
        one = shown[person_id]
        parent_x, parent_y = (x, y) if one.parent_id is None else places[one.parent_id]
        nodes.append(
            Node(
                user_id=person_id,
                name=names.get(person_id, ""),
                level=one.level,
                brought=one.brought,
                parent=one.parent_id,
                x=x,
                y=y,
                parent_x=parent_x,
                parent_y=parent_y,
            )
        )
    width = 200 + 150 * max(columns, default=0)
    height = 60 + 34 * max((len(column) for column in columns.values()), default=0)
    return tuple(nodes), width, height
