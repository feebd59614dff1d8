"""Words for people, made to fit."""


def shorten(text: str, length: int) -> str:
    """At most `length` characters, the last of them an ellipsis where something was left out. Django's
    Truncator counts no combining marks, and columns and Tencent do."""
    return text if len(text) <= length else text[: length - 1] + "…"
