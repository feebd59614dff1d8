"""What people were told, and by which ways."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from core.models import Deadline, due_indexes
from notices.kinds import SHOPPER_TOPICS, Kind, Topic
from notices.states import ConsentState, DeliveryState


class Notice(models.Model):
    """One event told to one person: a line of the inbox. Its words are kept as they were.

    `key` names the event, so that nobody is told twice however often a fact is delivered. `values`
    holds the words that a message template has places for; never an address or a phone.
    """

    public_id = PublicIdField(prefix="ntc")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        verbose_name=_("收到的人"),
        db_index=False,
    )
    for_staff = models.BooleanField(_("给店铺人员"), default=False)
    kind = models.CharField(_("内容"), max_length=24, choices=Kind.choices)
    key = models.CharField(_("事件"), max_length=80)
    title = models.CharField(_("标题"), max_length=40)
    body = models.CharField(_("正文"), max_length=200)
    path = models.CharField(_("页面"), max_length=200)
    values = models.JSONField(_("模板内容"), default=dict)
    made_at = models.DateTimeField(_("时间"))
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("消息")
        verbose_name_plural = _("消息")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notices_notice_once")]
        indexes = [
            models.Index(fields=["user", "for_staff", "-id"], name="notices_notice_inbox"),
            models.Index(
                fields=["user"], name="notices_notice_unread", condition=models.Q(read_at=None)
            ),
            models.Index(fields=["made_at"], name="notices_notice_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"


class NoticeDelivery(Deadline):
    """A notice by one way beyond the inbox. Its public id is the number that is sent with it."""

    class Channel(models.TextChoices):
        WECHAT = "wechat", _("微信")
        EMAIL = "email", _("邮件")

    class Via(models.TextChoices):
        """How WeChat was used; empty until that is decided."""

        UNDECIDED = "", _("未定")
        TEMPLATE = "template", _("模板消息")
        SUBSCRIPTION = "subscription", _("一次性订阅")

    public_id = PublicIdField(prefix="msg")
    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺"), db_index=False
    )
    notice = models.ForeignKey(
        Notice,
        models.CASCADE,
        related_name="deliveries",
        verbose_name=_("消息"),
        db_index=False,
    )
    channel = models.CharField(_("渠道"), max_length=8, choices=Channel.choices)
    via = models.CharField(_("方式"), max_length=12, choices=Via.choices, blank=True, default="")
    state = models.CharField(
        _("状态"), max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    tries = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    # An earlier try was answered by silence: it may have been received.
    is_doubtful = models.BooleanField(_("可能已送达"), default=False)
    first_tried_at = models.DateTimeField(_("首次发送"), null=True, blank=True)
    tried_at = models.DateTimeField(_("上次发送"), null=True, blank=True)
    done_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    code = models.IntegerField(_("错误码"), null=True, blank=True)
    reason = models.CharField(_("说明"), max_length=120, blank=True, default="")
    provider_ref = models.CharField(_("微信消息编号"), max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("消息发送")
        verbose_name_plural = _("消息发送")
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="notices_delivery_once"),
            models.UniqueConstraint(
                fields=["notice"],
                condition=models.Q(state__in=["sending", "sent", "unclear"]),
                name="notices_delivery_one_way",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="notices_delivery_store"),
            *due_indexes("notices_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.public_id}"


class NoticeConsent(models.Model):
    """Leave to send one message by WeChat, about one topic. In one scene leaves do not add up, so
    each has a scene of its own."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("用户")
    )
    appid = models.CharField("AppID", max_length=32)
    template_id = models.CharField(_("模板编号"), max_length=64)
    topic = models.CharField(_("主题"), max_length=12, choices=Topic.choices)
    scene = models.PositiveIntegerField(_("场景"))
    token = models.CharField(max_length=32, unique=True, editable=False)
    state = models.CharField(
        _("状态"), max_length=8, choices=ConsentState.choices, default=ConsentState.ASKED
    )
    asked_at = models.DateTimeField(_("询问时间"))
    given_at = models.DateTimeField(_("同意时间"), null=True, blank=True)
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)
    delivery = models.OneToOneField(
        NoticeDelivery,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="consent",
        verbose_name=_("用于"),
    )

    class Meta:
        verbose_name = _("消息订阅")
        verbose_name_plural = _("消息订阅")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "appid", "template_id", "scene"],
                condition=models.Q(state="unused"),
                name="notices_consent_no_adding_up",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["used", "void"], delivery__isnull=False)
                | (~models.Q(state__in=["used", "void"]) & models.Q(delivery=None)),
                name="notices_consent_spent_on_one",
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "topic"],
                name="notices_consent_unused",
                condition=models.Q(state="unused"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()} {self.scene}"


class NoticePreference(models.Model):
    """By which ways a person wants to hear of a topic. Without a row: by both. The inbox always."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        verbose_name=_("用户"),
        db_index=False,
    )
    topic = models.CharField(
        _("主题"), max_length=12, choices=[(one.value, one.label) for one in SHOPPER_TOPICS]
    )
    wechat = models.BooleanField(_("微信"), default=True)
    email = models.BooleanField(_("邮件"), default=True)

    class Meta:
        verbose_name = _("消息偏好")
        verbose_name_plural = _("消息偏好")
        constraints = [
            models.UniqueConstraint(fields=["user", "topic"], name="notices_preference_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.topic}"


class Reminder(Deadline):
    """What an order's buyer, or a bargain's launcher, will be told at an instant, if it is still true
    then."""

    store = models.ForeignKey(
        "stores.Store", models.PROTECT, related_name="+", verbose_name=_("店铺"), db_index=False
    )
    order = models.ForeignKey(
        "orders.Order",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("订单"),
        db_index=False,
    )
    bargain = models.ForeignKey(
        "bargain.Bargain",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("砍价"),
        db_index=False,
    )
    kind = models.CharField(_("内容"), max_length=24, choices=Kind.choices)

    class Meta:
        verbose_name = _("提醒")
        verbose_name_plural = _("提醒")
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="notices_reminder_once"),
            models.UniqueConstraint(fields=["bargain", "kind"], name="notices_bargain_once"),
            models.CheckConstraint(
                condition=models.Q(order=None, bargain__isnull=False)
                | models.Q(order__isnull=False, bargain=None),
                name="notices_reminder_of_one",
            ),
        ]
        indexes = due_indexes("notices_reminder")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.order_id or self.bargain_id}"
