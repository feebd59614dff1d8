"""Signing in: the cart that a guest filled becomes the person's."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from core.guests import guest_of
from orders.services.cart import cart_adopt


def guest_adopt(request: HttpRequest, user: Any, **_: Any) -> None:
    """Somebody who chose first and signed in to pay finds everything still there."""
    if guest := guest_of(request):
        cart_adopt(guest=guest, user_id=user.pk)


user_logged_in.connect(guest_adopt, dispatch_uid="orders.guest_adopt")
