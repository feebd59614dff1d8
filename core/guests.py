"""Somebody who is not signed in, known by a random cookie: what they did is adopted at sign-in."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from core.ids import random_token

COOKIE = "guest"
AGE = timedelta(days=30)
LENGTH = 26


def guest_of(request: HttpRequest) -> str:
    """The guest's cookie; empty when there is none, or somebody wrote one of another shape."""
    guest = request.COOKIES.get(COOKIE, "")
    return guest if len(guest) == LENGTH and guest.isascii() and guest.isalnum() else ""


def guest_new() -> str:
    """A key for a guest who has none yet; `guest_keep` gives it to them."""
    return random_token(LENGTH)


def guest_keep(request: HttpRequest, response: HttpResponse, guest: str) -> None:
    """Set the cookie. Only where there is something to remember."""
    response.set_cookie(
        COOKIE,
        guest,
        max_age=AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
