"""What is not there, said so that the person knows what to do."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render


class NotHere(Http404):
    """Nothing at this address. Its sentence is for the person and is shown on the page."""


def page_not_found(request: HttpRequest, exception: Exception, **kwargs: Any) -> HttpResponse:
    """The 404 page, with the reason of a NotHere; any other Http404 is for engineers."""
    reason = str(exception) if isinstance(exception, NotHere) else ""
    return render(request, "404.html", {"reason": reason}, status=404)
