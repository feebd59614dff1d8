"""Rate limits for what costs something: joins, uploads, codes. A counter in the cache per window.

It bounds nuisance, not truth: money, stock and seats are guarded by the database. When the cache
is away everything passes, because a shop that refuses everybody is worse than one without limits.
"""

import hashlib
import logging

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import clock

log = logging.getLogger(__name__)

# Reading an upload costs up to a second of a processor: pictures are drawn anew.
UPLOADS, UPLOADS_WINDOW_S = 60, 600
UPLOADS_REFUSED = _("上传太频繁了，请过十分钟再试。")


def limit_check(scope: str, key: str, limit: int, window_s: int) -> bool:
    """Count one act of `key` (a user id, an address) in `scope`; False when it is one too many.

    At most `limit` acts pass in each window of `window_s` seconds; windows are aligned to the
    clock, so a burst around a boundary may see twice that.
    """
    window = int(clock.now().timestamp()) // window_s
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    name = f"limit:{scope}:{digest}:{window}"
    try:
        first = cache.add(name, 1, timeout=window_s)
        return (1 if first else cache.incr(name)) <= limit
    except ValueError:
        return True  # the window ended between the two calls
    except Exception:
        log.warning("the cache cannot count %s", scope, exc_info=True)
        return True


def upload_allowed(request: HttpRequest) -> bool:
    """Count one file that the request's user sent, before anything reads it; False when it is one
    too many. What to say then: UPLOADS_REFUSED."""
    return limit_check("upload", f"user:{request.user.pk}", UPLOADS, UPLOADS_WINDOW_S)


def client_address(request: HttpRequest) -> str:
    """Where the request comes from, as the outermost of our own proxies saw it.

    Each proxy of ours (PROXY_HOPS of them) appends to X-Forwarded-For; what stands further left
    was written by the client and says anything. One address may be thousands of phones behind one
    carrier, so limits by address are wide.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    hops = settings.PROXY_HOPS
    if not hops:
        return direct
    told = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
    return told[-hops] if len(told) >= hops and told[-hops] else direct
