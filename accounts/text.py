"""What people type, made safe to store and to show: phones, names, streets, nicknames."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_JOINER = "\u200d"  # holds emoji together: 👨‍👩‍👧


def text_clean(text: str) -> str:
    """One line without anything invisible: control characters, zero widths, direction overrides."""
    kept = "".join(
        " " if c in "\t\r\n\u2028\u2029" else c
        for c in unicodedata.normalize("NFC", text)
        if c == _JOINER or c in "\t\r\n\u2028\u2029" or unicodedata.category(c) not in _INVISIBLE
    )
    return " ".join(kept.split()).strip(_JOINER + " ")


_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def phone_clean(text: str) -> str:
    """The eleven digits of a mainland mobile number: "+86 138-1234-5678" → "13812345678".

    Raises ValidationError for anything else.
    """
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text_clean(text)))
    digits = re.sub(r"^(\+?86|0086)(?=1\d{10}$)", "", digits)
    if not _MOBILE.fullmatch(digits):
        raise ValidationError(_("请输入 11 位手机号码。"), code="phone")
    return digits


def required_clean(text: str, *, at_least: int, at_most: int, missing: str, long: str) -> str:
    """A cleaned line within bounds; raises ValidationError with one of the two messages."""
    line = text_clean(text)
    if len(line) < at_least:
        raise ValidationError(missing, code="required")
    if len(line) > at_most:
        raise ValidationError(long, code="max_length")
    return line
