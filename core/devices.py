"""Which browser an order is placed from: a random cookie, kept only as a keyed hash.

Networks say nothing here: thousands of phones share one carrier's address. The cookie is set where
somebody is about to order, and nowhere else. Services read the mark here, so that no signature
carries it; outside of such a request it is "".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core.crypto import blind_index
from core.ids import ALPHABET, random_token

COOKIE, AGE_S, TOKEN_LENGTH, MARK_LENGTH = "device", 365 * 86400, 26, 32
_mark: ContextVar[str] = ContextVar("device_mark", default="")


def device_mark() -> str:
    """The mark of the browser that is ordering now; "" when there is none."""
    return _mark.get()


@contextmanager
def device_known(request: HttpRequest) -> Iterator[None]:
    """Whatever is placed inside of this was placed from the request's browser."""
    token = request.COOKIES.get(COOKIE, "")
    good = len(token) == TOKEN_LENGTH and set(token) <= set(ALPHABET)
    before = _mark.set(blind_index(token, purpose="device")[:MARK_LENGTH] if good else "")
    try:
        yield
    finally:
        _mark.reset(before)


def device_keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give a browser that has none its cookie."""
    if COOKIE not in request.COOKIES:
        response.set_cookie(
            COOKIE,
            random_token(TOKEN_LENGTH),
            max_age=AGE_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
