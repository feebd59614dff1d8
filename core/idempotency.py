"""Form keys: every form carries a hidden key, and sending it twice does the thing once."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core.ids import ALPHABET, random_token
from core.models import FormKey
from core.prepared import Prepared
from core.rows import rows_sweep

_CLAIM = Prepared(
    "core_form_claim",
    """
    INSERT INTO core_formkey (owner, key, purpose, result, created_at)
    VALUES (%(owner)s, %(key)s, %(purpose)s, %(result)s, %(now)s)
    ON CONFLICT (owner, key) DO NOTHING
    """,
)

KEY_LENGTH = 26
# Nobody sends a page again that has been open for so long.
KEPT = timedelta(days=60)
# What a form has, alone or with what it does several times (`key:7`). Other keys are reasons for which
# something is done once for ever, as a newcomer's coupon is given.
_OF_A_FORM = rf"^[0-9a-z]{{{KEY_LENGTH}}}(:|$)"


def form_key_new() -> str:
    """A new key for a form's hidden field."""
    return random_token(KEY_LENGTH)


def form_key_kept(data: Mapping[str, str]) -> str:
    """The key of a form that comes back: a refused form keeps its own, so that sending it again is
    still the same act. A new one where there is none that could be."""
    key = data.get("form_key", "")
    return key if len(key) == KEY_LENGTH and set(key) <= set(ALPHABET) else form_key_new()


def form_claim(
    *, owner: str, key: str, purpose: str, result: dict[str, Any], now: datetime
) -> dict[str, Any] | None:
    """Claim a form's key inside the transaction that does its work.

    None: the key is new, do the work; `result` (known beforehand, because public ids are made
    before rows) is what a second sender will be given. Otherwise the first sender's result. A
    second sender at the same time waits here until the first has committed or rolled back.
    `owner` is who sends: `user:5`.
    """
    claimed = _CLAIM.count(
        {"owner": owner, "key": key, "purpose": purpose, "result": json.dumps(result), "now": now}
    )
    return None if claimed else FormKey.objects.get(owner=owner, key=key).result


def form_first(*, owner: str, key: str) -> dict[str, Any] | None:
    """What the form with this key did already; None when nothing, or not yet. One read."""
    rows = FormKey.objects.filter(owner=owner, key=key)
    return rows.values_list("result", flat=True).first()


def form_keys_forget(*, now: datetime) -> int:
    """Delete the keys of forms that nobody sends any more; how many there were."""
    return rows_sweep(FormKey.objects.filter(created_at__lt=now - KEPT, key__regex=_OF_A_FORM))
