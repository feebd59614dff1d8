"""One shared card, two thousand people, three days in a minute or two: the rehearsal itself."""

import redis

from bench.event import NOTICES, played


def test_two_thousand_people_leave_nothing_behind(shop, capsys):
    assert played(shop, people=2000, seed=1) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("event: people=2000 orders=")
    assert "oversold=0 stuck=0 books=equal" in said
    as_told(shop)
    from_many_addresses(shop)


def as_told(shop):
    """WeChat told of some of it twice, late or in another sequence, and of some never."""
    notices = shop.control("GET", "notices")
    heard = {one["mode"] for one in notices if one["accepted"]}
    assert heard >= set(NOTICES) - {"lost"}
    assert "lost" in {one["mode"] for one in notices} - heard


def from_many_addresses(shop):
    """Guests are counted by address for ten minutes; behind one address there would be one counter."""
    cache = redis.Redis.from_url(shop.stack.env["CACHE_URL"])
    assert len(list(cache.scan_iter("*:limit:guests:*"))) > 100
