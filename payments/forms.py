"""The form of a merchant account: keys go in, are checked, and are never shown again."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from payments.models import MerchantAccount
from payments.services import merchant_account_check

SECRETS = ("apiv3_key", "private_key")
# What a payment was made under never changes; keys and serials are rotated.
IDENTITY = ("mchid", "sp_mchid", "appid")
KEYS = ("serial_no", "public_key", "public_key_id", *SECRETS)


class MerchantAccountForm(forms.ModelForm):
    """A secret that is left empty stays what it was."""

    class Meta:
        model = MerchantAccount
        fields = ("store", *IDENTITY, *KEYS, "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SECRETS:
            if name in self.fields and self.instance.pk:
                self.fields[name].required = False
                self.fields[name].help_text = _("已保存，不再显示；留空表示不更换。")
                self.initial[name] = ""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.instance.pk:
            given |= {name: getattr(self.instance, name) for name in SECRETS if not given.get(name)}
        kept = {name: given.get(name, getattr(self.instance, name)) for name in (*IDENTITY, *KEYS)}
        provider = kept.pop("sp_mchid")
        wrong = merchant_account_check(**kept)
        if provider and not provider.isdecimal():
            wrong["sp_mchid"] = _("服务商商户号是 8 到 10 位数字。")
        for name, message in wrong.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, message)
        # A store is paid through one number at a time.
        store = given.get("store") or getattr(self.instance, "store", None)
        others = MerchantAccount.objects.filter(store=store, is_active=True)
        if given.get("is_active") and others.exclude(pk=self.instance.pk).exists():
            self.add_error("is_active", _("这家店已有启用的商户号，请先停用它。"))
        return given
