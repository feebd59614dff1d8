"""Personal data at rest: encrypted columns, and blind indexes to look them up by.

The first of `FIELD_KEYS` encrypts and all of them decrypt, so a key is rotated by putting a new
one in front. `INDEX_KEY` never rotates: a blind index must stay the same to be found.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=1)
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def encrypt(text: str) -> str:
    """The ciphertext of `text`; an empty text stays empty."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """The text of a ciphertext. Raises ValueError when no key fits."""
    if not token:
        return ""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ValueError("no key in FIELD_KEYS decrypts this value") from error


def blind_index(value: str, *, purpose: str) -> str:
    """64 hex characters by which an encrypted value is found; another purpose, another index."""
    key = settings.INDEX_KEY.encode()
    return hmac.new(key, f"{purpose}\x00{value}".encode(), hashlib.sha256).hexdigest()


class EncryptedTextField(models.TextField):
    """Text that the database only ever sees encrypted. It cannot be searched: use a blind index."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise TypeError(f"{self.name} is encrypted: look it up by its blind index")


def mask_phone(phone: str) -> str:
    """13812345678 → 138****5678; anything shorter shows its last two characters."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****" + phone[-2:]


def mask_name(name: str) -> str:
    """王小明 → 王**: the first character and one star for each that follows."""
    return name[:1] + "*" * max(1, min(len(name) - 1, 4)) if name else ""
