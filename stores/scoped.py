"""The one base of every admin page: a merchant sees and touches the own store's rows only.

Django's model permissions are not used for merchants: what a role may do on a page is written on
the page's class, and which rows it may do it to is the store. Platform staff (superusers) see all
stores and follow the same classes.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from stores.models import Store, StoreStaff

ALL: frozenset[str] = frozenset({"view", "add", "change", "delete"})
VIEW: frozenset[str] = frozenset({"view"})
NONE: frozenset[str] = frozenset()


def staff_of(request: HttpRequest) -> StoreStaff | None:
    """The store and role the request's user works in, read once for each request."""
    if not hasattr(request, "_staff_of"):
        user = request.user
        found = None
        if user.is_authenticated and user.is_active and user.is_staff:
            found = StoreStaff.objects.select_related("store").filter(user=user).first()
        request._staff_of = found  # type: ignore[attr-defined]
    return request._staff_of  # type: ignore[attr-defined]


def has_store_field(model: type[models.Model]) -> bool:
    """Whether the model's rows belong to a store."""
    return any(field.name == "store" for field in model._meta.concrete_fields)


class _Scoped:
    """What pages and inlines share. `platform`, `owner` and `clerk` say what each may do."""

    platform: ClassVar[frozenset[str]] = VIEW
    owner: ClassVar[frozenset[str]] = NONE
    clerk: ClassVar[frozenset[str]] = NONE
    model: type[models.Model]

    def allowed(self, request: HttpRequest) -> frozenset[str]:
        user = request.user
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return NONE
        if user.is_superuser:
            return self.platform
        staff = staff_of(request)
        if staff is None:
            return NONE
        return self.owner if staff.role == StoreStaff.Role.OWNER else self.clerk

    def owns(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the row is one that the request's user may see at all."""
        if obj is None or request.user.is_superuser:  # type: ignore[union-attr]
            return True
        staff = staff_of(request)
        if staff is None:
            return False
        if isinstance(obj, Store):
            return obj.pk == staff.store_id
        if not has_store_field(type(obj)):
            return False
        return obj.store_id in {None, staff.store_id}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(self.allowed(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.allowed(request) & {"view", "change"}) and self.owns(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "add" in self.allowed(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "change" in self.allowed(request) and self.owns(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "delete" in self.allowed(request) and self.owns(request, obj)

    def scope(self, request: HttpRequest, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The rows of the own store; nothing at all for whoever has none."""
        if request.user.is_superuser:  # type: ignore[union-attr]
            return rows
        staff = staff_of(request)
        if staff is None:
            return rows.none()
        if rows.model is Store:
            return rows.filter(pk=staff.store_id)
        if not has_store_field(rows.model):
            return rows.none()
        return rows.filter(store_id=staff.store_id)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return self.scope(request, super().get_queryset(request))  # type: ignore[misc]

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        related = db_field.related_model
        if isinstance(related, type) and not request.user.is_superuser:  # type: ignore[union-attr]
            rows = kwargs.get("queryset", related._default_manager.all())
            kwargs["queryset"] = self.scope(request, rows)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if not request.user.is_superuser:  # type: ignore[union-attr]
            rows = kwargs.get("queryset", db_field.related_model._default_manager.all())
            kwargs["queryset"] = self.scope(request, rows)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class StoreInline(_Scoped, TabularInline):
    """An inline whose rows belong to the same store as their parent."""

    extra = 0
    platform: ClassVar[frozenset[str]] = VIEW


class StoreAdmin(_Scoped, ModelAdmin):
    """A page of a merchant's office. See the module's docstring."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = False
    warn_unsaved_form = True
    empty_value_display = "—"

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        shown = list(super().get_list_display(request))
        if request.user.is_superuser and has_store_field(self.model) and "store" not in shown:  # type: ignore[union-attr]
            shown.insert(1, "store")
        return shown

    def get_list_select_related(self, request: HttpRequest) -> Any:
        related = super().get_list_select_related(request)
        if related is False and has_store_field(self.model):
            return ("store",)
        return related

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """A merchant never chooses a store: it is the own one."""
        excluded = list(super().get_exclude(request, obj) or [])
        if has_store_field(self.model) and not request.user.is_superuser:  # type: ignore[union-attr]
            excluded.append("store")
        return excluded

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        self.place(request, obj)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            if has_store_field(type(row)) and row.store_id is None:
                row.store_id = getattr(form.instance, "store_id", None)
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()

    def place(self, request: HttpRequest, obj: Any) -> None:
        """Put a new row in the own store."""
        staff = staff_of(request)
        if (
            has_store_field(type(obj))
            and obj.store_id is None
            and staff is not None
            and not request.user.is_superuser  # type: ignore[union-attr]
        ):
            obj.store_id = staff.store_id

    def get_actions(self, request: HttpRequest) -> Any:
        """Deleting many rows at once is offered where deleting is allowed at all."""
        actions = super().get_actions(request)
        if "delete" not in self.allowed(request):
            actions.pop("delete_selected", None)
        return actions


class ReadOnlyAdmin(StoreAdmin):
    """A page to look at: what it shows is changed by services alone."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return [field.name for field in self.model._meta.concrete_fields]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
