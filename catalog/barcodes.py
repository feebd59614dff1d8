"""Barcodes: a number as long as an EAN-8, UPC-A or EAN-13 must have its check digit."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

EAN_LENGTHS = frozenset({8, 12, 13})
_CODE = re.compile(r"[0-9A-Za-z._-]{1,32}", re.ASCII)


def barcode_check(code: str) -> None:
    """Raises ValidationError for a code that a scanner could not have read."""
    if not _CODE.fullmatch(code):
        raise ValidationError(_("条码只能包含字母、数字和 . _ -。"), code="characters")
    is_ean = code.isdigit() and len(code) in EAN_LENGTHS
    if is_ean and int(code[-1]) != ean_digit(code[:-1]):
        raise ValidationError(_("条码的校验位不对，请对照包装再输一次。"), code="check_digit")


def ean_digit(digits: str) -> int:
    """The check digit that belongs behind these: weights 3, 1, 3, … from the right."""
    weighted = (int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return -sum(weighted) % 10
