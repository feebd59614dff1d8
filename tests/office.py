"""The office as a person fills it in: the page's own form, with some fields typed over."""

from typing import Any

from django.core.files import File
from django.test import Client
from django.urls import reverse

from stores.models import Store, StoreStaff
from stores.tests.factories import staff_make


def url(model: Any, name: str, *args: Any) -> str:
    """The address of a model's page: changelist, add, change, delete, history."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def staff_client(store: Store, role: str = StoreStaff.Role.OWNER) -> Client:
    """Somebody of the store, signed in."""
    client = Client()
    client.force_login(staff_make(store, role=role).user)
    return client


def shown(client: Client, path: str) -> dict[str, Any]:
    """What the form of an add or change page would send if nobody touched it."""
    context = client.get(path).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    return dict(one for form in forms for field in form for one in _sent(field))


def fill(client: Client, path: str, **typed: Any) -> Any:
    """Send the page's form with these fields typed over; an inline's are named as in the page."""
    return client.post(path, shown(client, path) | typed)


def complaints(answer: Any) -> str:
    """What a refused page says, beside its fields and above them all."""
    context = answer.context
    told = [context["adminform"].form.errors.as_text()]
    for inline in context["inline_admin_formsets"]:
        told += [form.errors.as_text() for form in inline.formset.forms if form.errors]
        told += inline.formset.non_form_errors()
    return "".join(str(one) for one in told if one)


def _sent(field: Any) -> list[tuple[str, Any]]:
    value = field.value()
    if field.field.show_hidden_initial:
        hidden = [(field.html_initial_name, "" if value is None else str(value))]
    else:
        hidden = []
    if value is None or value is False or isinstance(value, File):
        return [(field.html_name, ""), *hidden] if hidden else []
    widget = field.field.widget
    if hasattr(widget, "decompress"):
        parts = widget.decompress(value)
        return [
            (f"{field.html_name}_{n}", "" if part is None else str(part))
            for n, part in enumerate(parts)
        ]
    if isinstance(value, list | tuple):
        return [(field.html_name, [str(one) for one in value])]
    text = field.field.prepare_value(value)
    return [(field.html_name, "on" if value is True else str(text)), *hidden]
