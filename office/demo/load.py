"""Opens the demo stores as a merchant would: through the services, in steps safe to repeat."""

import io
import secrets
import tomllib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from PIL import Image

from accounts.models import User
from campaigns.bargain.models import BargainCampaign
from campaigns.bargain.services import campaign_publish as bargain_campaign_publish
from campaigns.coupons.models import CouponTemplate
from campaigns.coupons.services import template_publish
from campaigns.flash.models import FlashCampaign, FlashOffer
from campaigns.flash.services import campaign_publish as flash_campaign_publish
from campaigns.groupbuy.models import GroupCampaign, GroupPrice, GroupTier
from campaigns.groupbuy.services import campaign_publish
from campaigns.reductions.models import Reduction, ReductionStep
from campaigns.reductions.services import reduction_publish
from catalog.models import Category, Fulfilment, Product, ProductOption, Sku
from catalog.services import photo_add, product_publish, sku_add, skus_generate
from community.models import CODE_LIVES, GroupEntry
from community.services import code_add, counter_add
from core.money import parse_yuan
from core.photos import photo_decode
from core.qr import qr_png
from digital.services import keys_import
from freight.models import FreightArea, FreightTemplate
from freight.regions import provinces_read
from stores.models import PickupPoint, Store
from stores.services import staff_add, store_open

HERE = Path(__file__).parent
PLATFORM = "admin@xiaodian.example"
LOGO_SIDE, BANNER = 256, (1200, 480)
CAMPAIGN_LASTS = timedelta(days=90)


@dataclass(frozen=True)
class Login:
    """An account that was made just now; its password is known only here."""

    who: str
    email: str
    password: str


def goods() -> list[dict[str, Any]]:
    """The stores of goods.toml."""
    with (HERE / "goods.toml").open("rb") as text:
        stores: list[dict[str, Any]] = tomllib.load(text)["stores"]
    return stores


def demo_load(*, now: datetime) -> list[Login]:
    """Bring every demo store up; the accounts that were made. What exists is left as it is.

    Each product is one transaction: killed half-way, the next run goes on where this one stopped.
    """
    logins = _account("平台管理", PLATFORM, is_superuser=True)
    for about in goods():
        store, made = _store(about, now=now)
        logins += made
        for position, product in enumerate(about["products"]):
            _product(store, product, position, now=now)
    return logins


def merchant_numbers() -> dict[str, tuple[str, str]]:
    """{slug: (mchid, name)}: what the simulator is to know of the stores."""
    return {about["slug"]: (about["mchid"], about["name"]) for about in goods()}


def _account(who: str, email: str, *, is_superuser: bool = False) -> list[Login]:
    if User.objects.filter(email=email).exists():
        return []
    password = secrets.token_urlsafe(9)
    make = User.objects.create_superuser if is_superuser else User.objects.create_user
    make(email=email, password=password, nickname=who)
    return [Login(who, email, password)]


def _store(about: dict[str, Any], *, now: datetime) -> tuple[Store, list[Login]]:
    with transaction.atomic():
        store = Store.objects.filter(slug=about["slug"]).first()
        if store is None:
            store = store_open(
                name=about["name"],
                slug=about["slug"],
                trade=about["trade"],
                intro=about["intro"],
                freight_fen=parse_yuan(about["freight"]),
                now=now,
            )
            for name in ("story", "phone", "company", "licence_no", "icp_no", "complaint_phone"):
                setattr(store, name, about[name].strip())
            store.logo = _picture(about["logo"], (LOGO_SIDE, LOGO_SIDE))
            store.banner = _picture(about["banner"], BANNER)
            store.save()
            for position, (slug, name) in enumerate(about["categories"]):
                Category.objects.create(store=store, slug=slug, name=name, position=position)
            _offers(store, about, now=now)
            if place := about.get("pickup"):
                names = ("name", "region", "street", "hours", "phone")
                PickupPoint.objects.create(store=store, **dict(zip(names, place, strict=True)))
        logins = []
        for role in ("owner", "clerk"):
            if email := about.get(role):
                logins += _account(about[f"{role}_name"], email)
                user = User.objects.get(email=email)
                staff_add(store_id=store.pk, user_id=user.pk, role=role, now=now)
        if "chat" in about:
            _chat(store, about, now=now)
    return store, logins


def _chat(store: Store, about: dict[str, Any], *, now: datetime) -> None:
    """A chat group with drawn codes, the last of which lasts; and a code on the counter."""
    name, welcome, *groups = about["chat"]
    if GroupEntry.objects.filter(store=store).exists():
        return
    entry = GroupEntry.objects.create(store=store, name=name, welcome=welcome)
    for position, group in enumerate(groups):
        code_add(
            entry_id=entry.pk,
            name=group,
            picture=photo_decode(io.BytesIO(qr_png(f"演示：{group}"))),
            position=position,
            expires_at=None if position == len(groups) - 1 else now + CODE_LIVES,
            now=now,
        )
    clerk = User.objects.get(email=about["clerk"])
    counter_add(store_id=store.pk, person_id=clerk.pk, label=about["counter"], now=now)


def _offers(store: Store, about: dict[str, Any], *, now: datetime) -> None:
    """What the whole store offers: coupons to take, and a full reduction."""
    for name, off, minimum in about["coupons"]:
        template = CouponTemplate.objects.create(
            store=store,
            name=name,
            off_fen=parse_yuan(off),
            minimum_fen=parse_yuan(minimum),
            total=500,
            take_from=now,
            take_until=now + CAMPAIGN_LASTS,
            valid_days=30,
        )
        template_publish(template_id=template.pk, now=now)
    name, steps = about["reduction"]
    reduction = Reduction.objects.create(
        store=store, name=name, starts_at=now, ends_at=now + CAMPAIGN_LASTS
    )
    for threshold, off in steps:
        ReductionStep.objects.create(
            store=store,
            reduction=reduction,
            threshold_fen=parse_yuan(threshold),
            off_fen=parse_yuan(off),
        )
    reduction_publish(reduction_id=reduction.pk, now=now)


def _product(store: Store, about: dict[str, Any], position: int, *, now: datetime) -> None:
    if Product.objects.filter(store=store, title=about["title"]).exists():
        return
    with transaction.atomic():
        product = Product.objects.create(
            store=store,
            freight_template=_freight(store, about["freight"]) if "freight" in about else None,
            category=Category.objects.get(store=store, slug=about["category"]),
            title=about["title"],
            subtitle=about["subtitle"],
            description=about["text"].strip(),
            position=position,
            fulfilment=Fulfilment.CARD_KEYS if "card_keys" in about else Fulfilment.GOODS,
        )
        skus = [
            sku_add(
                product_id=product.pk,
                name=name,
                price_fen=parse_yuan(price),
                on_hand=0 if "card_keys" in about else on_hand,
                position=place,
                now=now,
            )
            for place, (name, price, on_hand) in enumerate(about["skus"])
        ]
        if options := about.get("options"):
            _matrix(product, options, now=now)
        if "card_keys" in about:
            _keys(skus, [on_hand for _name, _price, on_hand in about["skus"]], now=now)
        for name in about["pictures"]:
            with _file(name).open("rb") as upload:
                photo_add(product_id=product.pk, upload=upload, alt=about["title"])
        product_publish(product_id=product.pk, now=now)
        if group := about.get("group"):
            _campaign(product, [sku.pk for sku in skus], group, now=now)
        if bargain := about.get("bargain"):
            _bargain(store, skus[0].pk, bargain, now=now)
        if flash := about.get("flash"):
            _flash(store, skus[0].pk, flash, now=now)


def _matrix(product: Product, options: list[Any], *, now: datetime) -> None:
    """Options, whose combinations the SKUs' names already are."""
    for position, (name, values) in enumerate(options):
        ProductOption.objects.create(
            store=product.store, product=product, name=name, values=values, position=position
        )
    skus_generate(product_id=product.pk, by_id=None, now=now)


def _keys(skus: list[Sku], counts: list[int], *, now: datetime) -> None:
    for sku, count in zip(skus, counts, strict=True):
        codes = [f"ZY-{secrets.token_hex(5).upper()}" for _ in range(count)]
        keys_import(store_id=sku.store_id, sku_id=sku.pk, lines=codes, by_id=None, now=now)


def _freight(store: Store, about: dict[str, Any]) -> FreightTemplate:
    """A freight template by piece, dearer in the provinces named, free above an amount."""
    template, is_new = FreightTemplate.objects.get_or_create(
        store=store,
        name=about["name"],
        defaults={
            "first_fen": parse_yuan(about["first"]),
            "step_fen": parse_yuan(about["step"]),
            "free_over_fen": parse_yuan(about["free_over"]),
        },
    )
    if is_new:
        for provinces, first, step in about["areas"]:
            FreightArea.objects.create(
                store=store,
                template=template,
                provinces=provinces_read(provinces),
                first_fen=parse_yuan(first),
                step_fen=parse_yuan(step),
            )
        FreightArea.objects.create(
            store=store,
            template=template,
            provinces=provinces_read(about["never"]),
            serves=False,
        )
    return template


def _campaign(
    product: Product, sku_ids: list[int], about: dict[str, Any], *, now: datetime
) -> None:
    campaign = GroupCampaign.objects.create(
        store_id=product.store_id,
        product=product,
        size=about["size"],
        hours=about["hours"],
        starts_at=now,
        ends_at=now + CAMPAIGN_LASTS,
        quota=about["quota"],
        limit_per_person=about["limit"],
        limit_per_order=about["limit"],
        ending="ladder" if "tiers" in about else "refund",
        least=about.get("least", 2),
    )
    for people, off in about.get("tiers", ()):
        GroupTier.objects.create(
            store_id=product.store_id, campaign=campaign, people=people, off_fen=parse_yuan(off)
        )
    leader_fen = parse_yuan(about.get("leader", "0"))
    GroupPrice.objects.bulk_create(
        GroupPrice(
            store_id=product.store_id,
            campaign=campaign,
            sku_id=sku_id,
            price_fen=parse_yuan(price),
            leader_fen=parse_yuan(price) - leader_fen if leader_fen else None,
        )
        for sku_id, price in zip(sku_ids, about["prices"], strict=True)
    )
    campaign_publish(campaign_id=campaign.pk, now=now)


def _bargain(store: Store, sku_id: int, about: dict[str, Any], *, now: datetime) -> None:
    campaign = BargainCampaign.objects.create(
        store=store,
        sku_id=sku_id,
        floor_fen=parse_yuan(about["floor"]),
        helpers=about["helpers"],
        quota=about["quota"],
        starts_at=now,
        ends_at=now + CAMPAIGN_LASTS,
    )
    bargain_campaign_publish(campaign_id=campaign.pk, now=now)


def _flash(store: Store, sku_id: int, about: dict[str, Any], *, now: datetime) -> None:
    """In a slot that runs until midnight, or tomorrow morning."""
    today = timezone.localtime(now)
    if about["when"] == "today":
        slot = {"day": today.date(), "slot_start": time(today.hour), "slot_end": time(0)}
    else:
        slot = {"day": today.date() + timedelta(days=1)}
    campaign = FlashCampaign.objects.create(store=store, **slot)
    FlashOffer.objects.create(
        store=store,
        campaign=campaign,
        sku_id=sku_id,
        flash_fen=parse_yuan(about["price"]),
        quota=about["quota"],
        per_person=about["limit"],
    )
    flash_campaign_publish(campaign_id=campaign.pk, now=now)


def _file(name: str) -> Path:
    return HERE / "pictures" / f"{name}.webp"


def _picture(name: str, size: tuple[int, int]) -> str:
    """A crop of a picture, from its middle, in storage; its name there."""
    width, height = size
    with Image.open(_file(name)) as whole:
        tall = min(whole.height, whole.width * height // width)
        wide = min(whole.width, tall * width // height)
        left, top = (whole.width - wide) // 2, (whole.height - tall) * 3 // 5
        part = whole.convert("RGB").crop((left, top, left + wide, top + tall)).resize(size)
    out = io.BytesIO()
    part.save(out, "WEBP", quality=82)
    return str(default_storage.save(f"stores/{name}-{width}.webp", ContentFile(out.getvalue())))
