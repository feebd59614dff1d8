"""What the measurements run on: a store with 1,000 products, its campaigns and groups, shoppers."""

from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.documents import BASIC, VERSIONS
from accounts.models import Address, Consent, User
from campaigns.groupbuy.models import Group, GroupCampaign, GroupPrice, Member
from campaigns.groupbuy.states import CampaignState, GroupState, MemberState
from catalog.models import Product, Sku, StockMovement
from catalog.states import ProductState
from core import clock
from core.crypto import blind_index
from orders.models import Order, OrderHold, OrderLine
from orders.states import OrderState
from payments.models import MerchantAccount
from stores.models import Store

PRODUCTS = 1000
GROUP_SIZE = 100
HOT_GROUPS = 60
SHOPPERS = 3000


@dataclass(frozen=True)
class Shopper:
    """Somebody signed in, with an address."""

    cookies: str
    csrf: str
    address: str


@dataclass(frozen=True)
class Seeded:
    """Public ids to ask for. `groups[0]` is the hot campaign's."""

    store: str
    products: list[str]
    skus: list[str]
    groups: list[list[str]]
    shoppers: list[Shopper]


def seed() -> Seeded:
    """Fill an empty, migrated database."""
    store = Store.objects.create(slug="bench", name="测量店")
    MerchantAccount.objects.create(
        store=store,
        mchid="1900000001",
        appid=settings.WECHAT_APPID,
        apiv3_key="k" * 32,
        private_key="unused",
        serial_no="S",
        public_key="unused",
        public_key_id="P",
    )
    products, skus = _goods(store)
    campaigns = _campaigns(store, products, skus)
    groups = _groups(store, campaigns, skus)
    return Seeded(
        store=store.slug,
        products=[product.public_id for product in products],
        skus=[sku.public_id for sku in skus],
        groups=groups,
        shoppers=_shoppers(),
    )


def _goods(store: Store) -> tuple[list[Product], list[Sku]]:
    now = clock.now()
    products = Product.objects.bulk_create(
        Product(
            store=store,
            title=f"吕梁红枣 {n} 号",
            subtitle="当季新枣，产地直发",
            description="自家枣园采摘，晾晒后分拣装袋。\n\n" * 6,
            state=ProductState.ON_SALE,
        )
        for n in range(PRODUCTS)
    )
    skus = Sku.objects.bulk_create(
        Sku(store=store, product=product, name="500g", price_fen=5900, on_hand=1_000_000)
        for product in products
    )
    StockMovement.objects.bulk_create(
        StockMovement(store=store, sku=sku, kind="restock", on_hand_change=1_000_000, moved_at=now)
        for sku in skus
    )
    return products, skus


def _campaigns(store: Store, products: list[Product], skus: list[Sku]) -> list[GroupCampaign]:
    now = clock.now()
    campaigns = GroupCampaign.objects.bulk_create(
        GroupCampaign(
            store=store,
            product=product,
            size=GROUP_SIZE,
            hours=24,
            starts_at=now - timedelta(hours=1),
            ends_at=now + timedelta(days=30),
            quota=1_000_000,
            quota_used=_groups_of(number),
            quota_needed=_groups_of(number) * (GROUP_SIZE - 1),
            published_at=now,
        )
        for number, product in enumerate(products)
    )
    GroupPrice.objects.bulk_create(
        GroupPrice(store=store, campaign=campaign, sku=sku, price_fen=4900)
        for campaign, sku in zip(campaigns, skus, strict=True)
    )
    # Last: from then on its prices stay.
    GroupCampaign.objects.filter(store=store).update(state=CampaignState.PUBLISHED)
    return campaigns


def _groups_of(number: int) -> int:
    """How many groups the campaign of that number gets."""
    return 1 if number else HOT_GROUPS


def _groups(store: Store, campaigns: list[GroupCampaign], skus: list[Sku]) -> list[list[str]]:
    """Open groups whose leader has paid: many in the first campaign, one in each other."""
    now = clock.now()
    wanted = [
        (campaign, sku)
        for number, (campaign, sku) in enumerate(zip(campaigns, skus, strict=True))
        for _ in range(_groups_of(number))
    ]
    leaders = User.objects.bulk_create(User(nickname=f"团长{n}") for n in range(len(wanted)))
    groups = Group.objects.bulk_create(
        Group(
            store=store,
            campaign=campaign,
            leader=leader,
            state=GroupState.OPEN,
            size=GROUP_SIZE,
            joined=1,
            formed_at=now,
            opened_at=now,
            deadline_at=now + timedelta(hours=24),
            due_at=now + timedelta(hours=24, seconds=60),
        )
        for (campaign, _), leader in zip(wanted, leaders, strict=True)
    )
    orders = Order.objects.bulk_create(
        Order(
            store=store,
            buyer=leader,
            state=OrderState.ON_HOLD,
            offer_kind="group",
            offer_ref=group.public_id,
            goods_fen=4900,
            payable_fen=4900,
            region="山西省",
            placed_at=now,
            pay_before=now,
            paid_at=now,
        )
        for group, leader in zip(groups, leaders, strict=True)
    )
    OrderHold.objects.bulk_create(
        OrderHold(store=store, order=o, kind="group", reference=o.offer_ref, opened_at=now)
        for o in orders
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            store=store,
            order=order,
            sku=sku,
            title="吕梁红枣",
            sku_name="500g",
            list_price_fen=5900,
            unit_price_fen=4900,
            quantity=1,
            amount_fen=4900,
        )
        for order, (_, sku) in zip(orders, wanted, strict=True)
    )
    Member.objects.bulk_create(
        Member(
            store=store,
            campaign=group.campaign,
            group=group,
            user=leader,
            order=order,
            state=MemberState.JOINED,
            is_leader=True,
            quantity=1,
            reserved_at=now,
            joined_at=now,
        )
        for group, leader, order in zip(groups, leaders, orders, strict=True)
    )
    by_campaign: dict[int, list[str]] = {}
    for group in groups:
        by_campaign.setdefault(group.campaign_id, []).append(group.public_id)
    return [by_campaign[campaign.pk] for campaign in campaigns]


def _shoppers() -> list[Shopper]:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    users = User.objects.bulk_create(
        User(nickname=f"买家{n}", password="!") for n in range(SHOPPERS)
    )
    addresses = Address.objects.bulk_create(
        Address(
            user=user,
            recipient="王小枣",
            phone=f"138{n:08d}",
            phone_index=blind_index(f"138{n:08d}", purpose="bench"),
            province_code="140000",
            city_code="141100",
            district_code="141102",
            region="山西省 吕梁市 离石区",
            street=f"滨河北路 {n} 号",
            is_default=True,
        )
        for n, user in enumerate(users)
    )
    Consent.objects.bulk_create(
        Consent(user=user, document=document, version=VERSIONS[document], given_at=clock.now())
        for user in users
        for document in BASIC
    )
    shoppers = []
    csrf = "c" * 32
    for user, address in zip(users, addresses, strict=True):
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        cookies = f"{settings.SESSION_COOKIE_NAME}={session.session_key}; csrftoken={csrf}"
        shoppers.append(Shopper(cookies, csrf, address.public_id))
    return shoppers
