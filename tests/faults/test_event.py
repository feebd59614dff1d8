"""One shared card, two thousand people, three days in a minute or two: the rehearsal itself."""

from bench.event import played


def test_two_thousand_people_leave_nothing_behind(shop, capsys):
    assert played(shop, people=2000, seed=1) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("event: people=2000 orders=")
    assert "oversold=0 stuck=0 books=equal" in said
