"""Signing in: what a guest's cookie remembers becomes the person's."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from core import clock
from core.guests import guest_of
from sharing.arrivals import arrivals_adopt
from sharing.services import visits_adopt


def guest_adopt(request: HttpRequest, user: Any, **_: Any) -> None:
    """Whoever opened a friend's card and signed in to buy came through that card."""
    if guest := guest_of(request):
        visits_adopt(guest=guest, visitor_id=user.pk, now=clock.now())
        arrivals_adopt(guest=guest, visitor_id=user.pk)


user_logged_in.connect(guest_adopt, dispatch_uid="sharing.guest_adopt")
