"""How a product's SKUs differ, as a merchant writes it."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.models import OPTION_VALUE_LENGTH, OPTION_VALUES, ProductOption
from catalog.services.matrix import MAX_OPTIONS
from stores.scoped import ALL, StoreInline


def words_read(text: str, most: int, length: int, what: Any) -> list[str]:
    """The words of a list that a merchant typed. Raises ValidationError."""
    found = (word.strip() for word in re.split("[、,，;；]", text))
    words = list(dict.fromkeys(word for word in found if word))
    if len(words) > most:
        message = _("%(what)s最多 %(count)d 个。") % {"what": what, "count": most}
        raise ValidationError(message, code="count")
    if long := next((word for word in words if len(word) > length), None):
        raise ValidationError(
            _("“%(value)s”太长了，最多 %(count)d 个字。") % {"value": long, "count": length},
            code="long",
        )
    return words


class OptionForm(forms.ModelForm):
    """An option's values as a merchant writes them: 红、黑、白."""

    values = forms.CharField(
        label=_("规格值"),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("红、黑、白")}),
        help_text=_("用顿号或逗号分开。"),
    )

    class Meta:
        model = ProductOption
        fields = ("name", "values", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["values"] = "、".join(self.instance.values)

    def clean_values(self) -> list[str]:
        values = words_read(
            self.cleaned_data["values"], OPTION_VALUES, OPTION_VALUE_LENGTH, _("规格值")
        )
        if not values:
            raise ValidationError(_("请至少填写一个规格值。"), code="none")
        return values


class OptionInline(StoreInline):
    """How the SKUs differ; the action “生成规格组合” makes a SKU of every combination."""

    model = ProductOption
    form = OptionForm
    platform = owner = clerk = ALL
    fields = ["name", "values", "position"]
    max_num = MAX_OPTIONS
