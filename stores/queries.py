"""Reads of stores, for pages and for the apps above."""

from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from stores.models import PickupPoint, Store, StoreStaff


@dataclass(frozen=True)
class StoreInfo:
    """A store as its pages show it; `logo` and `banner` are addresses, or ""."""

    id: int
    public_id: str
    slug: str
    name: str
    trade: str
    intro: str
    story: str
    phone: str
    logo: str
    banner: str
    freight_fen: int
    company: str
    licence_no: str
    icp_no: str
    complaint_phone: str
    is_open: bool


@dataclass(frozen=True)
class StoreTerms:
    """The numbers that a store's trade runs by."""

    freight_fen: int
    payment_window_s: int
    auto_receive_days: int
    is_open: bool


@dataclass(frozen=True)
class PickupPlace:
    """Where a buyer may fetch an order."""

    public_id: str
    name: str
    region: str
    street: str
    hours: str
    phone: str


def store_ids() -> QuerySet[Store, int]:
    """Every store's id, to stand in an app's statement about all stores."""
    return Store.objects.order_by().values_list("pk", flat=True)


def pickup_places(store_ids: set[int]) -> dict[int, tuple[PickupPlace, ...]]:
    """The places that buyers may choose, by store, in one query; stores without one are left out."""
    found: dict[int, tuple[PickupPlace, ...]] = {}
    for row in PickupPoint.objects.filter(store_id__in=store_ids, is_open=True).order_by("id"):
        found[row.store_id] = (*found.get(row.store_id, ()), _place(row))
    return found


def pickup_place(store_id: int, public_id: str) -> PickupPlace | None:
    """One of the store's places, open or not: an order that chose it goes on."""
    row = PickupPoint.objects.filter(store_id=store_id, public_id=public_id).first()
    return _place(row) if row else None


def store_by_slug(slug: str) -> StoreInfo | None:
    """The store at that address, open or not."""
    store = Store.objects.filter(slug=slug).first()
    return _info(store) if store else None


def store_by_id(store_id: int) -> StoreInfo | None:
    store = Store.objects.filter(pk=store_id).first()
    return _info(store) if store else None


def stores_by_id(store_ids: set[int]) -> dict[int, StoreInfo]:
    """Several stores at once, in one query."""
    return {store.pk: _info(store) for store in Store.objects.filter(pk__in=store_ids)}


def stores_open(*, limit: int = 20, start: int = 0) -> tuple[StoreInfo, ...]:
    """Open stores, the oldest first, for the platform's home page; the first `start` are left out."""
    rows = Store.objects.filter(is_open=True).order_by("id")[start : start + limit]
    return tuple(_info(store) for store in rows)


def store_terms(store_id: int) -> StoreTerms:
    """The store's terms of trade, in one query. Raises Store.DoesNotExist."""
    row = Store.objects.values_list(
        "freight_fen", "payment_window_s", "auto_receive_days", "is_open"
    ).get(pk=store_id)
    return StoreTerms(*row)


def share_domain_id(store_id: int) -> int | None:
    """The share domain that is the store's own, if it has one."""
    return Store.objects.values_list("share_domain_id", flat=True).get(pk=store_id)


def store_id_of(user_id: int) -> int | None:
    """The store the person works in, if any."""
    return StoreStaff.objects.filter(user_id=user_id).values_list("store_id", flat=True).first()


def staff_ids(store_id: int) -> tuple[int, ...]:
    """Who works in the store and may enter the office."""
    rows = StoreStaff.objects.filter(store_id=store_id, user__is_active=True, user__is_staff=True)
    return tuple(rows.order_by("user_id").values_list("user_id", flat=True))


def _place(row: PickupPoint) -> PickupPlace:
    return PickupPlace(row.public_id, row.name, row.region, row.street, row.hours, row.phone)


def _info(store: Store) -> StoreInfo:
    return StoreInfo(
        id=store.pk,
        public_id=store.public_id,
        slug=store.slug,
        name=store.name,
        trade=store.trade,
        intro=store.intro,
        story=store.story,
        phone=store.phone,
        logo=_address(str(store.logo)),
        banner=_address(str(store.banner)),
        freight_fen=store.freight_fen,
        company=store.company,
        licence_no=store.licence_no,
        icp_no=store.icp_no,
        complaint_phone=store.complaint_phone,
        is_open=store.is_open,
    )


def _address(name: str) -> str:
    return default_storage.url(name) if name else ""
