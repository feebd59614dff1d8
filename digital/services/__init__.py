"""Card keys come in, and what is sold on a screen goes out."""

from digital.services.deliver import ContentMissing, order_deliver
from digital.services.keys import Imported, KeysRefused, key_void, keys_import

__all__ = [
    "ContentMissing",
    "Imported",
    "KeysRefused",
    "key_void",
    "keys_import",
    "order_deliver",
]
