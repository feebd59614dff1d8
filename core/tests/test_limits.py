"""Limits count per key and window; the client's address is what our own proxy says."""

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from core.limits import client_address, limit_check


@pytest.fixture(autouse=True)
def empty():
    cache.clear()


def test_so_many_and_no_more():
    assert [limit_check("t", "a", 3, 600) for _ in range(5)] == [True] * 3 + [False] * 2
    assert limit_check("t", "b", 3, 600)
    assert limit_check("u", "a", 3, 600)


def test_without_a_cache_everything_passes(monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(cache, "add", away)
    assert limit_check("t", "a", 0, 600)


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "1.2.3.4", "9.9.9.9"),
        (1, "", "9.9.9.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "9.9.9.9"),
    ],
)
def test_only_our_own_proxies_are_believed(settings, hops, forwarded, address):
    settings.PROXY_HOPS = hops
    request = RequestFactory().get("/", REMOTE_ADDR="9.9.9.9", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address
