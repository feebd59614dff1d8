"""A day's trade bill, as WeChat Pay writes it: doc 4013071215 (columns), 4012791866 (when).

UTF-8 with a BOM, amounts in yuan, a backtick before every value, and two lines of totals.
"""

import gzip
import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from simulator.models import Merchant, Refund, Trade
from simulator.services import clock

COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
TOTALS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
# Bills of a day are there at ten the next morning, for three months.
READY_AT = timedelta(hours=34)
KEPT = timedelta(days=92)
TOKEN_LIVES = timedelta(minutes=5)
KINDS = ("ALL", "SUCCESS", "REFUND")
RATE = "0.60%"
Row = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A bill that may be downloaded for a while."""

    mchid: str
    file: bytes
    until: datetime


_made: dict[str, Made] = {}


def is_ready(day: date) -> bool:
    """Whether the day's bill exists by now."""
    begins = day_begins(day)
    now = clock.due_now()
    return begins + READY_AT <= now < begins + KEPT


def day_begins(day: date) -> datetime:
    """Midnight in China."""
    zone = timezone.get_default_timezone()
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def bill_make(
    merchant: Merchant, rows: list[Row], *, tampered: bool, packed: bool
) -> tuple[str, str]:
    """Write the bill; (the token it is downloaded by, its SHA-1).

    The SHA-1 is of the text, also when the file is packed.
    """
    if tampered:
        worse = {**rows[0], "order_fen": rows[0]["order_fen"] + 1, "fen": rows[0]["fen"] + 1}
        rows = [worse, *rows[1:]]
    text = bill_text(merchant, rows)
    token = secrets.token_urlsafe(24)
    file = gzip.compress(text) if packed else text
    _made[token] = Made(merchant.mchid, file, clock.stamp() + TOKEN_LIVES)
    return token, hashlib.sha1(text).hexdigest()


def bill_take(token: str, mchid: str) -> bytes | None:
    """The bill of that token; None when there is none for this merchant, or no more."""
    made = _made.get(token)
    if made is None or made.mchid != mchid or made.until < clock.stamp():
        return None
    return made.file


def bill_rows(merchant: Merchant, day: date, kind: str) -> list[Row]:
    """What happened on that day, in the order in which it happened."""
    begins = day_begins(day)
    ends = begins + timedelta(days=1)
    rows: list[Row] = []
    if kind in ("ALL", "SUCCESS"):
        paid = Trade.objects.filter(merchant=merchant, paid_at__gte=begins, paid_at__lt=ends)
        rows += [_paid(trade) for trade in paid]
    if kind in ("ALL", "REFUND"):
        back = Refund.objects.filter(merchant=merchant, made_at__gte=begins, made_at__lt=ends)
        rows += [_refunded(row) for row in back.select_related("trade")]
    return sorted(rows, key=lambda row: (row["at"], row["number"]))


def bill_text(merchant: Merchant, rows: list[Row]) -> bytes:
    """The file."""
    lines = [COLUMNS, *(_line(merchant, row) for row in rows), TOTALS]
    sums = [
        sum(row[name] for row in rows)
        for name in ("fen", "back_fen", "zero", "fee_fen", "order_fen", "asked_fen")
    ]
    lines.append(",".join([f"`{len(rows)}", *(f"`{_yuan(fen)}" for fen in sums)]))
    return "\ufeff".encode() + "\r\n".join(lines).encode() + b"\r\n"


def _paid(trade: Trade) -> Row:
    assert trade.paid_at is not None
    return {
        "at": trade.paid_at,
        "number": trade.out_trade_no,
        "trade": trade,
        "refund": None,
        "fen": trade.total_fen,
        "order_fen": trade.total_fen,
        "back_fen": 0,
        "asked_fen": 0,
        "fee_fen": _fee(trade.total_fen),
        "zero": 0,
    }


def _refunded(row: Refund) -> Row:
    return {
        "at": row.made_at,
        "number": row.out_refund_no,
        "trade": row.trade,
        "refund": row,
        "fen": 0,
        "order_fen": 0,
        "back_fen": row.refund_fen,
        "asked_fen": row.refund_fen,
        "fee_fen": -_fee(row.refund_fen),
        "zero": 0,
    }


def _line(merchant: Merchant, row: Row) -> str:
    trade, refund = row["trade"], row["refund"]
    values = [
        timezone.localtime(row["at"]).strftime("%Y-%m-%d %H:%M:%S"),
        *(trade.appid, merchant.mchid, _sub(trade), "", trade.transaction_id or ""),
        *(trade.out_trade_no, trade.payer_openid, trade.channel.upper()),
        *("REFUND" if refund else "SUCCESS", "OTHERS", "CNY", _yuan(row["fen"]), "0.00"),
        *(refund.refund_id if refund else "0", refund.out_refund_no if refund else "0"),
        *(_yuan(row["back_fen"]), "0.00", "ORIGINAL" if refund else "", _state(refund)),
        *(trade.description.replace(",", " "), trade.attach.replace(",", " ")),
        *(
            f"{row['fee_fen'] / 100:.5f}",
            RATE,
            _yuan(row["order_fen"]),
            _yuan(row["asked_fen"]),
            "",
        ),
    ]
    return ",".join(f"`{value}" for value in values)


def _sub(trade: Trade) -> str:
    return trade.merchant_id if trade.merchant.provider_id else "0"


def _state(refund: Refund | None) -> str:
    if refund is None:
        return ""
    return {"SUCCESS": "SUCCESS", "ABNORMAL": "CHANGE"}.get(refund.state, "PROCESSING")


def _fee(fen: int) -> int:
    return round(fen * 0.006)


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
