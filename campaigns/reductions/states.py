"""The life of a full-reduction campaign."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Machine, Move


class ReductionState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")
    ENDED = "ended", _("已结束")


REDUCTION = Machine(
    "reduction",
    states=ReductionState,
    initial=ReductionState.DRAFT,
    moves=[
        Move(
            "publish",
            (ReductionState.DRAFT,),
            ReductionState.PUBLISHED,
            because="the merchant checked its terms, which never change from now on",
        ),
        Move(
            "end",
            (ReductionState.PUBLISHED,),
            ReductionState.ENDED,
            because="its end has come, or the merchant ended it early",
        ),
    ],
)
