"""Merchant accounts with real keys, attempts, and notices signed and sealed as Tencent does.

The signing here is written from the documents with `cryptography` alone and shares no code with
the client under test, so that a mistake in one is not hidden by the same mistake in the other.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import count
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from accounts.tests.factories import user_make
from core import clock
from payments.models import MerchantAccount, Payment
from payments.services import payment_new, payment_settle
from stores.models import Store
from stores.tests.factories import store_make

APPID = "wx0000000000000001"
_numbers = count(1)


@lru_cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """A key pair by name, made once per session: "merchant", "wechat", or anybody's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name: str) -> str:
    return (
        rsa_key(name)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def public_pem(name: str) -> str:
    return (
        rsa_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def merchant_account_make(*, store: Store | None = None, **fields: Any) -> MerchantAccount:
    """An active account whose keys are good; WeChat Pay's private key is `rsa_key("wechat")`."""
    number = next(_numbers)
    return MerchantAccount.objects.create(
        **{
            "store": store or store_make(),
            "mchid": f"19{number:08d}",
            "appid": APPID,
            "apiv3_key": f"{number:032d}",
            "private_key": private_pem("merchant"),
            "serial_no": f"{number:040X}",
            "public_key": public_pem("wechat"),
            "public_key_id": f"PUB_KEY_ID_{number:026d}",
            **fields,
        }
    )


def payment_open(*, store_id: int, **fields: Any) -> Payment:
    """An attempt at the store's active account; an order's own is opened when it is placed."""
    accounts = MerchantAccount.objects.filter(store_id=store_id, is_active=True)
    account_id = accounts.values_list("pk", flat=True).first()
    payment = payment_new(store_id=store_id, account_id=account_id, **fields)
    payment.save(force_insert=True)
    return payment


def payment_make(*, account: MerchantAccount | None = None, **fields: Any) -> Payment:
    """An open attempt of 12.50 yuan, ten minutes long, for an order of its own."""
    account = account or merchant_account_make()
    now = fields.pop("now", None) or clock.now()
    with transaction.atomic():
        return payment_open(
            **{
                "store_id": account.store_id,
                "order_ref": f"ord_test{next(_numbers):016d}",
                "payer_id": fields.pop("payer_id", None) or user_make().pk,
                "amount_fen": 1250,
                "description": "陕北滩枣 500g",
                "expires_at": now + timedelta(minutes=10),
                "now": now,
                **fields,
            }
        )


def payment_paid_make(*, account: MerchantAccount | None = None, **fields: Any) -> Payment:
    """An attempt whose money is there."""
    payment = payment_make(account=account, **fields)
    payment_settle(
        payment_id=payment.pk,
        transaction_id=transaction_id_make(),
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
        now=clock.now(),
    )
    payment.refresh_from_db()
    return payment


def transaction_id_make() -> str:
    return f"42{next(_numbers):026d}"


@dataclass
class NoticeMaker:
    """Makes notices for an account. What `headers` and `body` give can be changed before sending."""

    account: MerchantAccount
    signed_by: str = "wechat"

    def whose(self) -> dict[str, str]:
        """The merchant, or the provider and its merchant."""
        account = self.account
        if account.sp_mchid:
            return {
                "sp_mchid": account.sp_mchid,
                "sub_mchid": account.mchid,
                "sp_appid": account.appid,
            }
        return {"mchid": account.mchid, "appid": account.appid}

    def trade(self, payment: Payment, **changes: Any) -> dict[str, Any]:
        """The resource of TRANSACTION.SUCCESS; `total` and `currency` change the amount."""
        total = changes.pop("total", payment.amount_fen)
        currency = changes.pop("currency", "CNY")
        return {
            **self.whose(),
            "out_trade_no": payment.out_trade_no,
            "transaction_id": transaction_id_make(),
            "trade_type": "JSAPI",
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "bank_type": "OTHERS",
            "attach": "",
            "success_time": clock.now().isoformat(timespec="seconds"),
            "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
            "amount": {
                "total": total,
                "payer_total": total,
                "currency": currency,
                "payer_currency": currency,
            },
            **changes,
        }

    def refund(self, refund: Any, **changes: Any) -> dict[str, Any]:
        """The resource of REFUND.*; `refund_fen` and `total` change the amount."""
        refund_fen = changes.pop("refund_fen", refund.amount_fen)
        total = changes.pop("total", refund.payment.amount_fen)
        return {
            "mchid": self.account.mchid,
            "out_trade_no": refund.payment.out_trade_no,
            "transaction_id": refund.payment.transaction_id,
            "out_refund_no": refund.out_refund_no,
            "refund_id": f"50{next(_numbers):026d}",
            "refund_status": "SUCCESS",
            "success_time": clock.now().isoformat(timespec="seconds"),
            "user_received_account": "支付用户零钱",
            "amount": {
                "total": total,
                "refund": refund_fen,
                "payer_total": total,
                "payer_refund": refund_fen,
            },
            **changes,
        }

    def body(self, resource: dict[str, Any], *, event_type: str = "TRANSACTION.SUCCESS") -> bytes:
        """The sealed notice, as bytes."""
        nonce, aad = secrets.token_hex(6), event_type.split(".", 1)[0].lower()
        sealed = AESGCM(self.account.apiv3_key.encode()).encrypt(
            nonce.encode(), json.dumps(resource, ensure_ascii=False).encode(), aad.encode()
        )
        message = {
            "id": f"EV-{next(_numbers)}",
            "create_time": clock.now().isoformat(timespec="seconds"),
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": "支付成功",
            "resource": {
                "original_type": aad,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(sealed).decode(),
                "associated_data": aad,
                "nonce": nonce,
            },
        }
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()

    def headers(self, body: bytes, *, age_s: int = 0) -> dict[str, str]:
        """The signed headers of a body, made `age_s` seconds ago."""
        stamp = str(int(clock.now().timestamp()) - age_s)
        nonce = secrets.token_hex(16)
        message = b"\n".join([stamp.encode(), nonce.encode(), body, b""])
        signature = rsa_key(self.signed_by).sign(message, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Serial": self.account.public_key_id,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }


def notice_post(client: Any, account: MerchantAccount, body: bytes, headers: dict[str, str]) -> Any:
    """Send a notice to the account's address."""
    return client.post(
        f"/payments/notify/{account.public_id}/pay/",
        data=body,
        content_type="application/json",
        headers=headers,
    )
