"""What a checkout page sends. Prices and stock are never read from it, only compared."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from core.ids import ALPHABET
from core.money import MAX_FEN

NOTE_MAX = 200
_FORM_KEY = RegexValidator(rf"^[{ALPHABET}]{{26}}\Z")
_STALE = _("页面打开太久了，请核对后再提交一次。")


def note_field() -> forms.CharField:
    """A note to the store."""
    return forms.CharField(
        required=False,
        max_length=NOTE_MAX,
        error_messages={
            "max_length": _("留言最多 %(limit_value)d 个字，您写了 %(show_value)d 个。"),
            "null_characters_not_allowed": _("留言里有不能保存的字符，请删去后再提交。"),
        },
    )


class CheckoutForm(forms.Form):
    """One SKU, how many, where to, a note; `shown_fen` is the total that the shopper saw."""

    sku = forms.ChoiceField(
        error_messages={
            "required": _("请选择规格。"),
            "invalid_choice": _("这个规格已经不能购买，请重新选择。"),
        }
    )
    quantity = forms.IntegerField(
        min_value=1,
        error_messages={
            "required": _("请填写数量。"),
            "invalid": _("数量请填写整数，例如 1。"),
            "min_value": _("至少购买 1 件。"),
        },
    )
    address = forms.ChoiceField(
        error_messages={
            "required": _("请选择收货地址；还没有的话，请先添加一个。"),
            "invalid_choice": _("找不到这个收货地址，请重新选择。"),
        }
    )
    note = note_field()
    shown_fen = forms.IntegerField(
        min_value=1,
        max_value=MAX_FEN,
        error_messages={
            "required": _STALE,
            "invalid": _STALE,
            "min_value": _STALE,
            "max_value": _STALE,
        },
    )
    form_key = forms.CharField(
        validators=[_FORM_KEY], error_messages={"required": _STALE, "invalid": _STALE}
    )

    def __init__(
        self, *args: Any, skus: Sequence[str], addresses: Sequence[str], limit: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.limit = limit
        self.fields["sku"].choices = [(sku, sku) for sku in skus]  # type: ignore[attr-defined]
        self.fields["address"].choices = [  # type: ignore[attr-defined]
            (address, address) for address in addresses
        ]

    def clean_quantity(self) -> int:
        quantity: int = self.cleaned_data["quantity"]
        if quantity > self.limit:
            raise forms.ValidationError(
                _("每单最多 %(limit)d 件，请减少数量。"), params={"limit": self.limit}
            )
        return quantity


class CartCheckoutForm(forms.Form):
    """A cart: where to, and for each store a note and the total that the shopper saw."""

    address = forms.ChoiceField(
        error_messages={
            "required": _("请选择收货地址；还没有的话，请先添加一个。"),
            "invalid_choice": _("找不到这个收货地址，请重新选择。"),
        }
    )
    form_key = forms.CharField(
        validators=[_FORM_KEY], error_messages={"required": _STALE, "invalid": _STALE}
    )

    def __init__(
        self, *args: Any, addresses: Sequence[str], stores: Sequence[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].choices = [  # type: ignore[attr-defined]
            (address, address) for address in addresses
        ]
        for store_id in stores:
            self.fields[f"note_{store_id}"] = note_field()
            self.fields[f"shown_{store_id}"] = forms.IntegerField(required=False)

    def note(self, store_id: int) -> str:
        return str(self.cleaned_data[f"note_{store_id}"])

    def shown_fen(self, store_id: int) -> int | None:
        """What the shopper saw; None for a store that the page did not show."""
        shown: int | None = self.cleaned_data[f"shown_{store_id}"]
        return shown
