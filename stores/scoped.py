"""The one base of every admin page: a merchant sees and touches the own store's rows only.

Django's model permissions are not used for merchants: what a role may do on a page is written on
the page's class, and which rows it may do it to is the store. Platform staff (superusers) see all
stores and follow the same classes.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline

from core.forms import PictureField
from core.numbers import SearchedByNumber
from stores.models import Store, StoreStaff

ALL: frozenset[str] = frozenset({"view", "add", "change", "delete"})
VIEW: frozenset[str] = frozenset({"view"})
CHANGE: frozenset[str] = VIEW | {"change"}
EDIT: frozenset[str] = CHANGE | {"add"}
NONE: frozenset[str] = frozenset()

CLOCKWORK = frozenset({"id", "due_at", "due_attempts", "due_error", "due_parked_at"})


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


class InStore(ModelForm):
    """Mixed into every page's form: the row is in its store before it is checked, so that rules
    about the own store hold, and what a store may have once is refused in words."""

    store_id: ClassVar[int | None] = None

    def _post_clean(self) -> None:
        if has_store_field(type(self.instance)) and self.instance.store_id is None:
            self.instance.store_id = self.store_id
        super()._post_clean()  # type: ignore[misc]

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        if getattr(self.instance, "store_id", None) is not None:
            excluded.discard("store")
        return excluded

    def _update_errors(self, errors: ValidationError) -> None:
        told: dict[str, list[ValidationError]] = {}
        for name, found in errors.error_dict.items():
            for error in found:
                field, said = self._said(name, error)
                told.setdefault(field, []).append(said)
        super()._update_errors(ValidationError(told))  # type: ignore[misc]

    def _said(self, name: str, error: ValidationError) -> tuple[str, ValidationError]:
        """Where to say it, and what: a merchant does not see the store that is part of a key."""
        unique = (error.params or {}).get("unique_check", ())
        shown = [one for one in unique if one != "store" and one in self.fields]
        if "store" in unique and shown:
            label = "、".join(str(self.fields[one].label) for one in shown)
            taken = _("本店已经有一样的“%(label)s”了，请换一个。") % {"label": label}
            return shown[0], ValidationError(taken, code="taken")
        return name if name in self.fields else NON_FIELD_ERRORS, error


class _Scoped:
    """What pages and inlines share. `platform`, `owner` and `clerk` say what each may do: the four
    words of Django, and `act` for a page's actions where rows are never changed by hand."""

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

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "act" in self.allowed(request)

    def has_look_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """For actions that only show or print; the action itself finds its row."""
        return self.has_view_permission(request)

    def has_work_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """For actions that are the store's own people's work, at which the platform looks on."""
        return self.has_view_permission(request) and not request.user.is_superuser  # type: ignore[union-attr]

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

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.ImageField):
            kwargs["form_class"] = partial(PictureField, request=request)
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

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


class StoreAdmin(_Scoped, SearchedByNumber, ModelAdmin):
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

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        if request.user.is_superuser:  # type: ignore[union-attr]
            return fields
        return [name for name in fields if name != "store"]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """A merchant never chooses a store: it is the own one."""
        excluded = list(super().get_exclude(request, obj) or [])
        if has_store_field(self.model) and not request.user.is_superuser:  # type: ignore[union-attr]
            excluded.append("store")
        return excluded

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        made = super().get_form(request, obj, change, **kwargs)
        staff = None if request.user.is_superuser else staff_of(request)  # type: ignore[union-attr]
        return type(made.__name__, (InStore, made), {"store_id": staff and staff.store_id})

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            if has_store_field(type(row)) and row.store_id is None:
                row.store_id = getattr(form.instance, "store_id", None)
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()

    def get_actions(self, request: HttpRequest) -> Any:
        """Deleting many rows at once is offered where deleting is allowed at all."""
        actions = super().get_actions(request)
        if "delete" not in self.allowed(request):
            actions.pop("delete_selected", None)
        return actions


class ReadOnlyAdmin(StoreAdmin):
    """A page to look at: what it shows is changed by services alone."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything but the row's number and its clockwork, which say nothing to a merchant."""
        fields = super().get_fields(request, obj)
        if self.fields:
            return fields
        return [
            name for name in fields if name not in CLOCKWORK and not hasattr(self, f"{name}_name")
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Every field, and the page's own columns for people: `by_name` for `by`."""
        names = [field.name for field in self.model._meta.concrete_fields]
        return [*names, *(own for name in names if hasattr(self, own := f"{name}_name"))]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
