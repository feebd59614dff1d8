"""The box under the agreement and the privacy text, for forms that take something personal.

Who has not agreed to the present texts (`accounts.queries.has_basic_consent`) ticks it in the form
that takes it, whose view then calls `accounts.services.consent_give_basic`.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class AgreeField(forms.BooleanField):
    """Never ticked beforehand."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("我已阅读并同意《用户协议》和《隐私政策》"))
        kwargs.setdefault(
            "error_messages", {"required": _("请先阅读并勾选同意《用户协议》和《隐私政策》。")}
        )
        super().__init__(**kwargs)


class _Box(forms.Form):
    agree = AgreeField()


def agree_box(*, ticked: bool, refused: bool) -> forms.BoundField:
    """The box for `accounts/_agree.html` on a page that is drawn without its form: as it was ticked,
    or `refused` because it was not."""
    box = _Box({} if refused else None, initial={"agree": ticked}, auto_id="field-%s")
    return box["agree"]
