"""A provider in a dictionary, for tests of what we do with its answers.

The real protocol is tested against the simulator (`test_simulator.py`).
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from core import clock
from payments.gateway.base import (
    GatewayError,
    Prepare,
    Prepared,
    RefundAsk,
    RefundResult,
    RefundStatus,
    Trade,
    TradeState,
)
from payments.tests.factories import transaction_id_make


class FakeGateway:
    """One account's trades and refunds; `fail` makes the next calls of a verb raise."""

    def __init__(self, account: Any) -> None:
        self.account = account
        self.trades: dict[str, Trade] = {}
        self.refunds: dict[str, RefundResult] = {}
        self.refund_status = RefundStatus.PROCESSING
        self.calls: list[tuple[str, str]] = []
        self.bills: dict[date, bytes] = {}
        self.failures: dict[str, list[GatewayError]] = {}

    def fail(self, verb: str, code: str, *, permanent: bool = False, times: int = 1) -> None:
        error = GatewayError(code, "测试", permanent=permanent)
        self.failures.setdefault(verb, []).extend([error] * times)

    def pay(self, out_trade_no: str, /, **changes: Any) -> Trade:
        """The payer pays."""
        paid = replace(
            self.trades[out_trade_no],
            **{
                "state": TradeState.PAID,
                "transaction_id": transaction_id_make(),
                "paid_at": clock.now(),
                **changes,
            },
        )
        self.trades[out_trade_no] = paid
        return paid

    def _called(self, verb: str, number: str) -> None:
        self.calls.append((verb, number))
        if self.failures.get(verb):
            raise self.failures[verb].pop(0)

    def prepare(self, ask: Prepare) -> Prepared:
        self._called("prepare", ask.out_trade_no)
        known = self.trades.get(ask.out_trade_no)
        if known and known.state != TradeState.UNPAID:
            raise GatewayError("INVALID_REQUEST", "商户订单号重复", permanent=True)
        self.trades[ask.out_trade_no] = Trade(
            out_trade_no=ask.out_trade_no,
            state=TradeState.UNPAID,
            mchid=self.account.mchid,
            appid=self.account.appid,
            amount_fen=ask.amount_fen,
            currency="CNY",
        )
        if ask.channel == "jsapi":
            return Prepared(prepay_id=f"wx{len(self.calls)}")
        if ask.channel == "h5":
            return Prepared(h5_url=f"https://wx.tenpay.com/checkmweb?prepay_id=wx{len(self.calls)}")
        return Prepared(code_url=f"weixin://wxpay/bizpayurl?pr={len(self.calls)}")

    def bridge(self, prepay_id: str, *, now: datetime) -> dict[str, str]:
        return {"package": f"prepay_id={prepay_id}"}

    def query(self, out_trade_no: str) -> Trade:
        self._called("query", out_trade_no)
        if out_trade_no not in self.trades:
            raise GatewayError("ORDER_NOT_EXIST", "订单不存在", permanent=True, status=404)
        return self.trades[out_trade_no]

    def close(self, out_trade_no: str) -> None:
        self._called("close", out_trade_no)
        trade = self.trades[out_trade_no]
        if trade.state == TradeState.PAID:
            raise GatewayError("INVALID_REQUEST", "订单已支付", permanent=True)
        self.trades[out_trade_no] = replace(trade, state=TradeState.CLOSED)

    def refund(self, ask: RefundAsk) -> RefundResult:
        self._called("refund", ask.out_refund_no)
        self.refunds.setdefault(
            ask.out_refund_no,
            RefundResult(
                out_refund_no=ask.out_refund_no,
                out_trade_no=ask.out_trade_no,
                provider_refund_id=f"50{len(self.refunds):026d}",
                status=self.refund_status,
                refund_fen=ask.refund_fen,
                total_fen=ask.total_fen,
            ),
        )
        return self.refunds[ask.out_refund_no]

    def query_refund(self, out_refund_no: str) -> RefundResult:
        self._called("query_refund", out_refund_no)
        if out_refund_no not in self.refunds:
            raise GatewayError("RESOURCE_NOT_EXISTS", "退款单不存在", permanent=True, status=404)
        return self.refunds[out_refund_no]

    def trade_bill(self, day: date) -> bytes:
        self._called("trade_bill", day.isoformat())
        return self.bills.get(day, b"")

    def refund_becomes(self, out_refund_no: str, status: RefundStatus) -> None:
        self.refunds[out_refund_no] = replace(
            self.refunds[out_refund_no], status=status, succeeded_at=clock.now()
        )

    def count(self, verb: str) -> int:
        return sum(1 for called, _number in self.calls if called == verb)


def provider_faked(monkeypatch: Any, account: Any = None) -> FakeGateway:
    """WeChat Pay replaced by a dictionary that every account, and every thread, asks."""
    fake = FakeGateway(account)

    def gateway_for(asked: Any) -> FakeGateway:
        fake.account = asked
        return fake

    for module in ("settle", "close", "prepare", "refund", "bills"):
        monkeypatch.setattr(f"payments.services.{module}.gateway_for", gateway_for)
    return fake
