"""Codes by SMS. Who carries them is a setting; nothing but a code is ever sent.

- Production: `SMS_URL` is the address of a gateway that takes
  `POST {"phone": "+8613812345678", "code": "123456", "purpose": "sign_in"}` with
  `Authorization: Bearer SMS_TOKEN` and answers 2xx: a cloud provider's function or a small relay of
  one's own in front of Tencent Cloud or Alibaba Cloud SMS, where the signature and the template
  are registered. Without it, sign-in by phone says so and offers e-mail.
- Development and tests: nothing leaves the machine. The code goes to the log and to the cache,
  and the page that asks for it shows it.
"""

import logging
from abc import ABC, abstractmethod

import requests
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from core.crypto import blind_index, mask_phone

log = logging.getLogger(__name__)

TIMEOUT_S = 3
SHOWN_FOR_S = 600


class SmsTrouble(Exception):
    """The code could not be handed over; the message is for the person who waits for it."""

    def __init__(self) -> None:
        super().__init__(_("短信暂时发不出去，请稍后再试，或改用邮箱登录。"))


class SmsGateway(ABC):
    """Hands one code to one phone (eleven digits), within TIMEOUT_S, or raises SmsTrouble."""

    @abstractmethod
    def code_send(self, *, phone: str, code: str) -> None: ...


class HttpSms(SmsGateway):
    """The gateway at `SMS_URL`."""

    def __init__(self, *, url: str, token: str) -> None:
        self.url, self.token = url, token

    def code_send(self, *, phone: str, code: str) -> None:
        try:
            response = requests.post(
                self.url,
                json={"phone": f"+86{phone}", "code": code, "purpose": "sign_in"},
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            log.warning("no SMS to %s: %s", mask_phone(phone), type(error).__name__)
            raise SmsTrouble from None
        # A redirect is no answer: the code would have been shown to a host nobody named.
        if not response.ok or response.is_redirect:
            log.warning("no SMS to %s: HTTP %d", mask_phone(phone), response.status_code)
            raise SmsTrouble


class DevelopmentSms(SmsGateway):
    """To the log and the cache."""

    def code_send(self, *, phone: str, code: str) -> None:
        cache.set(_key(phone), code, SHOWN_FOR_S)
        log.info("SMS to %s: %s", phone, code)


class NoSms(SmsGateway):
    """Production without a gateway."""

    def code_send(self, *, phone: str, code: str) -> None:
        log.error("SMS_URL is not set: nobody can sign in by phone")
        raise SmsTrouble


def gateway() -> SmsGateway:
    """The gateway that the settings name."""
    if settings.SMS_URL:
        return HttpSms(url=settings.SMS_URL, token=settings.SMS_TOKEN)
    return NoSms() if settings.PRODUCTION else DevelopmentSms()


def development_code(phone: str) -> str:
    """The last code to a phone, for the page to show; always empty in production."""
    return "" if settings.PRODUCTION else str(cache.get(_key(phone)) or "")


def _key(phone: str) -> str:
    return "sms:" + blind_index(phone, purpose="sms")
