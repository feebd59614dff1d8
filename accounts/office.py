"""Signing in to the merchants' office, with a password."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from core.limits import client_address, limit_check

TRIES, TRIES_FROM_ALL, WINDOW_S = 10, 100, 300
TRIES_OF_ADDRESS = 300


class OfficeSignInForm(AuthenticationForm):
    """Django's form, which counts tries before it looks at a password: few for one name from one
    address, more for the name from everywhere, so that nobody can lock its owner out alone."""

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username", "")).strip().lower()
        address = client_address(self.request)
        allowed = (
            limit_check("office-address", address, TRIES_OF_ADDRESS, WINDOW_S)
            and limit_check("office-name-address", f"{name} {address}", TRIES, WINDOW_S)
            and limit_check("office-name", name, TRIES_FROM_ALL, WINDOW_S)
        )
        if not allowed:
            raise ValidationError(_("尝试次数太多，请过五分钟再试。"), code="too_many")
        return super().clean()
