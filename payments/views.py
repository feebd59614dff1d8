"""The address that the provider calls. The only one without CSRF: its signature is checked."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import clock
from payments.services.notices import (
    NoticeRefused,
    NoticeUnfit,
    UnknownAccount,
    notice_receive,
)

log = logging.getLogger(__name__)

# A notice is about two kilobytes.
BODY_MAX = 64 * 1024


@csrf_exempt
@require_POST
def notify(request: HttpRequest, account_public_id: str) -> HttpResponse:
    """POST a notice of this account: 204 when it is accepted, also when it is told again.

    404 unknown account, 401 not verified, 400 signed but does not fit, 413 too long, 500 our own
    trouble; all of them make the provider call again.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > BODY_MAX:
        return _failed(413)
    try:
        notice_receive(
            account_public_id=account_public_id,
            headers=request.headers,
            body=request.body,
            now=clock.now(),
        )
    except UnknownAccount:
        return _failed(404)
    except NoticeRefused as error:
        log.warning("a notice for %s was refused: %s", account_public_id, error)
        return _failed(401)
    except NoticeUnfit as error:
        log.error("notice %s for %s does not fit", error, account_public_id)
        return _failed(400)
    except Exception:
        log.exception("a notice for %s could not be recorded", account_public_id)
        return _failed(500)
    return HttpResponse(status=204)


def _failed(status: int) -> HttpResponse:
    answer = {"code": "FAIL", "message": "refused"}
    return JsonResponse(answer, status=status, json_dumps_params={"ensure_ascii": False})
