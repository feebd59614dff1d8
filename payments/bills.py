"""Reading a day's trade bill of WeChat Pay: a BOM, a backtick before every value, yuan.

Columns: doc 4013071215. They are found by their names, so that a new one changes nothing.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
PAID, REFUNDED = "SUCCESS", "REFUND"
# A reversed payment of a scanned code: money that never stayed. We take no such payments.
REVOKED = "REVOKED"
# What happens so close to midnight may stand in the next day's bill.
EDGE = timedelta(minutes=10)
_YUAN = re.compile(r"(-?)(\d{1,11})(?:\.(\d{1,5}))?", re.ASCII)
_NEEDED = (
    "交易时间",
    "商户号",
    "特约商户号",
    "微信订单号",
    "商户订单号",
    "交易状态",
    "货币种类",
    "微信退款单号",
    "商户退款单号",
    "退款状态",
    "申请退款金额",
    "订单金额",
    "手续费",
)


class BillUnreadable(Exception):
    """A bill that is not what it should be; the message names the line."""


@dataclass(frozen=True)
class BillRow:
    """One line. A refund has `out_refund_no`, `refund_fen`, and WeChat Pay's number and word for how
    it went; `amount_fen` is what was paid.
    `merchant` is whose money it is: the sub-merchant of a provider, or the merchant itself."""

    number: int
    kind: str
    happened_at: datetime
    transaction_id: str
    out_trade_no: str
    out_refund_no: str
    amount_fen: int
    refund_fen: int
    fee_text: str
    merchant: str = ""
    provider_refund_id: str = ""
    refund_status: str = ""


def day_begins(day: date) -> datetime:
    """Midnight in China."""
    return datetime.combine(day, time(0), tzinfo=CHINA)


def day_missed_in(day: date) -> tuple[datetime, datetime]:
    """From when until before when something that has no line is missed in the bill of that day."""
    begins = day_begins(day)
    return begins - EDGE, begins + timedelta(days=1) - EDGE


def day_may_hold(day: date) -> tuple[datetime, datetime]:
    """From when until before when something may have its line in the bill of that day."""
    begins = day_begins(day)
    return begins - EDGE, begins + timedelta(days=1) + EDGE


def bill_parse(content: bytes, *, mchid: str = "") -> list[BillRow]:
    """The lines of a bill, whose totals they must add up to, and all of which are of the merchant
    `mchid` where one is given. Raises BillUnreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BillUnreadable("the bill is not UTF-8") from error
    lines = [line for line in csv.reader(io.StringIO(text)) if any(one.strip() for one in line)]
    if len(lines) < 3:
        raise BillUnreadable("the bill has no totals")
    heads, *body, total_heads, totals = lines
    missing = [name for name in _NEEDED if name not in heads]
    if missing:
        raise BillUnreadable(f"line 1: no column {', '.join(missing)}")
    rows = [_row(number, _named(number, heads, line)) for number, line in enumerate(body, 2)]
    _totals_check(rows, _named(len(lines), total_heads, totals))
    if strange := next((row for row in rows if mchid and row.merchant != mchid), None):
        raise BillUnreadable(f"line {strange.number}: of another merchant, {strange.merchant}")
    return rows


def _named(number: int, heads: list[str], line: list[str]) -> dict[str, str]:
    if len(line) != len(heads):
        raise BillUnreadable(f"line {number}: {len(line)} values for {len(heads)} columns")
    if any(value and not value.startswith("`") for value in line):
        raise BillUnreadable(f"line {number}: a value without its backtick")
    return {head.strip(): value[1:].strip() for head, value in zip(heads, line, strict=True)}


def _row(number: int, line: dict[str, str]) -> BillRow:
    kind = line["交易状态"]
    if kind not in (PAID, REFUNDED, REVOKED):
        raise BillUnreadable(f"line {number}: state {kind!r}")
    if line["货币种类"] != "CNY":
        raise BillUnreadable(f"line {number}: currency {line['货币种类']!r}")
    try:
        happened_at = datetime.strptime(line["交易时间"] + " +0800", "%Y-%m-%d %H:%M:%S %z")
    except ValueError as error:
        raise BillUnreadable(f"line {number}: time {line['交易时间']!r}") from error
    is_refund = kind == REFUNDED
    return BillRow(
        number=number,
        kind=kind,
        happened_at=happened_at,
        transaction_id=line["微信订单号"],
        out_trade_no=line["商户订单号"],
        out_refund_no=line["商户退款单号"] if is_refund else "",
        amount_fen=_fen(number, line["订单金额"]),
        refund_fen=_fen(number, line["申请退款金额"]),
        fee_text=line["手续费"],
        provider_refund_id=line["微信退款单号"] if is_refund else "",
        refund_status=line["退款状态"] if is_refund else "",
        merchant=next((one for one in (line["特约商户号"], line["商户号"]) if one.strip("0")), ""),
    )


def _totals_check(rows: list[BillRow], totals: dict[str, str]) -> None:
    number = len(rows) + 3
    counted = totals.get("总交易单数", "")
    if counted != str(len(rows)):
        raise BillUnreadable(f"line {number}: {counted} trades, but {len(rows)} lines")
    for name, ours in (
        ("订单总金额", sum(row.amount_fen for row in rows)),
        ("申请退款总金额", sum(row.refund_fen for row in rows)),
    ):
        if _fen(number, totals.get(name, "")) != ours:
            raise BillUnreadable(f"line {number}: {name} is not the sum of the lines")


def _fen(number: int, text: str) -> int:
    match = _YUAN.fullmatch(text)
    cents = (match.group(3) or "") if match else ""
    if match is None or cents[2:].strip("0"):
        raise BillUnreadable(f"line {number}: amount {text!r}")
    fen = int(match.group(2)) * 100 + int(cents[:2].ljust(2, "0"))
    return -fen if match.group(1) else fen
