"""What stays on a staff list until a person has explained it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Explained(models.Model):
    """Stays on a staff list until a person has said, once, what it was."""

    explained_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("处理人"),
    )
    explanation = models.TextField(_("处理说明"), blank=True, default="", db_default="")

    class Meta:
        abstract = True
