"""Sharing: one link per person, target and channel; who opened it; which share brought an order."""

from functools import partial

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import random_token

# The windows that a store may choose, in days; the longest is how far back touches are remembered.
WINDOW_DAYS = (1, 3, 7, 15, 30)


class Channel(models.TextChoices):
    """Where a link was given away."""

    FRIEND = "friend", _("微信好友或群")
    MOMENTS = "moments", _("朋友圈")
    COPY = "copy", _("复制链接")
    POSTER = "poster", _("海报")
    PAPER = "paper", _("纸质二维码")
    WECOM = "wecom", _("企业微信")
    NOTICE = "notice", _("群公告")
    # Not given away by anybody: it stands on the sharer's showcase, for everybody who is there.
    SHOWCASE = "showcase", _("分享员橱窗")


class ShareLink(models.Model):
    """One link per (person, target, channel). The target is a path of our own."""

    class Target(models.TextChoices):
        STORE = "store", _("店铺")
        PRODUCT = "product", _("商品")
        GROUP = "group", _("拼团")
        SHOWCASE = "showcase", _("橱窗")
        BARGAIN = "bargain", _("砍价")
        COUNTER = "counter", _("柜台码")
        FLASH = "flash", _("秒杀")

    token = models.CharField(
        max_length=16, unique=True, editable=False, default=partial(random_token, 12)
    )
    store = models.ForeignKey(
        "stores.Store", models.CASCADE, related_name="share_links", verbose_name=_("店铺")
    )
    sharer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="share_links",
        verbose_name=_("分享人"),
    )
    target_kind = models.CharField(_("对象类型"), max_length=16, choices=Target.choices)
    target_ref = models.CharField(_("对象编号"), max_length=40)
    path = models.CharField(_("页面"), max_length=200)
    channel = models.CharField(_("渠道"), max_length=16, choices=Channel.choices)
    # Came with another account of the same person, beside one that was there: it still counts.
    is_second = models.BooleanField(default=False, editable=False)
    made_at = models.DateTimeField(_("创建时间"))

    class Meta:
        verbose_name = _("分享链接")
        verbose_name_plural = _("分享链接")
        constraints = [
            models.UniqueConstraint(
                fields=["sharer", "target_kind", "target_ref", "channel"],
                condition=models.Q(is_second=False),
                name="sharing_link_once",
            )
        ]
        indexes = [models.Index(fields=["store", "-id"])]

    def __str__(self) -> str:
        return self.token


class Visit(models.Model):
    """One row per link and person. A guest is known by a random cookie until signing in."""

    # The index below begins with the store.
    store = models.ForeignKey("stores.Store", models.CASCADE, related_name="+", db_index=False)
    link = models.ForeignKey(
        ShareLink, models.CASCADE, related_name="visits", verbose_name=_("链接")
    )
    visitor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("访客"),
    )
    guest = models.CharField(max_length=32, blank=True)
    first_at = models.DateTimeField(_("首次打开"))
    last_at = models.DateTimeField(_("最近打开"))
    count = models.PositiveIntegerField(_("次数"), default=1)

    class Meta:
        verbose_name = _("分享访问")
        verbose_name_plural = _("分享访问")
        constraints = [
            models.UniqueConstraint(
                fields=["link", "visitor"],
                condition=models.Q(visitor__isnull=False),
                name="sharing_visit_once_per_person",
            ),
            # The guest first: signing in looks for a cookie's visits among all of them.
            models.UniqueConstraint(
                fields=["guest", "link"],
                condition=models.Q(visitor=None),
                name="sharing_visit_once_per_guest",
            ),
        ]
        indexes = [
            models.Index(fields=["visitor", "-last_at"]),
            models.Index(fields=["store", "last_at"], name="sharing_visit_lately"),
        ]

    def __str__(self) -> str:
        return f"{self.link_id} × {self.count}"


class Arrival(models.Model):
    """Somebody came to a store without a share: one row per store, person and source, a guest by the
    cookie until signing in."""

    class Source(models.TextChoices):
        SEARCH = "search", _("店内搜索")
        DIRECT = "direct", _("直接打开")

    # The index below begins with the store.
    store = models.ForeignKey("stores.Store", models.CASCADE, related_name="+", db_index=False)
    visitor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    guest = models.CharField(max_length=32, blank=True)
    source = models.CharField(_("来源"), max_length=8, choices=Source.choices)
    first_at = models.DateTimeField(_("首次"))
    last_at = models.DateTimeField(_("最近"))

    class Meta:
        verbose_name = _("到店")
        verbose_name_plural = _("到店")
        constraints = [
            models.UniqueConstraint(
                fields=["store", "visitor", "source"],
                condition=models.Q(visitor__isnull=False),
                name="sharing_arrival_once_per_person",
            ),
            # The guest first: signing in looks for a cookie's arrivals among all of them.
            models.UniqueConstraint(
                fields=["guest", "store", "source"],
                condition=models.Q(visitor=None),
                name="sharing_arrival_once_per_guest",
            ),
        ]
        indexes = [models.Index(fields=["store", "last_at"], name="sharing_arrival_lately")]

    def __str__(self) -> str:
        return f"{self.store_id} × {self.visitor_id or self.guest}: {self.source}"


class Attribution(models.Model):
    """Which share brought an order: the last touch within the window, and the whole chain."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    order = models.OneToOneField(
        "orders.Order", models.CASCADE, related_name="+", verbose_name=_("订单")
    )
    link = models.ForeignKey(
        ShareLink, models.PROTECT, related_name="attributions", verbose_name=_("链接")
    )
    sharer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("分享人")
    )
    chain = models.JSONField(_("触点"))
    rule = models.CharField(_("规则版本"), max_length=32)
    attributed_at = models.DateTimeField(_("归因时间"))

    class Meta:
        verbose_name = _("分享归因")
        verbose_name_plural = _("分享归因")
        indexes = [models.Index(fields=["store", "-id"])]

    def __str__(self) -> str:
        return f"{self.order_id} ← {self.link_id}"


class AttributionWindow(models.Model):
    """How many days before an order a share counts, for the orders that a store gets from then on.
    Rows are added and never changed; a store without one has the usual days."""

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    days = models.PositiveSmallIntegerField(
        _("归因窗口（天）"), choices=[(days, str(days)) for days in WINDOW_DAYS]
    )
    since_at = models.DateTimeField(_("从何时起"))

    class Meta:
        verbose_name = _("归因窗口")
        verbose_name_plural = _("归因窗口")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(days__in=WINDOW_DAYS), name="sharing_window_is_one_of_five"
            )
        ]
        indexes = [models.Index(fields=["store", "-since_at"])]

    def __str__(self) -> str:
        return f"{self.store_id}: {self.days} d"


class StaleTouch(models.Model):
    """The last share that a buyer had opened before an order, where it was too old to bring it.

    Kept as it was when the order was placed, because a visit knows only its first and last time:
    what a longer window would have said cannot be found out later.
    """

    store = models.ForeignKey("stores.Store", models.PROTECT, related_name="+")
    order = models.OneToOneField("orders.Order", models.CASCADE, related_name="+")
    link = models.ForeignKey(ShareLink, models.CASCADE, related_name="+")
    touched_at = models.DateTimeField(_("触点时间"))

    class Meta:
        verbose_name = _("过期触点")
        verbose_name_plural = _("过期触点")

    def __str__(self) -> str:
        return f"{self.order_id} × {self.link_id}"


class Tie(models.Model):
    """Two people who have had to do with each other, by what they did: never by address books.

    One row for a pair and a kind, the lower id first. It belongs to the two people and to no store,
    and no merchant sees it.
    """

    class Kind(models.TextChoices):
        SHARE = "share", _("打开过对方的分享")
        GROUP = "group", _("拼成过一个团")
        BARGAIN = "bargain", _("帮过砍价")

    low = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    high = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(_("缘由"), max_length=8, choices=Kind.choices)
    first_at = models.DateTimeField(_("第一次"))
    last_at = models.DateTimeField(_("最近一次"))

    class Meta:
        verbose_name = _("往来")
        verbose_name_plural = _("往来")
        constraints = [
            models.UniqueConstraint(fields=["low", "high", "kind"], name="sharing_tie_once"),
            models.CheckConstraint(
                condition=models.Q(low__lt=models.F("high")), name="sharing_tie_low_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.low_id} – {self.high_id}"
