"""The forms of people. What they mean is decided in `accounts.services`."""

from typing import Any

from allauth.account.forms import ChangePhoneForm as AllauthChangePhoneForm
from allauth.account.forms import RequestLoginCodeForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.address_parse import ParsedAddress
from accounts.consent_box import AgreeField
from accounts.divisions import division_children, division_get


class SignInForm(RequestLoginCodeForm):
    """A phone or an e-mail address to send a code to. allauth counts how often one is asked for."""

    def __init__(self, *args: Any, by: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = None
        if by == "email":
            del self.fields["phone"]
            self.fields["email"] = forms.EmailField(
                label=_("邮箱"),
                max_length=254,
                widget=forms.EmailInput(
                    attrs={"autocomplete": "email", "placeholder": _("请输入邮箱")}
                ),
            )
        else:
            del self.fields["email"]
            self.fields["phone"].required = True
        self.fields["agree"] = AgreeField()


class ChangePhoneForm(AllauthChangePhoneForm):
    """Bind a phone, or prove the own one again: the consent comes before the number is taken."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Risk asks for a proof of today, also of who proved the number long ago.
        super().__init__(*args, **{**kwargs, "phone": None})
        self.fields["agree"] = AgreeField()


class ProfileForm(forms.Form):
    """One tap: let WeChat tell us nickname and avatar."""

    agree = AgreeField()


class AddressForm(forms.Form):
    """An address. Each select offers what the choice above it contains.

    `refill` re-renders it with the next level filled and nothing else checked, for browsers
    without JavaScript. What is wrong is said by `accounts.services.address_save`.
    """

    recipient = forms.CharField(
        label=_("收货人"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "placeholder": _("姓名")}),
    )
    phone = forms.CharField(
        label=_("手机号"),
        max_length=100,
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "tel",
                "inputmode": "tel",
                "autocomplete": "tel-national",
                "placeholder": _("11 位手机号"),
            }
        ),
    )
    province_code = forms.ChoiceField(label=_("省份"), required=False)
    city_code = forms.ChoiceField(label=_("城市"), required=False)
    district_code = forms.ChoiceField(label=_("区县"), required=False)
    street = forms.CharField(
        label=_("详细地址"),
        max_length=500,
        required=False,
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "autocomplete": "street-address",
                "placeholder": _("街道、门牌号、楼栋房号"),
            }
        ),
    )
    is_default = forms.BooleanField(label=_("设为默认地址"), required=False)

    def __init__(self, *args: Any, asks_consent: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        province, city = self._chosen("province_code"), self._chosen("city_code")
        if division_get(city) is not None and city not in _codes(province):
            city = ""
        self._offer("province_code", "", _("请选择省份"))
        self._offer("city_code", province, _("请选择城市"))
        self._offer("district_code", city, _("请选择区县"))
        if asks_consent:
            self.fields["agree"] = AgreeField()

    def refill(self) -> "AddressForm":
        """The same form with what was typed and no complaints; choices that no longer fit are gone."""
        initial = {name: self.data.get(name, "") for name in self.fields}
        return type(self)(initial=initial, asks_consent="agree" in self.fields)

    def filled_from(self, parsed: ParsedAddress) -> "AddressForm":
        """The same form with what a pasted line says filled in; what it does not say stays typed."""
        initial = {name: self.data.get(name, "") for name in self.fields}
        region = ("province_code", "city_code", "district_code")
        if parsed.province_code:
            initial |= {name: getattr(parsed, name) for name in region}
        said = {name: getattr(parsed, name) for name in ("recipient", "phone", "street")}
        initial |= {name: value for name, value in said.items() if value}
        return type(self)(initial=initial, asks_consent="agree" in self.fields)

    def _chosen(self, name: str) -> str:
        value = self.data.get(name) if self.is_bound else self.initial.get(name)
        return str(value or "")

    def _offer(self, name: str, parent: str, empty: Any) -> None:
        children = division_children(parent) if parent or name == "province_code" else ()
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", empty), *((one.code, one.name) for one in children)]
        # A choice of the level above may have changed since: the service then asks for this one.
        field.error_messages["invalid_choice"] = _("请重新选择。")
        if not children:
            field.widget.attrs["disabled"] = True


def _codes(parent: str) -> set[str]:
    return {one.code for one in division_children(parent)} if parent else set()
