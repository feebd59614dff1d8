"""Reads of coupons: what a person may spend on an order, what a store offers, what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from campaigns.coupons.models import Coupon, CouponTemplate
from campaigns.coupons.states import CouponState, TemplateState
from core.money import yuan
from core.prepared import Prepared

LABEL_LENGTH = 60  # of an order's adjustment
# A checkout says of a coupon that it expired for so long; later it is in the wallet only.
EXPIRED_SHOWN = timedelta(days=7)
CHOICES = 100
OFFERED = 50
PAGE_SIZE = 20
MAX_PAGE = 100

# By hand, because every order reads it (docs/decisions/0002-hot-reads-by-hand.md).
_HELD = """
    SELECT coupon.public_id, template.name, template.off_fen, template.percent, template.cap_fen,
        template.minimum_fen,
        CASE WHEN template.scope = 'all' THEN NULL ELSE ARRAY(
            SELECT sku.id FROM catalog_sku sku JOIN catalog_product product
                ON product.id = sku.product_id
            WHERE sku.id = ANY(%(skus)s) AND (product.id = template.product_id
                OR product.category_id = template.category_id)
        ) END,
        coupon.usable_from, coupon.expires_at, coupon.state
    FROM coupons_coupon coupon JOIN coupons_coupontemplate template
        ON template.id = coupon.template_id
    WHERE coupon.user_id = %(user)s AND coupon.store_id = %(store)s AND {condition}
    ORDER BY coupon.expires_at, coupon.id LIMIT {limit}
"""
_HELD_UNUSED = Prepared(
    "coupons_held",
    _HELD.format(
        condition="coupon.state = 'unused' AND coupon.expires_at > %(since)s", limit=CHOICES
    ),
)
_HELD_ONE = Prepared(
    "coupons_held_one", _HELD.format(condition="coupon.public_id = %(ref)s", limit=1)
)
_EFFECTS = """
    SELECT coupon.template_id, count(*),
        COALESCE(sum(coupon.discount_fen) FILTER (WHERE kept.id IS NOT NULL), 0),
        count(kept.id), COALESCE(sum(kept.payable_fen - payment.refunded_fen), 0)
    FROM coupons_coupon coupon LEFT JOIN orders_order kept ON kept.id = coupon.order_id
        AND kept.paid_at IS NOT NULL AND kept.state NOT IN ('closed', 'cancelled')
    LEFT JOIN payments_payment payment ON payment.id = kept.payment_id
    WHERE coupon.template_id = ANY(%s) AND coupon.state = 'used' GROUP BY coupon.template_id
"""


@dataclass(frozen=True)
class Worth:
    """What a coupon takes off, in words."""

    off_fen: int | None
    percent: int | None
    cap_fen: int | None
    minimum_fen: int

    @property
    def headline(self) -> str:
        """¥10, or 85 折."""
        if self.percent is None:
            return f"¥{yuan_short(self.off_fen or 0)}"
        tenths, rest = divmod(100 - self.percent, 10)
        text = f"{tenths}.{rest}" if rest else str(tenths)
        return _("%(rate)s 折") % {"rate": text}

    @property
    def condition(self) -> str:
        """满 ¥100 可用，最多减 ¥30"""
        if self.minimum_fen:
            text = _("满 ¥%(from)s 可用") % {"from": yuan_short(self.minimum_fen)}
        else:
            text = _("无门槛")
        if self.cap_fen:
            text += _("，最多减 ¥%(cap)s") % {"cap": yuan_short(self.cap_fen)}
        return text


@dataclass(frozen=True)
class HeldCoupon:
    """A person's coupon beside an order's goods, as its discount (`orders.pricing.Discount`)."""

    reference: str
    name: str
    worth: Worth
    sku_ids: frozenset[int] | None
    usable_from: datetime
    expires_at: datetime
    is_used: bool
    kind: str = "coupon"

    @property
    def label(self) -> str:
        return f"{self.name}：{self.worth.headline}，{self.worth.condition}"[:LABEL_LENGTH]

    def off_fen(self, eligible_fen: int) -> int:
        """What it takes off goods for so much; 0 below its minimum."""
        if eligible_fen < self.worth.minimum_fen:
            return 0
        if self.worth.percent is None:
            return self.worth.off_fen or 0
        return min(eligible_fen * self.worth.percent // 100, self.worth.cap_fen or 0)

    def reason(self, left: dict[int, int], *, now: datetime) -> str:
        """Why it is not for these goods now, which cost so much SKU by SKU; "" when it is."""
        return self._not_now(now) or self._not_these(left)

    def _not_now(self, now: datetime) -> str:
        if self.is_used:
            return _("已经用在别的订单里了")
        if self.expires_at <= now:
            return _("%(day)s 已过期") % {"day": day(self.expires_at)}
        if self.usable_from > now:
            return _("%(day)s 起可用") % {"day": day(self.usable_from)}
        return ""

    def _not_these(self, left: dict[int, int]) -> str:
        if self.sku_ids is not None and not self.sku_ids:
            return _("不适用于这些商品")
        short_fen = self.worth.minimum_fen - self._eligible_fen(left)
        if short_fen > 0:
            more = {"more": yuan_short(short_fen)}
            if self.sku_ids is None:
                return _("还差 ¥%(more)s 可用") % more
            return _("适用商品还差 ¥%(more)s 可用") % more
        return ""

    def _eligible_fen(self, left: dict[int, int]) -> int:
        skus = left if self.sku_ids is None else left.keys() & self.sku_ids
        return sum(left[sku] for sku in skus)


@dataclass(frozen=True)
class Offered:
    """A coupon that everybody may take at a store, or that is given there `to_newcomers`."""

    id: int
    public_id: str
    name: str
    worth: Worth
    scope: str
    validity: str
    take_until: datetime
    limit_per_person: int
    left: int
    is_gone: bool
    product_public_id: str
    to_newcomers: bool


@dataclass(frozen=True)
class OfferedMine:
    """The same, for one person: how many they have, and whether they may take another."""

    offered: Offered
    mine: int
    usable: int

    @property
    def can_take(self) -> bool:
        return (
            not self.offered.to_newcomers
            and not self.offered.is_gone
            and self.mine < self.offered.limit_per_person
        )


@dataclass(frozen=True)
class WalletCoupon:
    """A coupon in its owner's wallet; `reason` says why it cannot be used, if it cannot."""

    public_id: str
    name: str
    worth: Worth
    scope: str
    store_name: str
    store_slug: str
    expires_at: datetime
    reason: str
    order_ref: str
    product_public_id: str
    source: str


@dataclass(frozen=True)
class Wallet:
    """One page of a tab of the wallet; `page` counts from 1."""

    tab: str
    coupons: tuple[WalletCoupon, ...]
    page: int
    has_next: bool


@dataclass(frozen=True)
class Effect:
    """What came of a template: used now, and of orders that are paid and kept: number, discount
    given, and what was paid with it, without what was asked back."""

    used: int = 0
    discount_fen: int = 0
    orders: int = 0
    sales_fen: int = 0


TABS = ("usable", "used", "expired")


def coupons_for(
    *, user_id: int, store_id: int, sku_ids: Sequence[int], now: datetime
) -> list[HeldCoupon]:
    """What the person has of this store: unused ones, and for a while expired ones. One query."""
    values = {"user": user_id, "store": store_id, "skus": list(sku_ids)}
    return _held(_HELD_UNUSED, {**values, "since": now - EXPIRED_SHOWN})


def coupon_for(
    ref: str, *, user_id: int, store_id: int, sku_ids: Sequence[int]
) -> HeldCoupon | None:
    """The person's own coupon of this store; None for anybody else's. One query."""
    values = {"user": user_id, "store": store_id, "skus": list(sku_ids), "ref": ref}
    return next(iter(_held(_HELD_ONE, values)), None)


def coupons_offered(store_id: int, *, now: datetime) -> list[Offered]:
    """What is to be had at the store now, the soonest to end first; one query."""
    rows = _open_templates(store_id, now=now).select_related("category", "product")
    return [_offered(row) for row in rows.order_by("take_until", "pk")[:OFFERED]]


def store_offers_coupons(store_id: int, *, now: datetime) -> bool:
    """Whether there is anything to take."""
    return _open_templates(store_id, now=now).exists()


def coupons_offered_to(store_id: int, user_id: int, *, now: datetime) -> list[OfferedMine]:
    """What the store offers, and what of it the person has: two queries."""
    offered = coupons_offered(store_id, now=now)
    rows = Coupon.objects.filter(user_id=user_id, template_id__in=[one.id for one in offered])
    mine: dict[int, list[bool]] = {}
    for template_id, state, expires_at in rows.values_list("template_id", "state", "expires_at"):
        mine.setdefault(template_id, []).append(state == CouponState.UNUSED and expires_at > now)
    return [
        OfferedMine(one, len(mine.get(one.id, [])), sum(mine.get(one.id, []))) for one in offered
    ]


def wallet(user_id: int, *, tab: str, page: int, now: datetime) -> Wallet:
    """The person's coupons: usable (the soonest to expire first), used or expired. One query."""
    tab = tab if tab in TABS else TABS[0]
    page = min(max(page, 1), MAX_PAGE)
    rows = Coupon.objects.filter(user_id=user_id).select_related(
        "template__category", "template__product", "store", "order"
    )
    if tab == "used":
        rows = rows.filter(state=CouponState.USED).order_by("-used_at", "-pk")
    elif tab == "expired":
        rows = rows.filter(state=CouponState.UNUSED, expires_at__lte=now)
        rows = rows.order_by("-expires_at", "-pk")
    else:
        rows = rows.filter(state=CouponState.UNUSED, expires_at__gt=now)
        rows = rows.order_by("expires_at", "pk")
    start = (page - 1) * PAGE_SIZE
    found = list(rows[start : start + PAGE_SIZE + 1])
    return Wallet(
        tab=tab,
        coupons=tuple(_wallet_coupon(row, now=now) for row in found[:PAGE_SIZE]),
        page=page,
        has_next=len(found) > PAGE_SIZE and page < MAX_PAGE,
    )


def effects(template_ids: Iterable[int]) -> dict[int, Effect]:
    """What came of templates, by id, in one query; those that nobody used are left out. It reads the
    used coupons and their orders alone."""
    with connection.cursor() as cursor:
        cursor.execute(_EFFECTS, [list(template_ids)])
        return {
            row[0]: Effect(row[1], int(row[2]), row[3], int(row[4])) for row in cursor.fetchall()
        }


def yuan_short(fen: int) -> str:
    """Yuan for a sentence, without empty decimals: 1000 → "10", 1250 → "12.50"."""
    return yuan(fen).removesuffix(".00")


def day(at: datetime) -> str:
    """The day and minute of an instant, in China, for a sentence."""
    return str(formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"))


def _open_templates(store_id: int, *, now: datetime) -> Any:
    return CouponTemplate.objects.filter(
        store_id=store_id,
        state=TemplateState.PUBLISHED,
        how__in=[CouponTemplate.How.OPEN, CouponTemplate.How.NEWCOMER],
        take_from__lte=now,
        take_until__gt=now,
    )


def _held(statement: Prepared, values: dict[str, Any]) -> list[HeldCoupon]:
    return [
        HeldCoupon(
            reference=ref,
            name=name,
            worth=Worth(*worth),
            sku_ids=None if skus is None else frozenset(skus),
            usable_from=usable_from,
            expires_at=expires_at,
            is_used=state == CouponState.USED,
        )
        for ref, name, *worth, skus, usable_from, expires_at, state in statement.rows(values)
    ]


def _worth(template: CouponTemplate) -> Worth:
    return Worth(template.off_fen, template.percent, template.cap_fen, template.minimum_fen)


def _scope(template: CouponTemplate) -> str:
    if template.category is not None:
        return _("限“%(name)s”分类") % {"name": template.category.name}
    if template.product is not None:
        return _("限“%(name)s”") % {"name": template.product.title}
    return _("全店可用")


def _offered(template: CouponTemplate) -> Offered:
    if template.valid_days is not None:
        validity = _("领取后 %(days)d 天内有效") % {"days": template.valid_days}
    else:
        assert template.usable_from is not None
        assert template.usable_until is not None
        validity = _("%(from)s 至 %(until)s 可用") % {
            "from": day(template.usable_from),
            "until": day(template.usable_until),
        }
    return Offered(
        id=template.pk,
        public_id=template.public_id,
        name=template.name,
        worth=_worth(template),
        scope=_scope(template),
        validity=validity,
        take_until=template.take_until,
        limit_per_person=template.limit_per_person,
        left=template.total - template.taken,
        is_gone=template.taken >= template.total,
        product_public_id=template.product.public_id if template.product else "",
        to_newcomers=template.how == CouponTemplate.How.NEWCOMER,
    )


def _wallet_coupon(coupon: Coupon, *, now: datetime) -> WalletCoupon:
    reason = ""
    if coupon.state == CouponState.USED and coupon.used_at is not None:
        reason = _("%(day)s 用于订单") % {"day": day(coupon.used_at)}
    elif coupon.expires_at <= now:
        reason = _("%(day)s 已过期") % {"day": day(coupon.expires_at)}
    elif coupon.usable_from > now:
        reason = _("%(day)s 起可用") % {"day": day(coupon.usable_from)}
    product = coupon.template.product
    return WalletCoupon(
        public_id=coupon.public_id,
        name=coupon.template.name,
        worth=_worth(coupon.template),
        scope=_scope(coupon.template),
        store_name=coupon.store.name,
        store_slug=coupon.store.slug,
        expires_at=coupon.expires_at,
        reason=reason,
        order_ref=coupon.order.public_id if coupon.order else "",
        product_public_id=product.public_id if product else "",
        source=str(coupon.get_source_display()),
    )
