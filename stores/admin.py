"""A merchant's store and the people who work in it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.queries import user_id_by_name
from core import clock
from core.columns import named_in_full
from core.forms import YuanField
from core.photos import picture_store
from stores.models import PickupPoint, Store, StoreStaff
from stores.queries import store_id_of
from stores.scoped import ALL, CHANGE, EDIT, VIEW, StoreAdmin
from stores.services import StoreRefused, slug_check, staff_add, staff_remove, store_open

FOLDER = "stores"
SIDES = {"logo": 480, "banner": 1600}  # what the pages show them at, on a sharp screen
ELSEWHERE = _("这个人已在一家店任职，一个人只能在一家店。")


class StoreForm(forms.ModelForm):
    """Freight is typed in yuan; a new store has its first owner."""

    freight_fen = YuanField(
        label=_("运费（元）"),
        initial=0,
        help_text=_("每单一口价，0 表示包邮。"),
        widget=UnfoldAdminTextInputWidget,
    )
    owner = forms.CharField(
        label=_("店主"),
        help_text=_("店主的邮箱、手机号或用户编号；先请对方在商城登录一次。"),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Store
        fields = ("freight_fen",)  # the page names the rest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["owner"]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        try:
            slug_check(slug)
        except StoreRefused as refusal:
            raise ValidationError(str(refusal), code="slug") from refusal
        return slug

    def clean_owner(self) -> int:
        user_id = user_id_by_name(self.cleaned_data["owner"])
        if user_id is None:
            raise ValidationError(
                _("没有找到这个人，请核对邮箱、手机号或用户编号。"), code="nobody"
            )
        if store_id_of(user_id) is not None:
            raise ValidationError(ELSEWHERE, code="elsewhere")
        return user_id


class StorePage(StoreAdmin):
    """The store's own page: what shoppers see of it, and the numbers its trade runs by.

    `guard.admin` registers it, with a question about its words.
    """

    form = StoreForm
    platform = EDIT
    owner = CHANGE
    clerk = VIEW
    list_display = ["name", "trade", "phone", "is_open", "opened_at"]
    search_fields = ["name", "slug", "company"]
    fieldsets = [
        (_("门面"), {"fields": ["name", "slug", "trade", "intro", "story", "logo", "banner"]}),
        (
            _("交易"),
            {"fields": ["is_open", "freight_fen", "payment_window_s", "auto_receive_days"]},
        ),
        (_("分享"), {"fields": ["share_domain"]}),
        (
            _("联系与资质"),
            {"fields": ["phone", "complaint_phone", "company", "licence_no", "icp_no"]},
        ),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who owns a store is asked when it opens; afterwards its people are on their own page."""
        return self.fieldsets if obj else [(_("店主"), {"fields": ["owner"]}), *self.fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Shared cards carry the slug and the domain, so only the platform changes them."""
        return [] if request.user.is_superuser else ["slug", "share_domain"]  # type: ignore[union-attr]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        for name, side in SIDES.items():
            if name in form.changed_data and form.cleaned_data[name]:
                picture = form.cleaned_data[name].picture
                setattr(obj, name, picture_store(picture, folder=FOLDER, side=side).name)
        if not change:
            made = store_open(
                name=obj.name,
                slug=obj.slug,
                owner_id=form.cleaned_data["owner"],
                now=clock.now(),
            )
            obj.pk, obj.public_id, obj.opened_at = made.pk, made.public_id, made.opened_at
            obj._state.adding = False
        super().save_model(request, obj, form, change)


@admin.register(PickupPoint)
class PickupPointPage(StoreAdmin):
    """Where buyers may fetch their orders. One that is closed stays for the orders that chose it."""

    platform = VIEW
    owner = EDIT
    clerk = VIEW
    list_display = ["name", "region", "street", "hours", "is_open"]
    fields = ["name", "region", "street", "hours", "phone", "is_open"]


class StaffForm(forms.ModelForm):
    """Who is to work where."""

    class Meta:
        model = StoreStaff
        fields = ("store", "user", "role")
        error_messages = {"user": {"unique": ELSEWHERE}}


@admin.register(StoreStaff)
class StoreStaffPage(StoreAdmin):
    """Who works here, and so may enter the office. The platform adds people; an owner sees them."""

    form = StaffForm
    platform = ALL
    owner = VIEW
    list_display = ["user_name", "role", "since_at"]
    list_select_related = ["user", "store"]
    user_name = named_in_full("user", _("用户"))
    raw_id_fields = ["user"]
    fields = ["store", "user", "role"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return [f"{name}_name" if obj and name == "user" else name for name in fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["store", "user_name"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = staff_add(store_id=obj.store_id, user_id=obj.user_id, role=obj.role, now=clock.now())
        obj.pk, obj.since_at = made.pk, made.since_at

    def delete_model(self, request: HttpRequest, obj: StoreStaff) -> None:
        staff_remove(store_id=obj.store_id, user_id=obj.user_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[StoreStaff]) -> None:
        for staff in queryset:
            self.delete_model(request, staff)
