"""Every test begins with an empty Valkey as far as gates are concerned."""

import pytest
from django.conf import settings

from campaigns.flash import gate


@pytest.fixture(autouse=True)
def fresh_gate(monkeypatch):
    monkeypatch.setattr(gate._Away, "until", 0.0)
    store = gate._redis(settings.CACHE_URL)
    for key in store.scan_iter("flash:gate:*"):
        store.delete(key)
