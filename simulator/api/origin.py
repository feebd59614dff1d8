"""Pages of the shop, on another port, ask the phone's scripts here; pages from elsewhere may not."""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


class OriginMiddleware:
    """Whoever drives this does it from this machine: no web page from outside, by no host name.

    Pages on loopback may call `/_phone/…` with their cookies; other origins can change nothing.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.get_host()
        origin = request.headers.get("Origin")
        is_own = origin is None or is_local(origin)
        if not is_own and _changes(request):
            return HttpResponse("pages of this machine only", status=403)
        response = self.get_response(request)
        if origin and is_own and request.path.startswith("/_phone/"):
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Credentials"] = "true"
            response["Vary"] = "Origin"
        return response


def is_local(origin: str) -> bool:
    """Whether a page with this origin came from this machine."""
    try:
        host = urlsplit(origin).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _changes(request: HttpRequest) -> bool:
    is_phone = request.path.startswith(("/_control/", "/_phone/"))
    return is_phone or (request.path == "/" and request.method != "GET")
