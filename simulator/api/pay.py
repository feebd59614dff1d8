"""Prepay, query and close: doc 4012791856, 4012791877, 4012791858, 4012791860."""

import hashlib
import json
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from simulator.api.v3 import ApiError, call, fen, text
from simulator.models import Merchant, Prepay, Trade
from simulator.services import choices, clock, people
from simulator.services.money import is_notify_url
from simulator.services.notices import trade_resource
from simulator.services.remembered import is_app

_number = re.compile(r"[0-9A-Za-z_\-|*]{6,32}", re.ASCII)
PREPAY_LIVES = timedelta(hours=2)
DEFAULT_LIVES, LEAST_LIVES = timedelta(days=7), timedelta(minutes=1)
_instant = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@call("prepay", "POST")
def jsapi(merchant: Merchant, body: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    payer = body.get("payer")
    openid = text(payer if isinstance(payer, dict) else {}, "openid", most=128)
    token = f"wx{secrets.token_hex(17)}"
    _prepay(merchant, body, "jsapi", openid=openid, token=token)
    return {"prepay_id": token}


@call("prepay", "POST")
def native(merchant: Merchant, body: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    token = secrets.token_hex(8)
    _prepay(merchant, body, "native", openid="", token=token)
    return {"code_url": f"weixin://wxpay/bizpayurl?pr={token}"}


@call("query", "GET")
def query_by_number(
    merchant: Merchant, body: dict[str, Any], request: HttpRequest, out_trade_no: str
) -> dict[str, Any]:
    _mchid_check(merchant, request.GET.get("mchid"))
    return trade_resource(_known(merchant, out_trade_no=out_trade_no))


@call("query", "GET")
def query_by_id(
    merchant: Merchant, body: dict[str, Any], request: HttpRequest, transaction_id: str
) -> dict[str, Any]:
    _mchid_check(merchant, request.GET.get("mchid"))
    return trade_resource(_known(merchant, transaction_id=transaction_id))


@call("close", "POST")
def close(
    merchant: Merchant, body: dict[str, Any], request: HttpRequest, out_trade_no: str
) -> None:
    _mchid_check(merchant, body.get("mchid"))
    with transaction.atomic():
        trade = _known(merchant, out_trade_no=out_trade_no)
        if trade.state in {"SUCCESS", "REFUND"}:
            raise ApiError(400, "ORDERPAID", "该订单已支付")
        trade.state = "CLOSED"
        trade.save(update_fields=["state"])


@call("certificates", "GET")
def certificates(merchant: Merchant, body: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    raise ApiError(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台使用微信支付公钥")


def _mchid_check(merchant: Merchant, given: object) -> None:
    if given != merchant.mchid:
        raise ApiError(400, "PARAM_ERROR", "mchid与签名的商户号不一致")


def _known(merchant: Merchant, **which: str) -> Trade:
    trade = Trade.objects.filter(merchant=merchant, **which).first()
    if trade is None:
        raise ApiError(404, "ORDER_NOT_EXIST", "订单不存在")
    return trade


def _prepay(
    merchant: Merchant, body: dict[str, Any], channel: str, *, openid: str, token: str
) -> None:
    """The token opens the order as it is asked for: the same one when everything is the same."""
    wanted = _wanted(merchant, body, channel, openid)
    number = wanted.pop("out_trade_no")
    asked = hashlib.sha256(json.dumps(wanted, default=str, sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        trade = Trade.objects.filter(merchant=merchant, out_trade_no=number).first()
        if trade is None:
            expiry = wanted.pop("time_expire") or clock.stamp() + DEFAULT_LIVES
            trade = Trade.objects.create(
                merchant=merchant,
                out_trade_no=number,
                asked=asked,
                time_expire=max(expiry, clock.stamp() + LEAST_LIVES),
                made_at=clock.stamp(),
                **wanted,
            )
        else:
            _again_check(trade, asked)
        Prepay.objects.create(token=token, trade=trade, expires_at=clock.due_now() + PREPAY_LIVES)


def _again_check(old: Trade, asked: str) -> None:
    """Raises ApiError unless the number is still open and was asked for in the same words."""
    if old.state == "CLOSED":
        raise ApiError(400, "ORDER_CLOSED", "订单已关闭，请重新下单")
    if old.state != "NOTPAY":
        code = choices.paid_again()
        status, message = choices.PAID_AGAIN[code]
        raise ApiError(status, code, message)
    if old.asked != asked:
        raise ApiError(400, "INVALID_REQUEST", "重入请求数据和已存在的业务单据数据不一致")


def _wanted(merchant: Merchant, body: dict[str, Any], channel: str, openid: str) -> dict[str, Any]:
    """The order that is asked for. Raises ApiError at the first thing that does not fit."""
    _mchid_check(merchant, body.get("mchid"))
    appid = text(body, "appid", most=32)
    if appid not in merchant.appids or not is_app(appid):
        raise ApiError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
    if channel == "jsapi" and not people.is_openid(appid, openid):
        raise ApiError(400, "PARAM_ERROR", "无效的openid", field="/body/payer/openid")
    number = text(body, "out_trade_no", least=6, most=32)
    if not _number.fullmatch(number):
        raise ApiError(400, "PARAM_ERROR", "out_trade_no只能是数字、大小写字母和_-|*")
    url = text(body, "notify_url", most=255)
    if not is_notify_url(url):
        raise ApiError(400, "PARAM_ERROR", "notify_url必须为https，不能携带参数")
    total = fen(body, "amount", "total")
    if body["amount"].get("currency", "CNY") != "CNY":
        raise ApiError(400, "PARAM_ERROR", "境内商户号仅支持人民币")
    return {
        "out_trade_no": number,
        "appid": appid,
        "channel": channel,
        "description": text(body, "description", most=127),
        "attach": text(body, "attach", most=128) if "attach" in body else "",
        "total_fen": total,
        "payer_openid": openid,
        "notify_url": url,
        "time_expire": _expiry(body),
    }


def _expiry(body: dict[str, Any]) -> datetime | None:
    if "time_expire" not in body:
        return None
    written = text(body, "time_expire", most=64)
    try:
        if not _instant.fullmatch(written):
            raise ValueError(written)
        at = datetime.fromisoformat(written)
        at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ApiError(400, "PARAM_ERROR", "time_expire格式应为RFC3339") from None
    if at <= clock.stamp():
        raise ApiError(400, "PARAM_ERROR", "time_expire已过期")
    return at
