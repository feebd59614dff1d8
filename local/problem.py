"""The one exception whose text is shown to the person, without a traceback."""


class Problem(Exception):  # noqa: N818  it is what the person reads
    """Something the person at the keyboard can act on; the text says how."""
