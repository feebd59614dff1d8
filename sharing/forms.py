"""What a share button sends."""

from django import forms

from sharing.models import Channel


class ShareForm(forms.Form):
    """A page's ticket and where its link will be given away."""

    ticket = forms.CharField(max_length=1000)
    channel = forms.ChoiceField(choices=Channel.choices)
