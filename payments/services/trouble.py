"""Whether an account can take money, as its payers find out: kept for the people of its store."""

import logging
from datetime import datetime, timedelta

from payments.gateway.base import GatewayError
from payments.models import MerchantAccount
from payments.services.refusals import prepare_refusal_text

log = logging.getLogger(__name__)

# Ours, or about one order: they say nothing of the account.
NOT_THE_ACCOUNTS = frozenset({GatewayError.BUSY, GatewayError.UNFIT})
# Many payers who find the same need one row.
TOLD_EVERY = timedelta(minutes=1)


def trouble_found(account: MerchantAccount, error: GatewayError, *, now: datetime) -> None:
    """Somebody could not pay: say why in the log and, unless it was our own doing, on the account."""
    if error.code == GatewayError.BUSY:
        log.warning("a payer of %s found no room for a call (TENCENT_CALLS_AT_ONCE)", account.mchid)
        return
    log.warning("WeChat Pay takes no payment for %s: %s", account.mchid, error)
    if error.code in NOT_THE_ACCOUNTS:
        return
    text = prepare_refusal_text(error)
    told = MerchantAccount.objects.filter(pk=account.pk)
    told = told.exclude(trouble=text, trouble_at__gt=now - TOLD_EVERY)
    told.update(trouble=text, trouble_at=now)


def trouble_over(account: MerchantAccount) -> None:
    """A payment was accepted. Without trouble nothing is written."""
    if account.trouble:
        MerchantAccount.objects.filter(pk=account.pk).update(trouble="", trouble_at=None)
