"""What somebody types to become a sharer, and to recommend a product."""

from django import forms
from django.utils.translation import gettext_lazy as _

from guard.wording import RefusedWords


class ApplyForm(RefusedWords):
    """A name for the showcase, and a word about oneself."""

    refused_fields = ("name", "intro")

    name = forms.CharField(
        label=_("橱窗名"), max_length=20, help_text=_("朋友会看到，例如“张姐的好物”")
    )
    intro = forms.CharField(label=_("一句话介绍"), max_length=60, required=False)


class ItemForm(RefusedWords):
    """A product for the showcase, by its public id."""

    refused_fields = ("note",)

    product = forms.CharField(max_length=40)
    note = forms.CharField(label=_("推荐语"), max_length=60, required=False)
    drop = forms.BooleanField(required=False)
