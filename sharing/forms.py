"""What a share button sends."""

from django import forms

from sharing.models import Channel


class ShareForm(forms.Form):
    """A page's ticket and where its link will be given away."""

    ticket = forms.CharField(max_length=1000)
    channel = forms.ChoiceField(
        choices=[
            (one.value, one.label)
            for one in (Channel.FRIEND, Channel.MOMENTS, Channel.COPY, Channel.WECOM)
        ]
    )


class PosterForm(forms.Form):
    """A poster's ticket, and the template of its kind; without one, the usual one."""

    t = forms.CharField(max_length=2000)
    style = forms.SlugField(max_length=16, required=False)
    channel = forms.ChoiceField(
        choices=[(one.value, one.label) for one in (Channel.POSTER, Channel.PAPER, Channel.WECOM)],
        required=False,
    )
    # How often the page has asked for it, while it waits.
    asked = forms.IntegerField(min_value=0, max_value=1000, required=False)
