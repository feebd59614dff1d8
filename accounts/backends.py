"""Who a session's person is. Every request of somebody who is signed in asks."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from core.rows import row_get


class _PersonByHand(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        """The person, read by hand (docs/decisions/0002-hot-reads-by-hand.md); None for nobody, and
        for whoever may not sign in any more."""
        user = row_get(User, user_id)
        return user if user is not None and self.user_can_authenticate(user) else None


class PasswordBackend(_PersonByHand):
    """The office's e-mail and password, and whoever WeChat vouches for."""


class AccountBackend(_PersonByHand, AuthenticationBackend):
    """allauth's: codes to a phone or an e-mail."""
