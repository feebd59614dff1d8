"""Does a merchant account's form hold what WeChat Pay gave the merchant?"""

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.utils.translation import gettext as _


def merchant_account_check(
    *,
    mchid: str,
    appid: str,
    apiv3_key: str,
    private_key: str,
    serial_no: str,
    public_key: str,
    public_key_id: str,
) -> dict[str, str]:
    """What is wrong, by field; empty when everything can be used. Nothing is sent anywhere."""
    wrong = {}
    if not re.fullmatch(r"[0-9]{8,10}", mchid, re.ASCII):
        wrong["mchid"] = _("商户号是 8 到 10 位数字。")
    if not re.fullmatch(r"wx[0-9a-f]{16}", appid, re.ASCII):
        wrong["appid"] = _("AppID 以 wx 开头，后面是 16 位小写字母和数字。")
    if len(apiv3_key.encode()) != 32:
        wrong["apiv3_key"] = _("APIv3 密钥是 32 个字符。")
    if not re.fullmatch(r"[0-9A-Fa-f]{16,64}", serial_no, re.ASCII):
        wrong["serial_no"] = _("证书序列号是商户平台上显示的十六进制数。")
    if not re.fullmatch(r"PUB_KEY_ID_[0-9A-Za-z]{8,50}", public_key_id, re.ASCII):
        wrong["public_key_id"] = _("公钥 ID 以 PUB_KEY_ID_ 开头。")
    if not _is_private_key(private_key):
        wrong["private_key"] = _("这不是商户私钥：请粘贴 apiclient_key.pem 的全部内容。")
    if not _is_public_key(public_key):
        wrong["public_key"] = _("这不是微信支付公钥：请粘贴 pub_key.pem 的全部内容。")
    return wrong


def _is_private_key(pem: str) -> bool:
    try:
        key = load_pem_private_key(pem.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPrivateKey) and key.key_size >= 2048


def _is_public_key(pem: str) -> bool:
    try:
        key = load_pem_public_key(pem.strip().encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPublicKey) and key.key_size >= 2048
