"""Pages go on without their cache, and with one that takes nothing more."""

import pytest
from django.core.cache.backends.redis import RedisCacheClient
from redis.exceptions import OutOfMemoryError, ReadOnlyError

from core.cache import SoftRedisCache
from core.public_pages import public_pages_forget


@pytest.fixture
def gone():
    return SoftRedisCache("redis://127.0.0.1:1/0", {})


def test_a_lost_cache_is_a_miss_not_an_error(gone):
    assert gone.get("a") is None
    assert gone.get("a", "b") == "b"
    assert gone.get_many(["a", "b"]) == {}
    gone.set("a", 1)
    assert gone.set_many({"a": 1}) == ["a"]
    assert gone.add("a", 1) is True
    assert gone.delete("a") is False
    assert gone.incr("a") == 1
    assert gone.has_key("a") is False


def test_calls_share_one_client(gone):
    client = gone._cache.get_client("a")
    assert gone._cache.get_client("b", write=True) is client


@pytest.mark.django_db
@pytest.mark.parametrize("refusal", [OutOfMemoryError, ReadOnlyError])
def test_a_page_shows_with_a_cache_that_takes_nothing(client, monkeypatch, refusal):
    public_pages_forget()

    def refuses(*args, **kwargs):
        raise refusal("command not allowed")

    for name in ("set", "add", "delete", "set_many"):
        monkeypatch.setattr(RedisCacheClient, name, refuses)
    assert client.get("/").status_code == 200
    assert client.get("/sign-in/").status_code == 200
