"""Every test begins with an empty Valkey as far as gates are concerned."""

import pytest
from django.conf import settings

from campaigns.flash import gate
from core.away import Away


@pytest.fixture(autouse=True)
def fresh_gate(monkeypatch):
    monkeypatch.setattr(gate, "_away", Away())
    store = gate._redis(settings.CACHE_URL)
    for key in store.scan_iter("flash:gate:*"):
        store.delete(key)
