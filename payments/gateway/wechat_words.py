"""What WeChat Pay says in answers and notices, read exactly: a fen is an integer, an instant has a zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.gateway.base import Notice, RefundResult, RefundStatus, Trade, TradeState

_TRADES = {
    "SUCCESS": TradeState.PAID,
    "REFUND": TradeState.PAID,
    "NOTPAY": TradeState.UNPAID,
    "USERPAYING": TradeState.UNPAID,
    "PAYERROR": TradeState.UNPAID,
    "CLOSED": TradeState.CLOSED,
    "REVOKED": TradeState.CLOSED,
}
_REFUNDS = {
    "SUCCESS": RefundStatus.SUCCEEDED,
    "PROCESSING": RefundStatus.PROCESSING,
    "ABNORMAL": RefundStatus.ABNORMAL,
    "CLOSED": RefundStatus.CLOSED,
}


def trade_of(data: Mapping[str, Any]) -> Trade:
    """A trade from a query's answer or a notice's resource. Raises KeyError, TypeError, ValueError."""
    state = _TRADES[data["trade_state"]]
    amount = data.get("amount") or {}
    if state == TradeState.PAID and not (data["transaction_id"] and data["success_time"]):
        raise ValueError("paid, but without a number or an instant")
    return Trade(
        out_trade_no=_text(data["out_trade_no"]),
        state=state,
        mchid=_text(data["sub_mchid"] if "sp_mchid" in data else data["mchid"]),
        appid=_text(data["sp_appid"] if "sp_mchid" in data else data["appid"]),
        sp_mchid=_text(data.get("sp_mchid") or ""),
        transaction_id=_text(data.get("transaction_id") or ""),
        amount_fen=_fen(amount["total"]) if state == TradeState.PAID else None,
        currency=_text(amount.get("currency") or "CNY"),
        paid_at=_instant(data["success_time"]) if state == TradeState.PAID else None,
        raw=data,
    )


def refund_of(data: Mapping[str, Any]) -> RefundResult:
    """A refund from an answer (`status`) or a notice (`refund_status`). Raises as `trade_of`."""
    status = _REFUNDS[data["refund_status"] if "refund_status" in data else data["status"]]
    succeeded_at = data.get("success_time")
    return RefundResult(
        out_refund_no=_text(data["out_refund_no"]),
        out_trade_no=_text(data["out_trade_no"]),
        provider_refund_id=_text(data["refund_id"]),
        status=status,
        refund_fen=_fen(data["amount"]["refund"]),
        total_fen=_fen(data["amount"]["total"]),
        mchid=_text(data.get("sub_mchid") or data.get("mchid") or ""),
        sp_mchid=_text(data.get("sp_mchid") or ""),
        succeeded_at=_instant(succeeded_at) if succeeded_at else None,
        raw=data,
    )


def notice_of(message: Mapping[str, Any]) -> Notice:
    """What a verified and decrypted message says, as far as it makes sense."""
    event, resource = str(message.get("event_type", "")), message["resource"]
    trade, refund, nonsense = None, None, ""
    try:
        if event == "TRANSACTION.SUCCESS":
            trade = trade_of(resource)
        elif event.startswith("REFUND."):
            refund = refund_of(resource)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        nonsense = f"{type(error).__name__}: {error}"
    return Notice(
        notice_id=str(message.get("id", "")),
        event_type=event,
        trade=trade,
        refund=refund,
        nonsense=nonsense,
        raw=resource if isinstance(resource, dict) else {},
    )


def _fen(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not an amount of fen")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"{value!r} has no zone")
    return at
