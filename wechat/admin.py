"""Share domains, for the platform's staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import PlatformAdmin
from wechat.domains import domains_forget
from wechat.models import ShareDomain


class ShareDomainForm(forms.ModelForm):
    """A secret is typed and never shown again; left empty, the old one stays."""

    secret = forms.CharField(
        label="AppSecret",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("只在填写时显示；留空就保留原来的。"),
    )

    class Meta:
        model = ShareDomain
        fields = ("host", "is_pool", "appid", "secret", "state", "note")

    def clean_secret(self) -> str:
        typed = str(self.cleaned_data["secret"]).strip()
        kept = self.instance.secret if self.cleaned_data.get("appid") else ""
        return typed or kept


@admin.register(ShareDomain)
class ShareDomainPage(PlatformAdmin):
    """Which hosts share links lead to. A banned one is retired: new links lead elsewhere at once."""

    form = ShareDomainForm
    list_display = ["host", "is_pool", "appid", "state", "note", "added_at"]
    list_filter = ["state", "is_pool"]
    search_fields = ["host"]
    ordering = ["host"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The links that are out there name the host."""
        return ["host"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        domains_forget()
