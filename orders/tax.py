"""统一社会信用代码, as GB 32100-2015 defines it: 18 characters, the last checks the others."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_code_clean(text: str) -> str:
    """The code without spaces, in capitals."""
    return "".join(text.split()).upper()


def credit_code_is_sound(code: str) -> bool:
    """Whether the code has the right length and letters, and its check character fits."""
    if len(code) != len(WEIGHTS) + 1 or any(c not in ALPHABET for c in code):
        return False
    total = sum(ALPHABET.index(c) * w for c, w in zip(code, WEIGHTS, strict=False))
    return ALPHABET[-total % len(ALPHABET)] == code[-1]
