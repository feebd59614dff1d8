"""The day's trade bill: asked for by a signed call, downloaded by another, unsigned in return."""

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from simulator.api.v3 import ApiError, asker, call, plain_error, sub_of
from simulator.models import Merchant
from simulator.services import bills
from simulator.services.faults import fault_take

OWN_MODES = frozenset({"tampered", "bad_hash"})


@call("bill", "GET")
def tradebill(merchant: Merchant, body: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """?bill_date=2026-11-23&bill_type=ALL"""
    day = _day(request.GET.get("bill_date", ""))
    kind = request.GET.get("bill_type", "ALL")
    if kind not in bills.KINDS:
        raise ApiError(400, "PARAM_ERROR", "bill_type应为ALL、SUCCESS或REFUND")
    packed = request.GET.get("tar_type", "")
    if packed not in ("", "GZIP"):
        raise ApiError(400, "PARAM_ERROR", "tar_type只支持GZIP")
    if not bills.is_ready(day):
        raise ApiError(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    owner = merchant
    if "sub_mchid" in request.GET:
        owner = sub_of(merchant, request.GET["sub_mchid"])
    rows = bills.bill_rows(owner, day, kind)
    if not rows:
        raise ApiError(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    mode = fault_take("bill", among=OWN_MODES)
    token, digest = bills.bill_make(
        merchant, rows, tampered=mode == "tampered", packed=bool(packed)
    )
    return {
        "hash_type": "SHA1",
        "hash_value": "0" * 40 if mode == "bad_hash" else digest,
        "download_url": f"{settings.URL}/v3/billdownload/file?token={token}",
    }


def download(request: HttpRequest) -> HttpResponse:
    """The file, to the merchant who asked for it. The answer is not signed."""
    try:
        merchant = asker(request)
    except ApiError as error:
        return plain_error(error)
    text = bills.bill_take(request.GET.get("token", ""), merchant.mchid)
    if text is None:
        return plain_error(ApiError(404, "RESOURCE_NOT_EXISTS", "下载地址已失效"))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ApiError(400, "PARAM_ERROR", "bill_date格式为yyyy-MM-DD") from None
