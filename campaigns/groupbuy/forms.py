"""What the forms to lead and to join a group send."""

from django import forms

from orders.forms import CheckoutForm


class GroupCheckoutForm(CheckoutForm):
    """A checkout, and whether the group's page may show this person's avatar."""

    shows_profile = forms.BooleanField(required=False)
