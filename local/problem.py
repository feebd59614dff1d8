"""The one exception whose text is shown to the person, without a traceback."""


class Problem(Exception):
    """Something the person at the keyboard can act on; the text says how."""
