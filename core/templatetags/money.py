"""Money in templates: `{{ fen|price }}` for people, `{{ fen|yuan }}` inside a sentence."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import money

register = template.Library()


@register.filter
def yuan(fen: int) -> str:
    """1250 → "12.50"."""
    return money.yuan(int(fen))


@register.filter
def price(fen: int) -> SafeString:
    """Yuan large, fen small: 1250 → ¥12<small>.50</small>; read aloud as one number."""
    whole, cents = money.yuan(int(fen)).split(".")
    return format_html(
        '<span class="price"><span class="price__sign">¥</span>{}<small>.{}</small></span>',
        whole,
        cents,
    )


@register.filter
def magnitude(fen: int) -> int:
    """An amount without its sign, where the sign is written apart."""
    return abs(int(fen))
