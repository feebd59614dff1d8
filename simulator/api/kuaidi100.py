"""快递100's query, for a parcel that is always somewhere: poll/query.do."""

import hashlib
import json
import os
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

KEY = os.environ.get("KUAIDI100_KEY", "simulated")
CUSTOMER = os.environ.get("KUAIDI100_CUSTOMER", "simulated")
UNKNOWN = "0000"  # a number that ends so is one nobody has seen
DELIVERED = "9999"  # and one that ends so has arrived


@csrf_exempt
@require_POST
def query(request: HttpRequest) -> JsonResponse:
    """The way of the parcel that `param` names, if `sign` is right."""
    param = request.POST.get("param", "")
    if request.POST.get("customer") != CUSTOMER or request.POST.get("sign") != _sign(param):
        return _refuse("503", "验证签名失败")
    try:
        asked: dict[str, Any] = json.loads(param)
        company, number = str(asked["com"]), str(asked["num"])
    except (ValueError, KeyError, TypeError):
        return _refuse("400", "提交的数据不完整，或者贵公司没授权")
    if company in {"shunfeng", "zhongtong"} and not asked.get("phone"):
        return _refuse("408", "验证码错误：请填写收件人手机号")
    if number.endswith(UNKNOWN):
        return _refuse("500", "查询无结果，请隔段时间再查")
    arrived = number.endswith(DELIVERED)
    way = ["【枣园营业点】已收件", "【转运中心】已发出", "【本地网点】正在派件"]
    way += ["已签收，签收人：本人"] if arrived else []
    rows = [
        {"time": f"2026-01-0{day} 09:30:00", "ftime": f"2026-01-0{day} 09:30:00", "context": text}
        for day, text in enumerate(way, start=1)
    ]
    return JsonResponse(
        {
            "message": "ok",
            "nu": number,
            "ischeck": "1" if arrived else "0",
            "com": company,
            "status": "200",
            "state": "3" if arrived else "0",
            "data": rows[::-1],
        }
    )


def _refuse(code: str, message: str) -> JsonResponse:
    return JsonResponse({"result": False, "returnCode": code, "message": message})


def _sign(param: str) -> str:
    text = f"{param}{KEY}{CUSTOMER}".encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
