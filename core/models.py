"""The kernel's tables: facts, their deliveries, and form keys."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

# The sweep leaves a new delivery alone for so long: inline delivery or the nudge comes first.
GRACE = timedelta(seconds=5)


class Fact(models.Model):
    """Something that happened. Append-only; partitioned by month (see the first migration)."""

    name = models.CharField(_("事实"), max_length=64)
    subject = models.CharField(_("对象类型"), max_length=32)
    subject_id = models.BigIntegerField(_("对象编号"))
    store_id = models.BigIntegerField(_("店铺编号"), null=True)
    payload = models.JSONField(_("内容"))
    recorded_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("事实")
        verbose_name_plural = _("事实")
        indexes = [models.Index(fields=["subject", "subject_id", "id"], name="core_fact_subject")]

    def __str__(self) -> str:
        return f"{self.name} #{self.subject_id}"


class Delivery(models.Model):
    """One fact for one subscriber."""

    fact_id = models.BigIntegerField(_("事实编号"))
    fact_at = models.DateTimeField(_("事实时间"))
    name = models.CharField(_("事实"), max_length=64)
    subscriber = models.CharField(_("订阅者"), max_length=100)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    reruns = models.PositiveSmallIntegerField(_("重新投递次数"), default=0)
    due_at = models.DateTimeField(_("下次投递"))
    delivered_at = models.DateTimeField(_("投递时间"), null=True)
    parked_at = models.DateTimeField(_("搁置时间"), null=True)
    error = models.TextField(_("最后的错误"), blank=True)

    class Meta:
        verbose_name = _("投递")
        verbose_name_plural = _("投递")
        constraints = [
            models.UniqueConstraint(fields=["fact_id", "subscriber"], name="core_delivery_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="core_delivery_due",
                condition=models.Q(delivered_at=None, parked_at=None),
            ),
            models.Index(
                fields=["parked_at"],
                name="core_delivery_parked",
                condition=models.Q(parked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.subscriber}"


class AccessEntry(models.Model):
    """Somebody saw people's full data (`core/access.py`). Append-only."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("谁")
    )
    store_id = models.BigIntegerField(_("店铺编号"), null=True)
    what = models.CharField(_("看了什么"), max_length=60)
    reference = models.CharField(_("哪一个"), max_length=40, blank=True)
    count = models.PositiveIntegerField(_("多少人的资料"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("资料查看记录")
        verbose_name_plural = _("资料查看记录")
        indexes = [
            models.Index(fields=["store_id", "-id"], name="core_access_store"),
            models.Index(
                fields=["reference"],
                name="core_access_reference",
                condition=~models.Q(reference=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.reference}"


class FormKey(models.Model):
    """A form that was sent: the same key by the same owner finds the first result."""

    owner = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    purpose = models.CharField(max_length=32)
    result = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="core_formkey_once")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.key}"


class Deadline(models.Model):
    """Mix-in: a row with something to do at an instant (`core/deadlines.py`)."""

    due_at = models.DateTimeField(_("下次处理"), null=True, blank=True, editable=False)
    due_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    due_error = models.TextField(blank=True, default="", editable=False)
    due_parked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


def due_indexes(name: str) -> list[models.Index]:
    """The partial indexes that a Deadline model adds to its Meta: a tick reads the due rows only, and
    the platform's first page the parked ones."""
    return [
        models.Index(
            fields=["due_at"], name=f"{name}_due", condition=models.Q(due_at__isnull=False)
        ),
        models.Index(
            fields=["due_parked_at"],
            name=f"{name}_parked",
            condition=models.Q(due_parked_at__isnull=False),
        ),
    ]
