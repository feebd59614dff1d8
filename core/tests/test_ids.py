"""Public ids cannot be guessed or confused."""

from core.ids import ALPHABET, public_id


def test_ids_are_prefixed_random_and_spelled_in_the_alphabet():
    ids = {public_id("ord") for _ in range(1000)}
    assert len(ids) == 1000
    for one in ids:
        prefix, token = one.split("_")
        assert prefix == "ord"
        assert len(token) == 20
        assert set(token) <= set(ALPHABET)
