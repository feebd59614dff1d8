"""Development only: a merchant account at the simulator, and its books."""

from typing import Any

from django.conf import settings

from payments.models import MerchantAccount
from wechat.simulated import simulator_call


def merchant_account_provision(
    *, store_id: int, mchid: str, name: str, sp_mchid: str = ""
) -> MerchantAccount:
    """The store's merchant account, with the credentials the simulator gives for `mchid`, or for
    the provider `sp_mchid` that asks on its behalf.

    Idempotent. Raises ImproperlyConfigured where there is no simulator: production.
    """
    appid = settings.WECHAT_APPID
    signer = sp_mchid or mchid
    given = simulator_call("PUT", f"merchants/{signer}", body={"name": name, "appids": [appid]})
    if sp_mchid:
        body = {"name": name, "appids": [], "provider": sp_mchid}
        simulator_call("PUT", f"merchants/{mchid}", body=body)
    account, _made = MerchantAccount.objects.update_or_create(
        mchid=mchid,
        defaults={
            "store_id": store_id,
            "sp_mchid": sp_mchid,
            "appid": appid,
            "apiv3_key": given["apiv3_key"],
            "private_key": given["private_key"],
            "serial_no": given["serial_no"],
            "public_key": given["public_key"],
            "public_key_id": given["public_key_id"],
            "is_active": True,
        },
    )
    return account


def books(mchid: str) -> dict[str, Any]:
    """The simulator's own books of a merchant. Raises as `simulator_call` does."""
    answer: dict[str, Any] = simulator_call("GET", f"books?mchid={mchid}")
    return answer
