"""What a share button sends."""

from django import forms

from sharing.models import Channel
from sharing.posters.draw import STYLES


class ShareForm(forms.Form):
    """A page's ticket and where its link will be given away."""

    ticket = forms.CharField(max_length=1000)
    channel = forms.ChoiceField(choices=Channel.choices)


class PosterForm(forms.Form):
    """A poster's ticket, and how it is to look; without a look, the usual one."""

    t = forms.CharField(max_length=2000)
    style = forms.ChoiceField(
        choices=[(name, style[0]) for name, style in STYLES.items()], required=False
    )
    channel = forms.ChoiceField(
        choices=[(one.value, one.label) for one in (Channel.POSTER, Channel.PAPER, Channel.WECOM)],
        required=False,
    )
