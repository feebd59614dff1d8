"""Public pages: the same bytes for everyone, rendered once and handed out many times.

A view marked with `public_page` sees neither person nor session. `PublicPageMiddleware`, the
outermost one, keeps its finished response (headers included) for a few seconds in the shared cache
and for one second in the process, so a warm page costs no query and no template. A CDN may hold it
for as long. What is personal or moves by the second comes in a fragment with `personal`.
"""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from time import monotonic, time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

# What share links and WeChat add to an address: outside the cache key, never read by the page.
TRACKING = frozenset({"s", "from", "isappinstalled"})
# What a public page may be asked for; an address with anything else is rendered and not kept.
PARAMETERS = frozenset({"page"})
# Nobody turns so many pages, and each would be kept.
PAGE_MAX = 1000
# A page that is too old is still handed out while one process renders the next one.
STALE_S = 30
RENDER_LOCK_S = 5
LOCAL_S = 1.0
LOCAL_MAX = 512
MIN_GZIP_BYTES = 600
GENERATION = "public-pages"

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class _Page:
    """A finished response. `fresh_until` is wall-clock seconds, shared between processes."""

    content: bytes
    gzipped: bytes
    headers: tuple[tuple[str, str], ...]
    etag: str
    fresh_until: float
    generation: int


_local: dict[str, tuple[float, _Page]] = {}


def public_page(*, max_age_s: int = 5) -> Callable[[View], View]:
    """Mark a view whose page is the same for everyone; only GET and HEAD reach it.

    The view gets a request without person, session, messages and cookies: reading one is an
    AttributeError in every environment, not a leak into somebody else's page.
    """

    def mark(view: View) -> View:
        @require_safe
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            anonymous = _anonymous(request)
            response = view(anonymous, *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
            if response.status_code == 200:
                # Nothing about staleness: a browser would show somebody who comes back to a group
                # what it kept before the group was decided. The old page is ours to hand out.
                response["Cache-Control"] = f"public, max-age={max_age_s}"
                response.public_max_age_s = max_age_s  # type: ignore[attr-defined]
            return response

        return wrapped

    return mark


def personal(view: View) -> View:
    """Mark a view whose answer is for one person: no cache may keep it, the browser's included."""
    return never_cache(view)


def page_number(request: HttpRequest, name: str = "page") -> int:
    """?page= as a number from 1 to PAGE_MAX; whatever is none is the first. A page with a second
    list gives that one's number another `name`."""
    asked = request.GET.get(name, "")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) < 6
    return min(max(int(asked), 1), PAGE_MAX) if is_number else 1


def _anonymous(request: HttpRequest) -> HttpRequest:
    bare = HttpRequest()
    bare.method = request.method
    bare.path, bare.path_info = request.path, request.path_info
    bare.resolver_match = request.resolver_match
    keep = ("SERVER_NAME", "SERVER_PORT", "HTTP_HOST", "wsgi.url_scheme")
    bare.META = {key: request.META[key] for key in keep if key in request.META}
    query = request.GET.copy()
    for name in TRACKING:
        query.pop(name, None)
    if "page" in query:
        # What is kept under a page's number is that page, however the number was written.
        query["page"] = str(page_number(request))
    query._mutable = False
    bare.GET = query  # type: ignore[assignment]
    bare.LANGUAGE_CODE = getattr(  # type: ignore[attr-defined]
        request, "LANGUAGE_CODE", settings.LANGUAGE_CODE
    )
    return bare


class PublicPageMiddleware:
    """Hands out kept public pages before anything else looks at the request. Must be outermost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = _key(request)
        if key is None:
            return self.get_response(request)
        page = _find(key)
        if page is not None:
            return _answer(request, page)
        response = self.get_response(request)
        max_age_s = getattr(response, "public_max_age_s", None)
        if max_age_s is None or not isinstance(response, HttpResponse):
            return response
        return _answer(request, _keep(key, response, max_age_s))


def public_pages_forget() -> None:
    """Forget what this process and the shared cache hold, for tests."""
    _local.clear()
    cache.add(GENERATION, 1, None)
    cache.incr(GENERATION)


def _key(request: HttpRequest) -> str | None:
    if request.method != "GET":
        return None
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return None  # what is kept would be handed out before anything redirects
    names = set(request.GET) - TRACKING
    if not names <= PARAMETERS:
        return None
    page = page_number(request)
    address = f"{request.META.get('HTTP_HOST', '')}{request.path}?page={page}"
    return "page:" + hashlib.sha256(address.encode()).hexdigest()[:40]


def _find(key: str) -> _Page | None:
    """The kept page; None when this process is the one that must render it."""
    kept = _local.get(key)
    if kept is not None and kept[0] > monotonic():
        return kept[1]
    found = cache.get_many([key, GENERATION])
    page = found.get(key)
    if not isinstance(page, _Page) or page.generation != found.get(GENERATION, 1):
        return None
    if page.fresh_until < time() and cache.add(key + ":render", 1, RENDER_LOCK_S):
        return None
    _remember(key, page)
    return page


def _keep(key: str, response: HttpResponse, max_age_s: int) -> _Page:
    if response.cookies:
        raise RuntimeError(f"a public page sets a cookie: {list(response.cookies)}")
    content = response.content
    headers = {name: value for name, value in response.items() if name != "Content-Length"}
    # The bytes depend on neither cookies nor language.
    headers["Vary"] = "Accept-Encoding"
    page = _Page(
        content=content,
        gzipped=gzip.compress(content, 6, mtime=0) if len(content) >= MIN_GZIP_BYTES else b"",
        headers=tuple(headers.items()),
        etag='W/"' + hashlib.sha256(content).hexdigest()[:32] + '"',
        fresh_until=time() + max_age_s,
        generation=cache.get(GENERATION, 1),
    )
    cache.set(key, page, max_age_s + STALE_S)
    cache.delete(key + ":render")
    _remember(key, page)
    return page


def _remember(key: str, page: _Page) -> None:
    if len(_local) >= LOCAL_MAX:
        _local.clear()
    _local[key] = (monotonic() + LOCAL_S, page)


def _answer(request: HttpRequest, page: _Page) -> HttpResponse:
    if request.META.get("HTTP_IF_NONE_MATCH") == page.etag:
        response: HttpResponse = HttpResponseNotModified()
        body = b""
    elif page.gzipped and "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
        body = page.gzipped
        response = HttpResponse(body)
        response["Content-Encoding"] = "gzip"
    else:
        body = page.content
        response = HttpResponse(body)
    for name, value in page.headers:
        if body or name in {"Cache-Control", "Vary"}:
            response[name] = value
    response["ETag"] = page.etag
    if body:
        response["Content-Length"] = str(len(body))
    return response
