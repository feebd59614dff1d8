"""Whether an account can take money, as its payers find out: kept for the people of its store."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from core.facts import facts_record
from payments.events import AccountTroubled
from payments.gateway.base import GatewayError
from payments.models import MerchantAccount
from payments.services.refusals import prepare_refusal_text

log = logging.getLogger(__name__)

# Ours, or about one order: they say nothing of the account.
NOT_THE_ACCOUNTS = frozenset({GatewayError.BUSY, GatewayError.UNFIT})
# Refusals that pass by themselves are not permanent, and these are not, either: a person has to look.
LASTING = frozenset({"SIGN_ERROR", GatewayError.UNVERIFIED})
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
    told = {"trouble": text, "trouble_at": now}
    ours = MerchantAccount.objects.filter(pk=account.pk)
    with transaction.atomic():
        if ours.exclude(trouble=text).update(**told):
            if error.permanent or error.code in LASTING:
                troubled = AccountTroubled(account_id=account.pk, store_id=account.store_id)
                facts_record(troubled, now=now)
            return
    ours.filter(trouble_at__lte=now - TOLD_EVERY).update(**told)


def trouble_over(account: MerchantAccount) -> None:
    """A payment was accepted. Without trouble nothing is written."""
    if account.trouble:
        MerchantAccount.objects.filter(pk=account.pk).update(trouble="", trouble_at=None)
