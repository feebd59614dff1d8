"""Hosts of ours beside the main one, that share links lead to (分享域名)."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http.request import validate_host
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField

_APPID = re.compile(r"wx[0-9a-f]{16}", re.ASCII)


class ShareDomain(models.Model):
    """A host whose pages are the same as the main one's, so that a ban of it takes nothing else down.

    One of the pool belongs to the platform's 服务号 and serves the stores without a domain of their
    own. One with an AppID is registered with that 服务号: who signs in there, and what is signed
    there, is that account's. A retired one still serves the links that are out there; one that was
    given up may be somebody else's by now, and nobody is led there.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("使用中")
        RETIRED = "retired", _("停用")
        GIVEN_UP = "given_up", _("不再属于我们")

    host = models.CharField(
        _("域名"), max_length=100, unique=True, help_text=_("例如：s1.example.com，不带 https://")
    )
    is_pool = models.BooleanField(
        _("公用"),
        default=True,
        help_text=_("没有自己服务号的店铺轮流使用；勾去后只给指定的店铺用。"),
    )
    appid = models.CharField(
        "AppID", max_length=32, blank=True, help_text=_("店铺自己的服务号；空着就用平台的服务号。")
    )
    secret = EncryptedTextField("AppSecret", blank=True, default="")
    state = models.CharField(_("状态"), max_length=16, choices=State.choices, default=State.ACTIVE)
    note = models.CharField(_("备注"), max_length=120, blank=True)
    added_at = models.DateTimeField(_("添加时间"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("分享域名")
        verbose_name_plural = _("分享域名")
        constraints = [
            models.CheckConstraint(
                condition=Q(appid="") | Q(is_pool=False), name="wechat_pool_is_the_platforms"
            ),
            models.UniqueConstraint(
                fields=["appid"], condition=~Q(appid=""), name="wechat_domain_account_once"
            ),
        ]

    def __str__(self) -> str:
        return self.host

    def clean(self) -> None:
        """What a wrong entry would break is said here, before anybody's link leads nowhere."""
        self.host = self.host.strip().lower()
        wrong: dict[str, Any] = {}
        if self.host == settings.SITE_HOST:
            wrong["host"] = _("这是主域名，不用添加。")
        elif not validate_host(self.host, settings.ALLOWED_HOSTS):
            wrong["host"] = _("服务器还不接受这个域名：请先把它加进 SHARE_HOSTS 并配置好证书。")
        if self.appid and not _APPID.fullmatch(self.appid):
            wrong["appid"] = _("AppID 以 wx 开头，后面是 16 位小写字母和数字。")
        elif self.appid and self.appid == settings.WECHAT_APPID:
            wrong["appid"] = _("这是平台的服务号，请留空。")
        elif self.appid and self.is_pool:
            wrong["is_pool"] = _("有自己服务号的域名不能公用。")
        if bool(self.appid) != bool(self.secret):
            wrong["secret"] = _("AppID 和 AppSecret 要一起填写。")
        if wrong:
            raise ValidationError(wrong)
