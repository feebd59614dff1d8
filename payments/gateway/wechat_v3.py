"""WeChat Pay APIv3 in public-key mode: wechatpayv3 2.0.4 behind the checks that it lacks.

What it lacks was found by reading and running it: no timestamp check, a call to /v3/certificates
for an unknown serial, exceptions of every kind for bad notices, a refund's notices sent to the
payment's address, no retry. Rules of the provider: pay.weixin.qq.com/doc/v3/merchant/.
"""

import hashlib
import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import requests
from django.conf import settings
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

from core.outbound import NoRoom, call_room, calls_within, time_left_s, timeouts
from payments.gateway.base import (
    GatewayError,
    Notice,
    NoticeRefused,
    Prepare,
    Prepared,
    RefundAsk,
    RefundResult,
    Trade,
)
from payments.gateway.wechat_words import notice_of, refund_of, trade_of

log = logging.getLogger(__name__)

# Tencent's own SDKs refuse a message whose clock is this far away, in seconds.
SKEW_S = 300
# Answered without an effect, or with an unknown one: worth one repetition with the same number.
RETRIED = frozenset({"SYSTEM_ERROR", "FREQUENCY_LIMITED"})
RETRY_WAIT_S = 0.2
# A repetition with less than this left, in seconds, would only be cut off.
RETRY_LEAST_S = 1.0
# The request is right and may be accepted later: a clock or a key is in trouble, or they are.
PASSING = RETRIED | {"SIGN_ERROR", "BANK_ERROR", "USERPAYING", "RATELIMIT_EXCEEDED"}
# Spellings of v2 and of the list of 2022, which still come.
SPELLINGS = {
    "BANKERROR": "BANK_ERROR",
    "FREQUENCY_LIMIT_EXCEED": "FREQUENCY_LIMITED",
    "INVALIDREQUEST": "INVALID_REQUEST",
    "NOTENOUGH": "NOT_ENOUGH",
    "ORDERCLOSED": "ORDER_CLOSED",
    "ORDERNOTEXIST": "ORDER_NOT_EXIST",
    "ORDERPAID": "ORDER_PAID",
    "REFUNDNOTEXIST": "RESOURCE_NOT_EXISTS",
    "SIGNERROR": "SIGN_ERROR",
    "SYSTEMERROR": "SYSTEM_ERROR",
    "TRADEERROR": "TRADE_ERROR",
}

# A million lines.
BILL_MAX_BYTES = 300 * 1024 * 1024
CHINA = ZoneInfo("Asia/Shanghai")
NEEDED_HEADERS = (
    "Wechatpay-Signature",
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Serial",
    "Wechatpay-Signature-Type",
)
# A probe by which the provider sees whether we verify at all: doc 4016241880.
PROBE = "WECHATPAY/SIGNTEST/"
_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)


class Unverified(Exception):
    """A message that the provider did not sign, or not now."""


class CheckedCore(Core):
    """The library's core, that trusts one key only, and only fresh messages, and takes no longer
    than the caller has."""

    @property
    def _timeout(self) -> tuple[float, float]:
        return timeouts()

    def _verify_signature(self, headers: Mapping[str, str], body: str) -> bool:
        stamp = headers.get("Wechatpay-Timestamp", "")
        if not _DIGITS.fullmatch(stamp) or abs(time.time() - int(stamp)) >= SKEW_S:
            raise Unverified(f"timestamp {stamp!r}")
        if headers.get("Wechatpay-Serial", "") != self._public_key_id:
            raise Unverified("another key")
        return bool(super()._verify_signature(headers, body))

    def _update_certificates(self) -> None:
        raise Unverified("certificates are not used in public-key mode")


class WechatV3:
    """One merchant account at WeChat Pay (`payments.gateway.base.Gateway`)."""

    def __init__(
        self,
        *,
        mchid: str,
        sp_mchid: str = "",
        appid: str,
        apiv3_key: str,
        private_key: str,
        serial_no: str,
        public_key: str,
        public_key_id: str,
        pay_notify_url: str,
        refund_notify_url: str,
    ) -> None:
        """`sp_mchid` is the provider that asks for `mchid`, whose app and keys the others are; ""
        for a merchant that asks by itself. Raises GatewayError when the keys cannot be read."""
        self.mchid, self.appid, self.public_key_id = mchid, appid, public_key_id
        # Every call of a provider's names the merchant that it is for.
        self._for: dict[str, str] = {"sub_mchid": mchid} if sp_mchid else {}
        self._openid = "sp_openid" if sp_mchid else "openid"
        self.pay_notify_url, self.refund_notify_url = pay_notify_url, refund_notify_url
        try:
            self._pay = WeChatPay(
                wechatpay_type=WeChatPayType.JSAPI,
                mchid=sp_mchid or mchid,
                partner_mode=bool(sp_mchid),
                private_key=private_key,
                cert_serial_no=serial_no,
                appid=appid,
                apiv3_key=apiv3_key,
                notify_url=pay_notify_url,
                public_key=public_key,
                public_key_id=public_key_id,
            )
        except Exception as error:
            raise GatewayError(
                "BAD_KEYS", "the account's keys are unreadable", permanent=True
            ) from error
        # The same object, with the checks above; the library has no other place for them.
        self._pay._core.__class__ = CheckedCore
        if self._pay._core._gate_way != settings.WECHAT_PAY_URL:
            self._pay._core._gate_way = settings.WECHAT_PAY_URL

    def prepare(self, ask: Prepare) -> Prepared:
        kinds = {
            "jsapi": WeChatPayType.JSAPI,
            "native": WeChatPayType.NATIVE,
            "h5": WeChatPayType.H5,
        }
        scene = {"payer_client_ip": ask.payer_ip, "h5_info": {"type": "Wap"}}
        answer = self._call(
            lambda: self._pay.pay(
                description=ask.description,
                out_trade_no=ask.out_trade_no,
                amount={"total": ask.amount_fen, "currency": "CNY"},
                payer={self._openid: ask.openid} if ask.channel == "jsapi" else None,
                scene_info=scene if ask.channel == "h5" else None,
                time_expire=ask.expires_at.astimezone(CHINA).isoformat(timespec="seconds"),
                notify_url=self.pay_notify_url,
                pay_type=kinds[ask.channel],
                **self._for,
            )
        )
        prepared = Prepared(
            prepay_id=str(answer.get("prepay_id", "")),
            code_url=str(answer.get("code_url", "")),
            h5_url=str(answer.get("h5_url", "")),
        )
        given = {
            "jsapi": prepared.prepay_id,
            "native": prepared.code_url,
            "h5": prepared.h5_url,
        }
        if not given[ask.channel]:
            raise _nonsense(answer)
        return prepared

    def bridge(self, prepay_id: str, *, now: datetime) -> dict[str, str]:
        stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
        package = f"prepay_id={prepay_id}"
        return {
            "appId": self.appid,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._pay.sign([self.appid, stamp, nonce, package]),
        }

    def query(self, out_trade_no: str) -> Trade:
        return self._understood(
            trade_of, self._call(lambda: self._pay.query(out_trade_no=out_trade_no, **self._for))
        )

    def close(self, out_trade_no: str) -> None:
        self._call(lambda: self._pay.close(out_trade_no=out_trade_no, **self._for))

    def refund(self, ask: RefundAsk) -> RefundResult:
        answer = self._call(
            lambda: self._pay.refund(
                out_refund_no=ask.out_refund_no,
                out_trade_no=ask.out_trade_no,
                amount={"refund": ask.refund_fen, "total": ask.total_fen, "currency": "CNY"},
                reason=ask.reason,
                notify_url=self.refund_notify_url,
                **self._for,
            )
        )
        return self._understood(refund_of, answer)

    def query_refund(self, out_refund_no: str) -> RefundResult:
        return self._understood(
            refund_of,
            self._call(lambda: self._pay.query_refund(out_refund_no=out_refund_no, **self._for)),
        )

    def trade_bill(self, day: date) -> bytes:
        path = f"/v3/bill/tradebill?bill_date={day.isoformat()}&bill_type=ALL"
        path += "".join(f"&{name}={value}" for name, value in self._for.items())
        try:
            # The library's own verb always asks for a packed file, and checks no checksum.
            answer = self._call(lambda: self._pay._core.request(path))
        except GatewayError as error:
            if error.code == "NO_STATEMENT_EXIST":
                return b""
            raise
        url, digest = str(answer.get("download_url", "")), str(answer.get("hash_value", ""))
        gateway = str(self._pay._core._gate_way)
        if answer.get("hash_type") != "SHA1" or not url.startswith(gateway + "/"):
            raise _nonsense(answer)
        content = self._downloaded(url[len(gateway) :])
        if hashlib.sha1(content).hexdigest() != digest.lower():  # noqa: S324  (their choice)
            raise GatewayError(GatewayError.BILL_DAMAGED, "the checksum differs", permanent=False)
        return content

    def _downloaded(self, path: str) -> bytes:
        """The answer to a download is not signed: its checksum is in the answer before it."""
        kept: list[bytes] = []

        def verb() -> tuple[int, str]:
            status, content = self._pay._core.request(path, skip_verify=True)
            raw = content.encode() if isinstance(content, str) else content
            if len(raw) > BILL_MAX_BYTES:
                raise GatewayError(
                    GatewayError.BILL_DAMAGED, "the bill is too large", permanent=True
                )
            kept.append(raw)
            return (204, "") if status == 200 else (status, raw.decode("utf-8", "replace"))

        self._call(verb)
        return kept[-1]

    def parse_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Notice:
        wanted = {name: headers.get(name, "") for name in NEEDED_HEADERS}
        missing = [name for name, value in wanted.items() if not value]
        if missing:
            raise NoticeRefused(f"no {', '.join(missing)}")
        if wanted["Wechatpay-Signature"].startswith(PROBE):
            raise NoticeRefused("a signature probe")
        stamp = wanted["Wechatpay-Timestamp"]
        if not _DIGITS.fullmatch(stamp) or abs(now.timestamp() - int(stamp)) >= SKEW_S:
            raise NoticeRefused(f"timestamp {stamp!r} is too far from now")
        if wanted["Wechatpay-Serial"] != self.public_key_id:
            raise NoticeRefused("signed by another key")
        try:
            message = self._pay.callback(wanted, body)
            if not message:
                raise NoticeRefused("the signature or the ciphertext is not good")
            return notice_of(message)
        except NoticeRefused:
            raise
        except Exception as error:
            raise NoticeRefused(f"unreadable: {type(error).__name__}") from error

    def _call(self, verb: Callable[[], tuple[int, str | bytes]]) -> dict[str, Any]:
        """One call with at most one repetition, in three seconds together; the JSON answer ({} for
        204)."""
        with calls_within():
            try:
                return self._call_once(verb)
            except GatewayError as error:
                if error.code not in RETRIED or time_left_s() < RETRY_WAIT_S + RETRY_LEAST_S:
                    raise
                log.info("%s: once more, with the same number", error.code)
            time.sleep(RETRY_WAIT_S)
            return self._call_once(verb)

    def _call_once(self, verb: Callable[[], tuple[int, str | bytes]]) -> dict[str, Any]:
        try:
            with call_room():
                status, text = verb()
        except NoRoom as error:
            raise GatewayError(GatewayError.BUSY, str(error), permanent=False) from error
        except requests.RequestException as error:
            raise GatewayError(
                GatewayError.SILENT, type(error).__name__, permanent=False
            ) from error
        except GatewayError:
            raise
        except Exception as error:  # the library raises bare exceptions for a bad signature
            raise GatewayError(GatewayError.UNVERIFIED, str(error), permanent=False) from error
        if status == 204:
            return {}
        answer = _json_object(text)
        if 200 <= status < 300:
            return answer
        said = str(answer.get("code") or f"HTTP_{status}")
        code = SPELLINGS.get(said, said)
        passing = code in PASSING or status >= 500 or status == 429
        raise GatewayError(
            code, str(answer.get("message", ""))[:300], permanent=not passing, status=status
        )

    @staticmethod
    def _understood(read: Callable[[Mapping[str, Any]], Any], answer: dict[str, Any]) -> Any:
        try:
            return read(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise _nonsense(answer) from error


def _json_object(text: str | bytes) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _nonsense(answer: Mapping[str, Any]) -> GatewayError:
    log.error("an answer that makes no sense, with the keys %s", sorted(answer))
    return GatewayError(GatewayError.UNVERIFIED, "the answer makes no sense", permanent=False)
