"""What a payment provider can do, in a few verbs, and what it says, as frozen dataclasses.

Amounts are integer fen, instants aware. Every verb answers within a few seconds or raises
GatewayError; nothing here knows a database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol


class GatewayError(Exception):
    """The provider refused, failed, or was silent.

    `permanent`: the same request would be refused again. Otherwise it may be repeated with the
    same number, and its effect is unknown: it may have taken place. `code` is the provider's, or
    one of SILENT, BUSY, UNVERIFIED, UNFIT, BILL_DAMAGED, BILL_LATE. BUSY is ours: nothing was sent.
    """

    SILENT = "SILENT"
    BILL_DAMAGED = "BILL_DAMAGED"
    BILL_LATE = "BILL_LATE"
    BUSY = "BUSY"
    UNVERIFIED = "UNVERIFIED"
    UNFIT = "UNFIT"

    def __init__(self, code: str, message: str, *, permanent: bool, status: int = 0) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.permanent, self.status = code, message, permanent, status

    @property
    def not_found(self) -> bool:
        """The provider has never heard of the number."""
        return self.code in {"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"}

    @property
    def number_refused(self) -> bool:
        """The number is taken: paid, closed, or known with other particulars. Ask which."""
        return self.code in {
            "OUT_TRADE_NO_USED",
            "INVALID_REQUEST",
            "ORDER_CLOSED",
            "ORDER_PAID",
            "TRADE_ERROR",
        }


class NoticeRefused(Exception):
    """The message is not, or not provably, an answerable notice of the provider's."""


class TradeState(StrEnum):
    """What the provider thinks of a trade."""

    PAID = "paid"
    UNPAID = "unpaid"
    CLOSED = "closed"


class RefundStatus(StrEnum):
    """What the provider thinks of a refund. Only SUCCEEDED is final."""

    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    ABNORMAL = "abnormal"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """An attempt as the provider is told of it."""

    channel: str
    out_trade_no: str
    description: str
    amount_fen: int
    expires_at: datetime
    openid: str = ""
    payer_ip: str = ""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What opens the provider's cashier: an id inside WeChat, a code to scan, an address for a
    phone's browser."""

    prepay_id: str = ""
    code_url: str = ""
    h5_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Trade:
    """A trade as the provider knows it, from a query or a notice. `sp_mchid` is who asked for it on
    behalf of `mchid`, or ""."""

    out_trade_no: str
    state: TradeState
    mchid: str
    appid: str
    sp_mchid: str = ""
    transaction_id: str = ""
    amount_fen: int | None = None
    currency: str = ""
    paid_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RefundAsk:
    """A refund as the provider is asked for it. `total_fen` is what was paid."""

    out_refund_no: str
    out_trade_no: str
    refund_fen: int
    total_fen: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class RefundResult:
    """A refund as the provider knows it. `mchid` is known from notices only."""

    out_refund_no: str
    out_trade_no: str
    provider_refund_id: str
    status: RefundStatus
    refund_fen: int
    total_fen: int
    mchid: str = ""
    sp_mchid: str = ""
    succeeded_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A verified and decrypted notice: about a trade, about a refund, or about neither. `nonsense`
    says why it cannot be read although the provider signed it, or is "". `raw` is what was sealed."""

    notice_id: str
    event_type: str
    trade: Trade | None = None
    refund: RefundResult | None = None
    nonsense: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


class Gateway(Protocol):
    """One merchant account at one provider."""

    def prepare(self, ask: Prepare) -> Prepared:
        """Make the trade known; the same ask again gives a fresh prepay id."""

    def bridge(self, prepay_id: str, *, now: datetime) -> dict[str, str]:
        """The signed parameters with which a page opens the cashier inside WeChat."""

    def query(self, out_trade_no: str) -> Trade:
        """The trade; GatewayError.not_found when the provider has never heard of it."""

    def close(self, out_trade_no: str) -> None:
        """Take no money for this number any more. Refused when it is paid."""

    def refund(self, ask: RefundAsk) -> RefundResult:
        """Ask for money back. Acceptance is not success."""

    def query_refund(self, out_refund_no: str) -> RefundResult:
        """The refund; GatewayError.not_found when the provider has never heard of it."""

    def trade_bill(self, day: date) -> bytes:
        """The day's bill (China's day), its checksum verified; b"" when there is none: the day had
        no trade, or its bill is not made yet, which they tell in the same words.

        Raises GatewayError; BILL_DAMAGED when the file is not the one that was announced.
        """

    def parse_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Notice:
        """Verify and decrypt. Raises NoticeRefused, and nothing else."""
