"""People, for the platform's staff alone: a merchant never sees the list of users."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import IdentityConflict, User
from core.admin import PlatformAdmin
from core.crypto import mask_phone

# allauth's own pages follow neither base class of ours, and people's own pages do what they would.
for _model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


class StaffCreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


class StaffChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "nickname", "is_active", "is_staff", "is_superuser")


@admin.register(User)
class UserPage(PlatformAdmin, DjangoUserAdmin):
    """Users. Phones are shown masked; nothing personal can be searched but the e-mail."""

    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["public_id", "nickname", "email", "masked_phone", "is_staff", "joined_at"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["=public_id", "=email"]
    ordering = ["-id"]
    filter_horizontal = ()
    readonly_fields = ["public_id", "masked_phone", "joined_at", "last_login"]
    fieldsets = [
        (None, {"fields": ["public_id", "email", "password", "nickname", "masked_phone"]}),
        (_("权限"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("时间"), {"fields": ["joined_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]

    @admin.display(description=_("手机号"))
    def masked_phone(self, user: User) -> str:
        return mask_phone(user.phone) if user.phone else ""


@admin.register(IdentityConflict)
class IdentityConflictPage(PlatformAdmin):
    """Two accounts of one person that both hold something of value."""

    list_display = ["found_at", "kept", "other", "resolved_at"]
    readonly_fields = ["kept", "other", "found_at"]
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
