"""Notices: sealed, signed, delivered until they are heard, on Tencent's schedule.

At once, then 15 times more within 24 hours (doc 4012082022). One thread delivers; waking it is a hint, the rows decide.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from django.db import close_old_connections, transaction
from django.db.models import Q

from simulator.models import Merchant, Notice, Refund, Trade
from simulator.services import clock, keys
from simulator.services.faults import fault_take
from simulator.services.remembered import merchant_of

log = logging.getLogger(__name__)

MINUTE, HOUR = 60, 3600
SCHEDULE_S = [
    *(15, 15, 30, 3 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE),
    *(60 * MINUTE, 3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR),
]
ANSWER_WITHIN_S = 5
AT_ONCE = 16
# What is queued within so many seconds of each other is looked for once.
GATHER_S = 0.01
SPOILED = frozenset({"forged", "stale", "signtest"})
TRADE_TYPES = {"h5": "MWEB"}
DELAY_S = {"late": 120.0, "reordered": 3.0}
SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
}
_wake, _own = threading.Event(), threading.local()


def notice_new(mchid: str, url: str, event_type: str, resource: dict[str, Any]) -> Notice | None:
    """Queue a notice inside the caller's transaction; None when the merchant gave no address."""
    if not url:
        return None
    mode = fault_take("notice")
    notice = Notice.objects.create(
        notice_id=f"EV-{secrets.token_hex(12)}",
        merchant_id=mchid,
        url=url,
        event_type=event_type,
        resource=resource,
        mode=mode,
        next_at=None if mode == "lost" else clock.after(DELAY_S.get(mode, 0.0)),
        made_at=clock.stamp(),
    )
    transaction.on_commit(_wake.set)
    return notice


def deliver(notice: Notice, *, spoiled: bool = False) -> int:
    """Send a notice once; the HTTP status, 0 when nobody answered in time."""
    kind = "transaction" if notice.event_type.startswith("TRANSACTION") else "refund"
    merchant = _signer(merchant_of(notice.merchant_id) or notice.merchant)
    body = json.dumps(
        {
            "id": notice.notice_id,
            "create_time": clock.china(notice.made_at),
            "resource_type": "encrypt-resource",
            "event_type": notice.event_type,
            "summary": SUMMARIES.get(notice.event_type, notice.event_type),
            "resource": keys.sealed(merchant, notice.resource, kind=kind),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    headers = keys.signed_headers(
        merchant,
        body,
        forged=spoiled and notice.mode == "forged",
        age_s=600 if spoiled and notice.mode == "stale" else 0,
        probe=spoiled and notice.mode == "signtest",
    )
    headers |= {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Mozilla/4.0"}
    try:
        answer = _session().post(
            notice.url,
            data=body.encode(),
            headers=headers,
            timeout=ANSWER_WITHIN_S,
            allow_redirects=False,
        )
        return answer.status_code
    except requests.RequestException:
        return 0


def _signer(merchant: Merchant) -> Merchant:
    """A provider's keys seal what is told of its merchants."""
    if merchant.provider_id is None:
        return merchant
    return merchant_of(merchant.provider_id) or merchant


def _session() -> requests.Session:
    """This thread's session: made once, keeping neither cookies nor connections."""
    found: requests.Session | None = getattr(_own, "session", None)
    if found is None:
        found = _own.session = requests.Session()
        found.trust_env = False
        found.headers["Connection"] = "close"
        found.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return found


def attempt(notice_id: int, *, only_due: bool = True) -> bool:
    """Deliver a notice and write down what came of it; False when it does not wait (any more)."""
    with _turns.of(notice_id):
        notice = Notice.objects.filter(pk=notice_id).first()
        if (
            notice is None
            or notice.next_at is None
            or (only_due and notice.next_at > clock.due_now())
        ):
            return False
        spoiled = notice.mode in SPOILED and notice.attempts == 0
        status = deliver(notice, spoiled=spoiled)
        heard = status in (200, 204)
        if notice.mode == "duplicate" and notice.attempts == 0 and heard:
            status = deliver(notice)
            heard = status in (200, 204)
        changes: dict[str, Any] = {"attempts": notice.attempts + 1, "last_status": status}
        if spoiled:
            changes |= {"was_fooled": heard, "next_at": clock.due_now()}
        elif heard:
            changes |= {"accepted_at": clock.stamp(), "next_at": None}
        elif notice.attempts < len(SCHEDULE_S):
            changes["next_at"] = clock.after(SCHEDULE_S[notice.attempts])
        else:
            changes["next_at"] = None
        Notice.objects.filter(pk=notice.pk).update(**changes)
    return True


def flush() -> int:
    """Deliver everything that waits, due or not, before answering; how many there were."""
    waiting = Notice.objects.filter(next_at__isnull=False).order_by("pk")
    told = [pk for pk in waiting.values_list("pk", flat=True) if attempt(pk, only_due=False)]
    # The good one that follows a spoiled one is due at once.
    for pk in waiting.filter(pk__in=told, mode__in=SPOILED, attempts=1).values_list(
        "pk", flat=True
    ):
        attempt(pk, only_due=False)
    return len(told)


class _Turns:
    """One delivery of a notice at a time: whoever comes second waits, and then looks again."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._free = threading.Condition()

    @contextmanager
    def of(self, notice_id: int) -> Iterator[None]:
        with self._free:
            self._free.wait_for(lambda: notice_id not in self._taken)
            self._taken.add(notice_id)
        try:
            yield
        finally:
            with self._free:
                self._taken.discard(notice_id)
                self._free.notify_all()


_turns = _Turns()


def refunds_ripen(only: Refund | None = None) -> None:
    """Refunds whose time has come are done, or found to be abnormal."""
    due = Q(state="PROCESSING", due_at__lte=clock.due_now())
    rows = Refund.objects.filter(due if only is None else due & Q(pk=only.pk))
    if not rows.exists():
        return
    with transaction.atomic():
        for refund in rows.select_related("trade__merchant"):
            refund.state, refund.due_at = refund.becomes, None
            if refund.state == "SUCCESS":
                refund.succeeded_at = clock.stamp()
            refund.save(update_fields=["state", "due_at", "succeeded_at"])
            notice_new(
                refund.merchant_id,
                refund.notify_url,
                f"REFUND.{refund.state}",
                refund_resource(refund),
            )


def trade_resource(trade: Trade) -> dict[str, Any]:
    """A paid trade as notices and queries tell it."""
    paid = trade.paid_at is not None
    told: dict[str, Any] = {
        **_whose(trade),
        "out_trade_no": trade.out_trade_no,
        "trade_state": trade.state,
        "trade_state_desc": {"NOTPAY": "订单未支付", "CLOSED": "订单已关闭"}.get(
            trade.state, "支付成功"
        ),
        "attach": trade.attach,
        "amount": {"total": trade.total_fen, "currency": "CNY"},
    }
    if paid and trade.paid_at is not None:
        told |= {
            "transaction_id": trade.transaction_id,
            "trade_type": TRADE_TYPES.get(trade.channel, trade.channel.upper()),
            "bank_type": "OTHERS",
            "success_time": clock.china(trade.paid_at),
            "payer": {_payer(trade): trade.payer_openid},
        }
        told["amount"] |= {"payer_total": trade.total_fen, "payer_currency": "CNY"}
    return told


def _whose(trade: Trade) -> dict[str, str]:
    """Doc 4012085810: a provider's merchant is told of as its sub-merchant."""
    merchant = trade.merchant
    if merchant.provider_id is None:
        return {"appid": trade.appid, "mchid": merchant.mchid}
    return {
        "sp_appid": trade.appid,
        "sp_mchid": merchant.provider_id,
        "sub_mchid": merchant.mchid,
    }


def _payer(trade: Trade) -> str:
    return "openid" if trade.merchant.provider_id is None else "sp_openid"


def refund_resource(refund: Refund) -> dict[str, Any]:
    """A refund as its notice tells it."""
    told: dict[str, Any] = {
        **{k: v for k, v in _whose(refund.trade).items() if k.endswith("mchid")},
        "transaction_id": refund.trade.transaction_id,
        "out_trade_no": refund.trade.out_trade_no,
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "refund_status": refund.state,
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": refund.trade.total_fen,
            "refund": refund.refund_fen,
            "payer_total": refund.trade.total_fen,
            "payer_refund": refund.refund_fen,
        },
    }
    if refund.succeeded_at:
        told["success_time"] = clock.china(refund.succeeded_at)
    return told


def dispatcher_start() -> None:
    """Start the one thread that delivers."""
    threading.Thread(target=_dispatch, name="notices", daemon=True).start()


def _dispatch() -> None:
    """Hand due notices to the pool; one whose merchant is slow holds up only its own thread."""
    under_way: set[int] = set()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="notice") as pool:
        while True:
            try:
                refunds_ripen()
                for pk in _due(under_way):
                    under_way.add(pk)
                    pool.submit(_attempt_safely, pk, under_way)
            except Exception:
                log.exception("the dispatcher stumbled")
                close_old_connections()
            if _wake.wait(0.1):
                time.sleep(GATHER_S)
            _wake.clear()


def _due(under_way: set[int]) -> list[int]:
    """What is due and not under way, no more than there are free threads."""
    free = AT_ONCE - len(under_way)
    if free <= 0:
        return []
    rows = Notice.objects.filter(next_at__lte=clock.due_now()).exclude(pk__in=list(under_way))
    return list(rows.order_by("next_at").values_list("pk", flat=True)[:free])


def _attempt_safely(notice_id: int, under_way: set[int]) -> None:
    try:
        attempt(notice_id)
    except Exception:
        log.exception("notice %s", notice_id)
        close_old_connections()
    finally:
        was_full = len(under_way) >= AT_ONCE
        under_way.discard(notice_id)
        if was_full:
            _wake.set()
