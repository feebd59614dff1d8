"""Somebody who is not signed in, known by a random cookie: what they did is adopted at sign-in.

The cookie is signed: only a key that we gave away is a guest's, so nobody invents visitors.
"""

from datetime import timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse

from core.ids import random_token

COOKIE = "guest"
SALT = "core.guest"
AGE = timedelta(days=30)
LENGTH = 26


def guest_of(request: HttpRequest) -> str:
    """The guest's key, also one that this request has just been given; empty when there is none, or
    somebody wrote one."""
    given: str = getattr(request, "guest_given", "")
    if given:
        return given
    try:
        return signing.Signer(salt=SALT).unsign(request.COOKIES.get(COOKIE, ""))
    except signing.BadSignature:
        return ""


def guest_new() -> str:
    """A key for a guest who has none yet; `guest_keep` gives it to them."""
    return random_token(LENGTH)


def guest_keep(request: HttpRequest, response: HttpResponse, guest: str) -> None:
    """Set the cookie. Only where there is something to remember."""
    request.guest_given = guest  # type: ignore[attr-defined]
    response.set_cookie(
        COOKIE,
        guest_cookie(guest),
        max_age=AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def guest_cookie(guest: str) -> str:
    """What a guest's browser keeps."""
    return signing.Signer(salt=SALT).sign(guest)
