"""Open an attempt to pay an order."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from core.ids import random_token
from payments.models import Payment
from payments.schedule import ABANDONED_AFTER

DESCRIPTION_MAX = 127


class NoMerchantAccount(Exception):
    """The store has no active merchant account: nothing can be paid there."""

    def __init__(self) -> None:
        super().__init__(_("本店暂未开通微信支付，请联系商家。"))


def payment_new(
    *,
    store_id: int,
    account_id: int | None,
    order_ref: str,
    payer_id: int,
    amount_fen: int,
    description: str,
    expires_at: datetime,
    now: datetime,
) -> Payment:
    """An attempt at the store's account, for its caller to write with rows of its own. Raises
    NoMerchantAccount."""
    if account_id is None:
        raise NoMerchantAccount
    return Payment(
        store_id=store_id,
        account_id=account_id,
        order_ref=order_ref,
        payer_id=payer_id,
        out_trade_no=out_trade_no_new(now=now),
        description=_clean(description),
        amount_fen=amount_fen,
        expires_at=expires_at,
        opened_at=now,
        due_at=expires_at + ABANDONED_AFTER,
    )


def payment_reopen(
    old: Payment, *, channel: str, now: datetime, amount_fen: int | None = None
) -> Payment:
    """An attempt in the place of a closed one and at its account, in the caller's transaction.
    `amount_fen` is another price."""
    return Payment.objects.create(
        store_id=old.store_id,
        account_id=old.account_id,
        order_ref=old.order_ref,
        payer_id=old.payer_id,
        out_trade_no=out_trade_no_new(now=now),
        description=old.description,
        amount_fen=old.amount_fen if amount_fen is None else amount_fen,
        channel=channel,
        expires_at=old.expires_at,
        opened_at=now,
        due_at=old.expires_at + ABANDONED_AFTER,
    )


def out_trade_no_new(*, now: datetime) -> str:
    """28 characters of WeChat Pay's alphabet: the day, for people, and 110 random bits."""
    return f"{timezone.localtime(now):%y%m%d}{random_token(22)}"


def _clean(description: str) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in description).split())
    return text[:DESCRIPTION_MAX] or _("商品")
