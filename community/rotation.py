"""When a group's code may be shown, and when the next one takes over. Pure."""

from datetime import datetime, timedelta

from django.db.models import F, Q

# Whoever saves the picture and scans it after lunch must still get in.
MARGIN = timedelta(hours=2)


def usable(*, now: datetime, prefix: str = "") -> Q:
    """A code that still opens its group for whoever has been shown it."""
    return Q(**{f"{prefix}is_stopped": False}) & (
        Q(**{f"{prefix}expires_at": None}) | Q(**{f"{prefix}expires_at__gt": now + MARGIN})
    )


def has_room(prefix: str = "") -> Q:
    """A code that may be shown to one more person."""
    return Q(**{f"{prefix}shown__lt": F(f"{prefix}capacity") - F(f"{prefix}spare")})
