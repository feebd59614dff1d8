"""The gateway of a merchant account: made once per set of keys and process."""

import hashlib
import threading
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from payments.gateway.base import Gateway
from payments.gateway.wechat_v3 import WechatV3

if TYPE_CHECKING:
    from payments.models import MerchantAccount

_KEEP = 256
_gateways: dict[int, tuple[str, Gateway]] = {}
_lock = threading.Lock()


def gateway_for(account: "MerchantAccount") -> Gateway:
    """The gateway of this account. A changed row gets a new one: the old keys are dropped.

    Raises GatewayError when the account's keys cannot be read.
    """
    mark = _mark(account)
    found = _gateways.get(account.pk)
    if found and found[0] == mark:
        return found[1]
    made = WechatV3(
        mchid=account.mchid,
        sp_mchid=account.sp_mchid,
        appid=account.appid,
        apiv3_key=account.apiv3_key,
        private_key=account.private_key,
        serial_no=account.serial_no,
        public_key=account.public_key,
        public_key_id=account.public_key_id,
        pay_notify_url=notify_url(account, "pay"),
        refund_notify_url=notify_url(account, "refund"),
    )
    with _lock:
        if len(_gateways) >= _KEEP:
            _gateways.pop(next(iter(_gateways)))
        _gateways[account.pk] = (mark, made)
    return made


def notify_url(account: "MerchantAccount", kind: str) -> str:
    """Where the provider sends this account's notices; `kind` is pay or refund."""
    return settings.SITE_URL + reverse(f"payments:notify_{kind}", args=[account.public_id])


def _mark(account: "MerchantAccount") -> str:
    parts = [
        account.public_id,
        account.mchid,
        account.sp_mchid,
        account.appid,
        account.apiv3_key,
        account.private_key,
        account.serial_no,
        account.public_key,
        account.public_key_id,
        settings.WECHAT_PAY_URL,
        settings.SITE_URL,
    ]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
