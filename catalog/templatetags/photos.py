"""`{{ line.photo|photo_src }}`: the address of a photo that is stored by its storage name."""

from django import template

from catalog import queries
from core.photos import WIDTHS

register = template.Library()


@register.filter
def photo_src(name: str, width: int = WIDTHS[0]) -> str:
    return queries.photo_src(name, int(width))
