"""What people were told, and by which ways."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import PublicIdField
from notices.kinds import Kind


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
