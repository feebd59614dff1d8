"""What every call of WeChat Pay v3 has in common: who asks, faults, signed answers."""

import json
import re
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from simulator.models import Merchant
from simulator.services import choices, keys
from simulator.services.faults import CALL_MODES, fault_take
from simulator.services.remembered import merchant_of

SCHEME = "WECHATPAY2-SHA256-RSA2048"
FIELDS = ("mchid", "nonce_str", "signature", "timestamp", "serial_no")
SKEW_S = 300
# No single payment is a hundred million yuan.
MOST_FEN = 10**10
# Longer than a client of ours waits, short enough that threads come back.
SILENCE_S, SLOW_S = 3.5, 1.2
_stamp = re.compile(r"[0-9]{1,12}", re.ASCII)
_field = re.compile(r'(\w+)="([^"]*)"')


class ApiError(Exception):
    """Tencent's code and message, with the HTTP status they come with."""

    def __init__(self, status: int, code: str, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.detail = status, code, message, detail


def error_chosen(question: str) -> ApiError:
    """The answer to one of the questions of `services/choices.py`."""
    code = choices.chosen(question)
    status, message = choices.CHOICES[question][code]
    return ApiError(status, code, message)


Verb = Callable[..., dict[str, Any] | None]


def call(operation: str, method: str) -> Callable[[Verb], Callable[..., HttpResponse]]:
    """A signed call: the verb gets the merchant and the body, and returns the answer (None: 204)."""

    def wrap(verb: Verb) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(verb)
        def view(request: HttpRequest, **kwargs: str) -> HttpResponse:
            if request.method != method:
                return _plain(405, "METHOD_NOT_ALLOWED", "请求方法不对")
            try:
                merchant = asker(request)
            except ApiError as error:
                return _plain(error.status, error.code, error.message, **error.detail)
            mode = fault_take(operation, among=frozenset(CALL_MODES))
            return _misbehaving(mode, merchant, lambda: _answer(verb, request, merchant, kwargs))

        return view

    return wrap


def _misbehaving(mode: str, merchant: Merchant, act: Callable[[], HttpResponse]) -> HttpResponse:
    if mode == "system_error_before":
        return _signed(merchant, *_error(500, "SYSTEM_ERROR", "系统异常，请稍后重试"))
    if mode == "frequency_limited":
        return _signed(merchant, *_error(429, "FREQUENCY_LIMITED", "频率超限"))
    if mode == "sign_error":
        return _signed(merchant, *_error(401, "SIGN_ERROR", "签名错误"))
    if mode == "timeout":
        time.sleep(SILENCE_S)
        return _plain(504, "SYSTEM_ERROR", "超时")
    response = act()
    if mode == "system_error_after":
        return _signed(merchant, *_error(500, "SYSTEM_ERROR", "系统异常，请稍后重试"))
    if mode == "timeout_after":
        time.sleep(SILENCE_S)
    if mode == "slow":
        time.sleep(SLOW_S)
    if mode == "bad_signature":
        response["Wechatpay-Signature"] = keys.sign(keys.platform_pem("forger_key"), "not", "this")
    return response


def _answer(
    verb: Verb, request: HttpRequest, merchant: Merchant, kwargs: dict[str, str]
) -> HttpResponse:
    try:
        body = _body(request)
        told = verb(merchant, body, request, **kwargs)
    except ApiError as error:
        return _signed(merchant, *_error(error.status, error.code, error.message, **error.detail))
    if told is None:
        return _signed(merchant, 204, "")
    return _signed(merchant, 200, json.dumps(told, ensure_ascii=False))


def asker(request: HttpRequest) -> Merchant:
    """The merchant whose key signed this request. Raises ApiError 401."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    given = dict(_field.findall(rest))
    if scheme != SCHEME or any(not given.get(name) for name in FIELDS):
        raise ApiError(401, "SIGN_ERROR", "Http头Authorization格式错误")
    if not request.headers.get("User-Agent") or not request.headers.get("Accept"):
        raise ApiError(400, "PARAM_ERROR", "缺少User-Agent或Accept")
    merchant = merchant_of(given["mchid"])
    if merchant is None:
        raise ApiError(401, "SIGN_ERROR", "商户号不存在")
    if given["serial_no"] != merchant.serial_no:
        raise ApiError(401, "SIGN_ERROR", "商户证书序列号有误")
    stamp = given["timestamp"]
    if not _stamp.fullmatch(stamp) or abs(time.time() - int(stamp)) > SKEW_S:
        raise ApiError(401, "SIGN_ERROR", "时间戳已过期")
    serial = request.headers.get("Wechatpay-Serial")
    if serial and serial != merchant.public_key_id:
        raise ApiError(400, "PARAM_ERROR", "Wechatpay-Serial不是该商户的公钥ID")
    lines = (
        *(str(request.method), request.get_full_path(), stamp, given["nonce_str"]),
        request.body.decode("utf-8", "replace"),
    )
    if not keys.is_signed(merchant.private_key, given["signature"], *lines):
        raise ApiError(
            401, "SIGN_ERROR", "签名错误，请检查后再试", detail={"issue": "sign not match"}
        )
    return merchant


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.method == "GET":
        return {}
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        raise ApiError(400, "PARAM_ERROR", "Content-Type应为application/json")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise ApiError(400, "PARAM_ERROR", "请求体不是JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "PARAM_ERROR", "请求体不是JSON对象")
    return body


def text(body: dict[str, Any], name: str, *, most: int, least: int = 1) -> str:
    """A required text field of so many characters. Raises ApiError."""
    value = body.get(name)
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise ApiError(
            400,
            "PARAM_ERROR",
            f"输入源“/body/{name}”映射到字符串字段“{name}”，字符串长度应为{least}到{most}",
            field=f"/body/{name}",
        )
    return value


def fen(body: dict[str, Any], *path: str) -> int:
    """A required positive amount. Raises ApiError."""
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if type(value) is not int or not 1 <= value <= MOST_FEN:
        raise ApiError(
            400, "PARAM_ERROR", f"{'.'.join(path)}应为正整数", field=f"/body/{'/'.join(path)}"
        )
    return value


def sub_of(provider: Merchant, mchid: object) -> Merchant:
    """A merchant of this provider's. Raises ApiError for any other."""
    found = merchant_of(mchid) if isinstance(mchid, str) else None
    if found is None or found.provider_id != provider.mchid:
        raise ApiError(403, "NO_AUTH", "特约子商户该产品权限未开通或未与服务商绑定")
    return found


def _error(status: int, code: str, message: str, **detail: Any) -> tuple[int, str]:
    told = {"code": code, "message": message, **({"detail": detail} if detail else {})}
    return status, json.dumps(told, ensure_ascii=False)


def _plain(status: int, code: str, message: str, **detail: Any) -> HttpResponse:
    """An answer to somebody we do not know: unsigned."""
    return HttpResponse(
        _error(status, code, message, **detail)[1], status=status, content_type="application/json"
    )


def plain_error(error: ApiError) -> HttpResponse:
    """The same, from an ApiError."""
    return _plain(error.status, error.code, error.message, **error.detail)


def _signed(merchant: Merchant, status: int, body: str) -> HttpResponse:
    response = HttpResponse(body, status=status, content_type="application/json; charset=utf-8")
    for name, value in keys.signed_headers(merchant, body).items():
        response[name] = value
    return response
