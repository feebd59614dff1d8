"""Money is integer fen everywhere; yuan exist only as text at the edge. No float, ever."""

import re
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_FEN = 10_000_000_000
_YUAN = re.compile(r"^[¥￥]?\s*(\d{1,9})(?:\.(\d{1,2}))?\s*元?$", re.ASCII)


def parse_yuan(text: str) -> int:
    """Fen from what a person typed: "12", "12.5", "¥12.50".

    Raises ValidationError for anything else: signs, thousands separators, a third decimal.
    """
    match = _YUAN.match(text.strip())
    if match is None:
        raise ValidationError(_("请输入金额，例如 12.50，最多两位小数。"), code="invalid")
    whole, cents = match.group(1), match.group(2) or ""
    return int(whole) * 100 + int(cents.ljust(2, "0"))


def yuan(fen: int) -> str:
    """Text for an amount of fen, always two decimals: 1250 → "12.50", -5 → "-0.05"."""
    sign = "-" if fen < 0 else ""
    whole, cents = divmod(abs(fen), 100)
    return f"{sign}{whole}.{cents:02d}"


def split(total_fen: int, weights: Sequence[int]) -> list[int]:
    """Share `total_fen` by weight, by largest remainder: the shares add up exactly.

    Of equal remainders the earlier share gets the fen, so the result is the same every time.
    Raises ValueError when there is something to share and nobody to take it, or a negative weight.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights cannot be negative")
    whole = sum(weights)
    if whole == 0:
        if total_fen:
            raise ValueError("nothing to split by")
        return [0] * len(weights)
    sign = -1 if total_fen < 0 else 1
    amount = abs(total_fen)
    shares = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    left = amount - sum(shares)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
        shares[index] += 1
    return [sign * share for share in shares]
