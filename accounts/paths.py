"""Redirects go to our own paths only."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

MAX_LENGTH = 1000


def is_own_path(path: str) -> bool:
    """Whether it is a path on this site: "/p/…", never "//host", "/\\host" or "https:…"."""
    return (
        0 < len(path) <= MAX_LENGTH
        and path.startswith("/")
        and not any(ord(c) < 33 or c == "\\" for c in path)
        and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    )


def asked_path(request: HttpRequest) -> str:
    """Where the request wants to go afterwards (`next` in the form or the address); "" when it does
    not say, or when that is not ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_own_path(wanted) else ""


def next_path(request: HttpRequest, *, default: str = "") -> str:
    """The same, with a default: the person's own page."""
    return asked_path(request) or default or reverse("storefront:me")


def with_query(path: str, **values: str) -> str:
    """The path with these query values set."""
    parts = urlsplit(path)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in values]
    return urlunsplit(parts._replace(query=urlencode([*query, *values.items()])))
