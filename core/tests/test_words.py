from core.words import shorten


def test_what_fits_stays_as_it_is():
    assert shorten("红枣", 2) == "红枣"


def test_what_does_not_fit_ends_in_an_ellipsis_and_is_no_longer_than_asked():
    assert shorten("山西红枣", 3) == "山西…"


def test_combining_marks_are_counted_as_a_column_counts_them():
    assert len(shorten("e\u0301" * 9, 6)) == 6
