"""Keys, signatures and sealing, from the documents with `cryptography` alone."""

import base64
import json
import secrets
import time
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from simulator.models import Merchant, Setting

_platform: dict[str, str] = {}


def key_new() -> str:
    """A fresh 2048-bit RSA key as PKCS#8 PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def platform_pem(name: str = "platform_key") -> str:
    """WeChat Pay's own key (or a forger's), made on first use and for good."""
    if name not in _platform:
        row = Setting.objects.filter(name=name).first()
        if row is None:
            # Two may make one at once; the row that is there first is the key of both.
            row, _made = Setting.objects.get_or_create(name=name, defaults={"value": key_new()})
        _platform[name] = row.value
    return _platform[name]


def public_pem(private_pem: str) -> str:
    return (
        _public(private_pem)
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@lru_cache(maxsize=256)
def _loaded(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@lru_cache(maxsize=256)
def _public(private_pem: str) -> rsa.RSAPublicKey:
    return _loaded(private_pem).public_key()


def sign(private_pem: str, *lines: str) -> str:
    """SHA256withRSA over the lines, each ended by a newline, in base64."""
    message = "".join(f"{line}\n" for line in lines).encode()
    signature = _loaded(private_pem).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def is_signed(private_pem: str, signature: str, *lines: str) -> bool:
    """Whether the owner of the key signed these lines."""
    message = "".join(f"{line}\n" for line in lines).encode()
    try:
        _public(private_pem).verify(
            base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256()
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_headers(
    merchant: Merchant, body: str, *, forged: bool = False, age_s: int = 0, probe: bool = False
) -> dict[str, str]:
    """The five headers of everything WeChat Pay says, or of a message that only looks like it."""
    stamp, nonce = str(int(time.time()) - age_s), secrets.token_hex(16)
    pem = platform_pem("forger_key" if forged else "platform_key")
    signature = sign(pem, stamp, nonce, body)
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": f"WECHATPAY/SIGNTEST/{signature}" if probe else signature,
        "Wechatpay-Serial": merchant.public_key_id,
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        "Request-ID": secrets.token_hex(16),
    }


def sealed(merchant: Merchant, resource: dict[str, Any], *, kind: str) -> dict[str, str]:
    """A notice's resource, encrypted with the merchant's APIv3 key."""
    nonce, associated = secrets.token_hex(6), kind
    text = json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
    ciphertext = AESGCM(merchant.apiv3_key.encode()).encrypt(
        nonce.encode(), text, associated.encode()
    )
    return {
        "original_type": kind,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }
