"""Prepay, query and close: doc 4012791856, 4012791877, 4012791858, 4012791860.

A provider (服务商) asks the same of its merchants at `/v3/pay/partner/…`, with names of their own for
who is who: doc 4012085797.
"""

import hashlib
import ipaddress
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from simulator.api.v3 import ApiError, call, error_chosen, fen, sub_of, text
from simulator.models import Merchant, Prepay, Trade
from simulator.services import clock, people
from simulator.services.money import is_notify_url
from simulator.services.notices import trade_resource
from simulator.services.remembered import is_app

_number = re.compile(r"[0-9A-Za-z_\-|*]{6,32}", re.ASCII)
PREPAY_LIVES, H5_LIVES = timedelta(hours=2), timedelta(minutes=5)
DEFAULT_LIVES, LEAST_LIVES = timedelta(days=7), timedelta(minutes=1)
H5_TYPES = ("iOS", "Android", "Wap")
_instant = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@call("prepay", "POST")
def jsapi(
    merchant: Merchant, body: dict[str, Any], request: HttpRequest, *, partner: bool = False
) -> dict[str, Any]:
    payer = body.get("payer")
    name = "sp_openid" if partner else "openid"
    openid = text(payer if isinstance(payer, dict) else {}, name, most=128)
    token = f"wx{secrets.token_hex(17)}"
    asked = {"channel": "jsapi", "payer_openid": openid}
    _prepay(merchant, body, asked, partner=partner, token=token)
    return {"prepay_id": token}


@call("prepay", "POST")
def native(
    merchant: Merchant, body: dict[str, Any], request: HttpRequest, *, partner: bool = False
) -> dict[str, Any]:
    token = secrets.token_hex(8)
    _prepay(merchant, body, {"channel": "native"}, partner=partner, token=token)
    return {"code_url": f"weixin://wxpay/bizpayurl?pr={token}"}


@call("prepay", "POST")
def h5(
    merchant: Merchant, body: dict[str, Any], request: HttpRequest, *, partner: bool = False
) -> dict[str, Any]:
    """Doc 4012791832: opened by a phone's browser, from the address that is told here."""
    scene = body.get("scene_info")
    scene = scene if isinstance(scene, dict) else {}
    try:
        ip = str(ipaddress.ip_address(text(scene, "payer_client_ip", most=45)))
    except ValueError:
        raise ApiError(400, "PARAM_ERROR", "payer_client_ip不是IP地址") from None
    info = scene.get("h5_info")
    if not isinstance(info, dict) or info.get("type") not in H5_TYPES:
        raise ApiError(400, "PARAM_ERROR", "h5_info.type应为iOS, Android, Wap")
    token = f"wx{secrets.token_hex(17)}"
    asked = {"channel": "h5", "payer_ip": ip}
    _prepay(merchant, body, asked, partner=partner, token=token)
    query = urlencode({"prepay_id": token, "package": secrets.randbelow(10**10)})
    return {"h5_url": f"{settings.URL}/cgi-bin/mmpayweb-bin/checkmweb?{query}"}


@call("query", "GET")
def query_by_number(
    merchant: Merchant,
    body: dict[str, Any],
    request: HttpRequest,
    out_trade_no: str,
    *,
    partner: bool = False,
) -> dict[str, Any]:
    owner = _owner(merchant, request.GET, partner=partner)
    return trade_resource(_known(owner, out_trade_no=out_trade_no))


@call("query", "GET")
def query_by_id(
    merchant: Merchant,
    body: dict[str, Any],
    request: HttpRequest,
    transaction_id: str,
    *,
    partner: bool = False,
) -> dict[str, Any]:
    owner = _owner(merchant, request.GET, partner=partner)
    return trade_resource(_known(owner, transaction_id=transaction_id))


@call("close", "POST")
def close(
    merchant: Merchant,
    body: dict[str, Any],
    request: HttpRequest,
    out_trade_no: str,
    *,
    partner: bool = False,
) -> None:
    owner = _owner(merchant, body, partner=partner)
    with transaction.atomic():
        trade = _known(owner, out_trade_no=out_trade_no)
        if trade.state in {"SUCCESS", "REFUND"}:
            raise error_chosen("close_paid")
        trade.state = "CLOSED"
        trade.save(update_fields=["state"])


@call("certificates", "GET")
def certificates(merchant: Merchant, body: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    raise ApiError(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台使用微信支付公钥")


def _owner(merchant: Merchant, given: Mapping[str, Any], *, partner: bool) -> Merchant:
    """Whose trade it is: the asker's, or of a merchant of the provider that asks. Raises ApiError."""
    if given.get("sp_mchid" if partner else "mchid") != merchant.mchid:
        raise ApiError(400, "PARAM_ERROR", "mchid与签名的商户号不一致")
    return sub_of(merchant, given.get("sub_mchid")) if partner else merchant


def _known(merchant: Merchant, **which: str) -> Trade:
    trade = Trade.objects.filter(merchant=merchant, **which).first()
    if trade is None:
        raise ApiError(404, "ORDER_NOT_EXIST", "订单不存在")
    return trade


def _prepay(
    asker: Merchant, body: dict[str, Any], asked_by: dict[str, str], *, partner: bool, token: str
) -> None:
    """The token opens the order as it is asked for: the same one when everything is the same."""
    merchant = _owner(asker, body, partner=partner)
    appid = text(body, "sp_appid" if partner else "appid", most=32)
    if appid not in asker.appids or not is_app(appid):
        raise ApiError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
    wanted = _wanted(body, {"appid": appid, "payer_openid": "", "payer_ip": "", **asked_by})
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
        lives = H5_LIVES if trade.channel == "h5" else PREPAY_LIVES
        Prepay.objects.create(token=token, trade=trade, expires_at=clock.due_now() + lives)


def _again_check(old: Trade, asked: str) -> None:
    """Raises ApiError unless the number is still open and was asked for in the same words."""
    if old.state == "CLOSED":
        raise error_chosen("closed_again")
    if old.state != "NOTPAY":
        raise error_chosen("paid_again")
    if old.asked != asked:
        raise ApiError(400, "INVALID_REQUEST", "重入请求数据和已存在的业务单据数据不一致")


def _wanted(body: dict[str, Any], asked_by: dict[str, str]) -> dict[str, Any]:
    """The order that is asked for. Raises ApiError at the first thing that does not fit."""
    is_jsapi = asked_by["channel"] == "jsapi"
    if is_jsapi and not people.is_openid(asked_by["appid"], asked_by["payer_openid"]):
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
        **asked_by,
        "out_trade_no": number,
        "description": text(body, "description", most=127),
        "attach": text(body, "attach", most=128) if "attach" in body else "",
        "total_fen": total,
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
