"""What coupons do by themselves: a template stops being given out."""

from datetime import datetime

from campaigns.coupons.models import CouponTemplate
from campaigns.coupons.services import template_end_due
from core.deadlines import DeadlineKind, deadline_register


def template_due(template_id: int, *, now: datetime) -> datetime | None:
    return template_end_due(template_id=template_id, now=now)


deadline_register(DeadlineKind(name="coupons.end", model=CouponTemplate, handler=template_due))
