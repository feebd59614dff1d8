"""Who runs the platform, for the frame of every page, error pages included."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def operator() -> dict[str, str]:
    """`name`, `contact`, `icp` and `complaints`; `icp` may be "" before it is filed."""
    return dict(settings.OPERATOR)
