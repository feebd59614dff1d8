"""The two ways beyond the inbox, and what their answers mean. No transaction is open here."""

import logging
import smtplib
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notices.models import Notice
from wechat.services import (
    BUSY,
    NO_CONSENT,
    NOT_FOLLOWING,
    MessageTemplate,
    WechatTrouble,
    subscription_send,
    template_send,
)

log = logging.getLogger(__name__)

# What staff read about Tencent's refusals.
REASONS = {
    -1: gettext_lazy("微信系统繁忙"),
    40001: gettext_lazy("公众号密钥不正确，请联系平台"),
    40003: gettext_lazy("买家的微信身份不属于这个公众号"),
    40037: gettext_lazy("模板编号不正确，请联系平台检查公众号的模板"),
    43004: gettext_lazy("买家没有关注公众号"),
    43101: gettext_lazy("买家没有订阅，或订阅已经用完"),
    45009: gettext_lazy("今天的发送次数用完了"),
    45011: gettext_lazy("发送太频繁"),
    47003: gettext_lazy("模板的内容和格式不符，请联系平台检查模板"),
    48001: gettext_lazy("公众号没有发送消息的权限，请联系平台"),
}


@dataclass(frozen=True)
class Outcome:
    """What came of one try. Neither sent nor `passing`: refused for good.

    `doubtful`: silence, or an answer that leaves open whether it was done.
    """

    is_sent: bool = False
    passing: bool = False
    doubtful: bool = False
    not_following: bool = False
    no_consent: bool = False
    code: int | None = None
    reason: str = ""
    ref: str = ""


def by_template(notice: Notice, *, openid: str, template: MessageTemplate, number: str) -> Outcome:
    """A template message to a follower."""
    try:
        ref = template_send(
            openid=openid,
            template=template,
            values=notice.values,
            url=_address(notice),
            number=number,
        )
    except WechatTrouble as trouble:
        return _refused(trouble)
    return Outcome(is_sent=True, ref=ref)


def by_subscription(notice: Notice, *, openid: str, scene: int) -> Outcome:
    """The one message that a consent allows."""
    try:
        subscription_send(
            openid=openid,
            scene=scene,
            title=notice.title,
            text=notice.body,
            url=_address(notice),
        )
    except WechatTrouble as trouble:
        return _refused(trouble)
    return Outcome(is_sent=True)


def by_email(notice: Notice, *, address: str) -> Outcome:
    """An e-mail. After silence it is not sent again: nothing would keep it from arriving twice."""
    settings_url = settings.SITE_URL + reverse("notices:settings")
    text = _("%(body)s\n\n查看：%(address)s\n\n不想再收邮件：%(settings)s\n") % {
        "body": notice.body,
        "address": _address(notice),
        "settings": settings_url,
    }
    message = EmailMessage(subject=notice.title, body=text, to=[address])
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        code = _smtp_code(error)
        passing = isinstance(error, smtplib.SMTPConnectError) or 400 <= code < 500
        return Outcome(passing=passing, code=code, reason=_("邮件服务器拒绝了"))
    except (ConnectionRefusedError, smtplib.SMTPNotSupportedError):
        return Outcome(passing=True, reason=_("连不上邮件服务器"))
    except Exception:
        log.warning("an e-mail may or may not have been sent", exc_info=True)
        return Outcome(doubtful=True, reason=_("邮件服务器没有回答"))
    return Outcome(is_sent=True)


def _refused(trouble: WechatTrouble) -> Outcome:
    silent = trouble.code is None
    reason = _("微信没有回答") if silent else str(REASONS.get(trouble.code or 0, _("微信拒绝了")))
    return Outcome(
        passing=not trouble.permanent,
        doubtful=silent or trouble.code == BUSY,
        not_following=trouble.code == NOT_FOLLOWING,
        no_consent=trouble.code == NO_CONSENT,
        code=trouble.code,
        reason=reason,
    )


def _smtp_code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _text in error.recipients.values()), 550)
    return int(getattr(error, "smtp_code", 550))


def _address(notice: Notice) -> str:
    return settings.SITE_URL + reverse("notices:notice", args=[notice.public_id])
