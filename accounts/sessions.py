"""Sessions that know whose they are: whoever leaves takes theirs along, in every browser.

Django's own, cached ones otherwise. Only a row knows: what the cache holds goes with it.
"""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore as CachedSessionStore


class SessionStore(CachedSessionStore):
    """Writes the person who is signed in beside the data, which nobody can search."""

    @classmethod
    def get_model_class(cls) -> Any:
        from accounts.models import Session  # there are no models yet when settings are read

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.person_id = int(data[SESSION_KEY]) if data.get(SESSION_KEY) else None
        return row
