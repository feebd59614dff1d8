"""What staff fill in about an order."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.divisions import Region, division_children, region_resolve
from accounts.queries import AddressSnapshot
from core.forms import YuanField
from core.money import yuan
from orders.models import Order, OrderLine, Shipment
from orders.services.cancel_line import LineBack, line_back
from orders.services.refund_line import line_refundable_fen

_SHOWN_LINE = re.compile(r"[0-9]{1,18}(:[0-9]{1,12}){1,2}")


class ShipForm(forms.Form):
    """Which parcel left the house."""

    carrier = forms.ChoiceField(
        label=_("快递公司"), choices=Shipment.Carrier.choices, widget=UnfoldAdminSelectWidget
    )
    tracking_no = forms.CharField(
        label=_("运单号"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, *args: Any, lines: list[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = [line for line in lines if line.left]
        if sum(line.left for line in self.rows) < 2:
            return
        for line in self.rows:
            self.fields[f"line_{line.pk}"] = forms.IntegerField(
                label=_("本次发出：%(line)s（还剩 %(left)d 件）")
                % {"line": f"{line.title} {line.sku_name}", "left": line.left},
                required=False,
                min_value=0,
                initial=line.left,
                widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
            )

    def quantities(self) -> dict[int, int] | None:
        """{line_id: pieces} of this parcel; None when nothing was typed: all that is left."""
        if not any(f"line_{line.pk}" in self.data for line in self.rows):
            return None
        return {line.pk: self.cleaned_data.get(f"line_{line.pk}") or 0 for line in self.rows}


class CollectForm(forms.Form):
    """The code that a buyer shows."""

    code = forms.CharField(
        label=_("取货码（12 位数字）"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}
        ),
    )


class CancelForm(forms.Form):
    """Why a paid order cannot be delivered; the buyer reads it."""

    reason = forms.CharField(
        label=_("取消原因（买家会看到）"), max_length=120, widget=UnfoldAdminTextInputWidget
    )


class RepriceForm(forms.Form):
    """What the order shall cost in all."""

    payable_fen = YuanField(
        label=_("新的应付总额（元，含运费）"), min_fen=1, widget=UnfoldAdminTextInputWidget
    )


class AddressForm(forms.Form):
    """Whom and where to; the province stays, because freight was counted for it.

    City and district are one choice: that asks for no page in between, and for no script.
    """

    recipient = forms.CharField(label=_("收货人"), max_length=30, widget=UnfoldAdminTextInputWidget)
    phone = forms.RegexField(
        r"^1[3-9][0-9]{9}$",
        label=_("收货手机"),
        error_messages={"invalid": _("请填写 11 位手机号。")},
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel"}),
    )
    place = forms.ChoiceField(
        label=_("城市和区县"),
        required=False,
        help_text=_("省份不能改，因为运费是按省份算的。"),
        error_messages={"invalid_choice": _("请重新选择。")},
        widget=UnfoldAdminSelectWidget,
    )
    street = forms.CharField(label=_("详细地址"), max_length=120, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        now_there = {name: getattr(order, name) for name in ("recipient", "phone", "street")}
        super().__init__(*args, **{**kwargs, "initial": now_there})
        self.region = order.region
        self.places = {one.district_code or one.city_code: one for one in _places(self.region)}
        here = [code for code, one in self.places.items() if one.text == self.region]
        # A place that the list does not know (any more) is offered as it stands.
        kept = [] if here else [("", self.region)]
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*kept, *((code, one.text) for code, one in self.places.items())]
        field.initial = here[0] if here else ""

    def snapshot(self) -> AddressSnapshot:
        """The address as it was filled in; nothing chosen is the place that it was."""
        to = self.places.get(self.cleaned_data["place"]) or Region("", "", "", self.region)
        return AddressSnapshot(
            recipient=self.cleaned_data["recipient"],
            phone=self.cleaned_data["phone"],
            region=to.text,
            street=self.cleaned_data["street"],
            province_code=to.province_code,
            city_code=to.city_code,
            district_code=to.district_code,
        )


def _places(region: str) -> Iterator[Region]:
    """Everything that lies in the region's province, as far down as the list goes."""
    name = region.split(" ", maxsplit=1)[0]
    for province in (one for one in division_children() if one.name == name):
        for second in division_children(province.code):
            below = division_children(second.code)
            for third in [one.code for one in below] or [""]:
                yield region_resolve(province.code, second.code, third)


class ShownLineField(forms.TypedChoiceField):
    """A line as it was shown, `<line id>:<a number that was said of it>…`. One that has changed since
    is taken as well: what becomes of it is decided behind the order's lock."""

    def __init__(self, *, numbers: int, **kwargs: Any) -> None:
        self.numbers = numbers
        super().__init__(
            coerce=_line_and_numbers,
            error_messages={"invalid_choice": _("请重新选择。")},
            widget=UnfoldAdminSelectWidget,
            **kwargs,
        )

    def valid_value(self, value: Any) -> bool:
        shown = str(value)
        return _SHOWN_LINE.fullmatch(shown) is not None and shown.count(":") == self.numbers

    def prepare_value(self, value: Any) -> Any:
        """Shown again, the same line is chosen as it is by now."""
        choices: Any = self.choices
        same = str(value).partition(":")[0]
        return next((key for key, _told in choices if key.partition(":")[0] == same), value)


def _line_and_numbers(shown: str) -> tuple[int, ...]:
    return tuple(int(one) for one in shown.split(":"))


class LinesForm(forms.Form):
    """An act on one of an order's lines; `offers` are those that it can be done to, (as shown, told)."""

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers = list(self.offered(order))
        field = self.fields["line"]
        assert isinstance(field, ShownLineField)
        field.choices = self.offers

    def offered(self, order: Order) -> Iterator[tuple[str, str]]:
        raise NotImplementedError


class LineCancelForm(LinesForm):
    """Which line cannot be delivered, and why."""

    line = ShownLineField(label=_("取消哪一件商品"), numbers=2)
    reason = forms.CharField(
        label=_("取消原因（买家会看到）"), max_length=120, widget=UnfoldAdminTextInputWidget
    )

    def offered(self, order: Order) -> Iterator[tuple[str, str]]:
        for line in order.lines.order_by("pk"):
            if line.left:
                back = line_back(order, line)
                yield f"{line.pk}:{back.pieces}:{back.fen}", _cancel_words(line, back)


def _cancel_words(line: OrderLine, back: LineBack) -> str:
    told = {"line": line, "amount": yuan(back.fen)}
    if back.is_all:
        return _("%(line)s，整单取消，退 %(amount)s 元") % told
    if not line.shipped_quantity:
        return _("%(line)s，退 %(amount)s 元") % told
    told["line"] = f"{line.title} {line.sku_name} × {back.pieces}"
    return _("%(line)s（没发出的），退 %(amount)s 元") % told


class LineRefundForm(LinesForm):
    """Which line that was sent gets money back, how much and why."""

    line = ShownLineField(label=_("给哪一件商品退款"), numbers=1)
    amount_fen = YuanField(
        label=_("退多少（元）"),
        min_fen=1,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("原路退给买家；商品不用寄回，订单不取消"),
    )
    reason = forms.CharField(
        label=_("退款原因（买家会看到）"), max_length=120, widget=UnfoldAdminTextInputWidget
    )

    def offered(self, order: Order) -> Iterator[tuple[str, str]]:
        for line in order.lines.order_by("pk"):
            if line_refundable_fen(line):
                yield f"{line.pk}:{line.rebate_fen}", _refund_words(line)


def _refund_words(line: OrderLine) -> str:
    told = {"line": line, "most": yuan(line_refundable_fen(line))}
    if not line.rebate_fen:
        return _("%(line)s，最多退 %(most)s 元") % told
    told["back"] = yuan(line.rebate_fen)
    return _("%(line)s，已退 %(back)s 元，最多还能退 %(most)s 元") % told


class SheetForm(forms.Form):
    """The filled-in spreadsheet."""

    sheet = forms.FileField(
        label=_("填好快递公司和运单号的表格（.xlsx，最多 500 行）"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx"}),
    )


class NoteForm(forms.Form):
    """A note that only the store's staff read."""

    note = forms.CharField(
        label=_("备注（只有本店员工看得到）"), max_length=300, widget=UnfoldAdminTextInputWidget
    )
