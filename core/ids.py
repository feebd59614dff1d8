"""Public ids: what the world sees of a row. Random, prefixed, unguessable; knowing one opens nothing."""

import secrets
from functools import partial
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

# Crockford's base 32 without the letters that are read as digits: 20 characters are 100 bits.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 20


def public_id(prefix: str) -> str:
    """A new id such as `ord_3x9…`: the prefix, an underscore, 20 random characters."""
    return prefix + "_" + random_token(LENGTH)


def random_token(length: int) -> str:
    """`length` random characters that survive URLs, dictation and QR codes (5 bits each)."""
    bits = secrets.randbits(5 * length)
    return "".join([ALPHABET[bits >> shift & 31] for shift in range(0, 5 * length, 5)])


class PublicIdField(models.CharField):
    """A unique, uneditable public id with the model's prefix, set when the row is made."""

    def __init__(self, prefix: str = "", **kwargs: object) -> None:
        self.prefix = prefix
        self._is_named = "verbose_name" in kwargs
        kwargs.setdefault("verbose_name", _("编号"))
        kwargs.setdefault("max_length", 32)
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", partial(public_id, prefix))
        super().__init__(**kwargs)  # type: ignore[arg-type]

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["prefix"] = self.prefix
        kwargs.pop("default", None)
        if not self._is_named:
            kwargs.pop("verbose_name", None)
        return name, path, args, kwargs
