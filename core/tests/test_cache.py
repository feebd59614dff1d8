"""Pages go on without their cache."""

import pytest

from core.cache import SoftRedisCache


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
