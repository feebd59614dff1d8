"""Refunds and their query: doc 4012791862, 4012791863; limits: doc 4013163605."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from simulator.api.v3 import ApiError, call, error_chosen, fen, sub_of, text
from simulator.models import Merchant, Refund, Trade
from simulator.services import clock
from simulator.services.faults import fault_take
from simulator.services.money import is_notify_url, number_new, refunded_fen
from simulator.services.notices import refund_resource, refunds_ripen

_number = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}", re.ASCII)
MOST_PARTS = 50
BETWEEN = timedelta(minutes=1)
WITHIN = timedelta(days=365)
TAKES_S = 2.0


@call("refund", "POST")
def refund(merchant: Merchant, body: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    wanted = _wanted(body)
    if "sub_mchid" in body:
        merchant = sub_of(merchant, body["sub_mchid"])
    asked = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        made = _made(merchant, wanted, asked)
    if made is None:
        # Not inside: the rule that said so is used up.
        raise error_chosen("not_enough")
    return _told(made)


def _made(merchant: Merchant, wanted: dict[str, Any], asked: str) -> Refund | None:
    """The refund of that number, new or known; None when the merchant has no money for it. Raises
    ApiError."""
    old = (
        Refund.objects.select_related("trade__merchant")
        .filter(merchant=merchant, out_refund_no=wanted["out_refund_no"])
        .first()
    )
    if old is not None:
        if old.asked != asked:
            raise ApiError(400, "INVALID_REQUEST", "退款单号重复，但参数与原退款不一致")
        if old.state == "ABNORMAL":
            _again(old)
        return old
    trade = _trade(merchant, wanted)
    _limits(trade, wanted)
    if fault_take("refund", among=frozenset({"not_enough"})):
        return None
    made = Refund.objects.create(
        merchant=merchant,
        trade=trade,
        out_refund_no=wanted["out_refund_no"],
        refund_id=number_new("5030"),
        refund_fen=wanted["refund"],
        reason=wanted["reason"],
        notify_url=wanted["notify_url"],
        asked=asked,
        becomes=_becomes(),
        due_at=clock.after(TAKES_S),
        made_at=clock.due_now(),
    )
    trade.state = "REFUND"
    trade.save(update_fields=["state"])
    return made


@call("refund_query", "GET")
def query(
    merchant: Merchant, body: dict[str, Any], request: HttpRequest, out_refund_no: str
) -> dict[str, Any]:
    if "sub_mchid" in request.GET:
        merchant = sub_of(merchant, request.GET["sub_mchid"])
    rows = Refund.objects.select_related("trade__merchant")
    found = rows.filter(merchant=merchant, out_refund_no=out_refund_no).first()
    if found is None:
        raise ApiError(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    refunds_ripen(found)
    return _told(rows.get(pk=found.pk))


def _wanted(body: dict[str, Any]) -> dict[str, Any]:
    if ("out_trade_no" in body) == ("transaction_id" in body):
        raise ApiError(400, "PARAM_ERROR", "transaction_id和out_trade_no二选一")
    number = text(body, "out_refund_no", most=64)
    if not _number.fullmatch(number):
        raise ApiError(400, "PARAM_ERROR", "out_refund_no只能是数字、大小写字母和_-|*@")
    url = text(body, "notify_url", most=255) if "notify_url" in body else ""
    if url and not is_notify_url(url):
        raise ApiError(400, "PARAM_ERROR", "notify_url必须为https，不能携带参数")
    amount = body.get("amount")
    if not isinstance(amount, dict) or amount.get("currency") != "CNY":
        raise ApiError(400, "PARAM_ERROR", "退款币种只支持CNY")
    return {
        "out_refund_no": number,
        "out_trade_no": text(body, "out_trade_no", least=6, most=32)
        if "out_trade_no" in body
        else "",
        "transaction_id": text(body, "transaction_id", most=32) if "transaction_id" in body else "",
        "reason": text(body, "reason", most=80) if body.get("reason") else "",
        "notify_url": url,
        "refund": fen(body, "amount", "refund"),
        "total": fen(body, "amount", "total"),
    }


def _trade(merchant: Merchant, wanted: dict[str, Any]) -> Trade:
    which = {k: wanted[k] for k in ("out_trade_no", "transaction_id") if wanted[k]}
    trade = Trade.objects.filter(merchant=merchant, **which).first()
    if trade is None or trade.paid_at is None:
        raise ApiError(404, "RESOURCE_NOT_EXISTS", "订单不存在或未支付")
    return trade


def _limits(trade: Trade, wanted: dict[str, Any]) -> None:
    if wanted["total"] != trade.total_fen:
        raise ApiError(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
    if refunded_fen(trade) + wanted["refund"] > trade.total_fen:
        raise ApiError(400, "INVALID_REQUEST", "累计退款金额大于支付金额")
    if trade.paid_at and clock.stamp() - trade.paid_at > WITHIN:
        raise ApiError(400, "INVALID_REQUEST", "订单超过退款期限")
    parts = Refund.objects.filter(trade=trade)
    if parts.count() >= MOST_PARTS:
        raise ApiError(400, "INVALID_REQUEST", "部分退款次数超限")
    if parts.filter(made_at__gt=clock.due_now() - BETWEEN).exists():
        raise ApiError(429, "FREQUENCY_LIMITED", "同一订单两次退款之间需间隔1分钟")


def _again(old: Refund) -> None:
    """An abnormal refund tried again under its own number."""
    old.state, old.becomes, old.due_at = "PROCESSING", _becomes(), clock.after(TAKES_S)
    old.save(update_fields=["state", "becomes", "due_at"])


def _becomes() -> str:
    return "ABNORMAL" if fault_take("refund", among=frozenset({"abnormal"})) else "SUCCESS"


def _told(row: Refund) -> dict[str, Any]:
    told = refund_resource(row)
    told["status"] = told.pop("refund_status")
    for name in ("mchid", "sp_mchid", "sub_mchid"):
        told.pop(name, None)
    return {
        **told,
        "channel": "ORIGINAL",
        "create_time": clock.china(row.made_at),
        "funds_account": "AVAILABLE",
        "amount": {**told["amount"], "currency": "CNY", "settlement_refund": row.refund_fen},
    }
