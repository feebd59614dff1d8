"""Whoever waits too long for a row that somebody else holds gives up, and is told to come again."""

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from psycopg2 import errorcodes

log = logging.getLogger(__name__)

# The lock was not to be had in time, or two waited for one another and one had to give up.
BUSY = frozenset({errorcodes.LOCK_NOT_AVAILABLE, errorcodes.DEADLOCK_DETECTED})
RETRY_AFTER_S = 5


def is_busy(error: BaseException) -> bool:
    """Whether the database says that others are at it: nothing was done, and later it may be."""
    cause = error.__cause__
    return isinstance(error, OperationalError) and getattr(cause, "pgcode", None) in BUSY


class BusyMiddleware:
    """An answer for a view that found its rows busy: its transaction is rolled back, so the same
    form may be sent again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_busy(error):
            return None
        log.warning("%s %s found its rows busy: %s", request.method, request.path, error)
        # Without the request: the page must not ask the database who this is.
        response = HttpResponse(render_to_string("503.html"), status=503)
        response["Retry-After"] = str(RETRY_AFTER_S)
        response["Cache-Control"] = "no-store"
        return response
