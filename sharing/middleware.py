"""Visits of readers without scripts: nothing on a public page tells of them, so the first private page
that they go on to does, from the address of the page that it was reached from."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core import clock
from sharing.pages import token_of_referer, visit_keep


class ShareRefererMiddleware:
    """Records the visit before a redirect to sign-in can lose it; the guest's cookie carries it over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and _is_private_page(request, response):
            token = token_of_referer(request)
            if token:
                visit_keep(request, response, token=token, now=clock.now(), anew=False)
        return response


def _is_private_page(request: HttpRequest, response: HttpResponse) -> bool:
    """A page that somebody went to: no fragment, picture or script, and none that caches keep."""
    return (
        request.method == "GET"
        and response.status_code < 400
        and not hasattr(response, "public_max_age_s")
        and "text/html" in request.headers.get("Accept", "")
        and "HX-Request" not in request.headers
    )
