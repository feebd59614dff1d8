"""What a checkout page sends. Prices and stock are never read from it, only compared."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.consent_box import AgreeField
from accounts.queries import AddressSnapshot
from core.ids import ALPHABET
from core.money import MAX_FEN

NOTE_MAX = 200
RECIPIENT_MAX = 30
_FORM_KEY = RegexValidator(rf"^[{ALPHABET}]{{26}}\Z")
_STALE = _("页面打开太久了，请核对后再提交一次。")


def note_field() -> forms.CharField:
    """A note to the store."""
    return forms.CharField(
        required=False,
        max_length=NOTE_MAX,
        error_messages={
            "max_length": _("留言最多 %(limit_value)d 个字，你写了 %(show_value)d 个。"),
            "null_characters_not_allowed": _("留言里有不能保存的字符，请删去后再提交。"),
        },
    )


POST = "post"
_NO_ADDRESS = _("请选择收货地址；还没有的话，请先添加一个。")


def delivery_field(places: Sequence[str]) -> forms.ChoiceField:
    """By carrier, or the public id of a place where the buyer fetches it."""
    return forms.ChoiceField(
        required=False,
        choices=[(name, name) for name in (POST, *places)],
        error_messages={"invalid_choice": _("这个自提点刚刚关闭，请重新选择。")},
    )


class ContactFields(forms.Form):
    """Where it goes by carrier, and whom to ask for where it is fetched; `asks_consent` of whoever
    has not agreed to the present texts."""

    address = forms.ChoiceField(
        required=False,
        error_messages={"invalid_choice": _("找不到这个收货地址，请重新选择。")},
    )
    recipient = forms.CharField(
        required=False,
        max_length=RECIPIENT_MAX,
        error_messages={"max_length": _("姓名最多 %(limit_value)d 个字。")},
    )
    phone = forms.RegexField(
        r"^1[3-9][0-9]{9}\Z",
        required=False,
        error_messages={"invalid": _("请填写取货人的 11 位手机号。")},
    )

    def __init__(self, *args: Any, asks_consent: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if asks_consent:
            self.fields["agree"] = AgreeField()

    def addresses_offer(self, addresses: Iterable[str]) -> None:
        """The choices of `address`, by public id."""
        self.fields["address"].choices = [  # type: ignore[attr-defined]
            (address, address) for address in addresses
        ]

    def contact_check(self, *, is_posted: bool, is_fetched: bool) -> None:
        """Ask for what these ways of delivery need."""
        has = self.cleaned_data
        if is_posted and not has.get("address") and "address" not in self.errors:
            self.add_error("address", _NO_ADDRESS)
        if is_fetched and not has.get("recipient") and "recipient" not in self.errors:
            self.add_error("recipient", _("请填写取货人的姓名。"))
        if is_fetched and not has.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("请填写取货人的 11 位手机号。"))


class CheckoutForm(ContactFields):
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
        self,
        *args: Any,
        skus: Sequence[str],
        addresses: Mapping[str, AddressSnapshot],
        limit: int,
        places: Sequence[str] = (),
        on_screen: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.limit, self.on_screen, self.addresses = limit, on_screen, addresses
        self.fields["sku"].choices = [(sku, sku) for sku in skus]  # type: ignore[attr-defined]
        self.fields["delivery"] = delivery_field(places)
        self.addresses_offer(addresses)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        fetched = cleaned.get("delivery") not in ("", POST, None)
        is_sent = cleaned.get("sku") not in self.on_screen
        self.contact_check(
            is_posted=is_sent and not fetched and "delivery" not in self.errors,
            is_fetched=is_sent and fetched,
        )
        return cleaned

    def clean_quantity(self) -> int:
        quantity: int = self.cleaned_data["quantity"]
        if quantity > self.limit:
            raise forms.ValidationError(
                _("每单最多 %(limit)d 件，请减少数量。"), params={"limit": self.limit}
            )
        return quantity


class CartCheckoutForm(ContactFields):
    """A cart: where to, and for each store how, a note and the total that the shopper saw."""

    form_key = forms.CharField(
        validators=[_FORM_KEY], error_messages={"required": _STALE, "invalid": _STALE}
    )

    def __init__(
        self,
        *args: Any,
        addresses: Sequence[str],
        stores: Sequence[int],
        places: Mapping[int, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.addresses_offer(addresses)
        self.stores = stores
        for store_id in stores:
            self.fields[f"delivery_{store_id}"] = delivery_field((places or {}).get(store_id, ()))
            self.fields[f"note_{store_id}"] = note_field()
            self.fields[f"shown_{store_id}"] = forms.IntegerField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        fetched = [bool(self.place(store_id)) for store_id in self.stores]
        self.contact_check(is_posted=not all(fetched), is_fetched=any(fetched))
        return cleaned

    def place(self, store_id: int) -> str:
        """Where this store's order is fetched, by public id; "" by carrier."""
        chosen = str(self.cleaned_data.get(f"delivery_{store_id}") or POST)
        return "" if chosen == POST else chosen

    def note(self, store_id: int) -> str:
        return str(self.cleaned_data[f"note_{store_id}"])

    def shown_fen(self, store_id: int) -> int | None:
        """What the shopper saw; None for a store that the page did not show."""
        shown: int | None = self.cleaned_data[f"shown_{store_id}"]
        return shown
