"""Forms whose words shoppers read: what is objectionable is answered for before it is saved.

A campaign is asked about when it is published; words that can be edited while they are shown are
asked about at each saving that changes what there is to answer for. Whoever is no staff of a store
answers for nothing: their objectionable words are not saved.
"""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldBooleanWidget

from core import clock
from guard.rules import wording
from guard.services import findings_acknowledge, findings_mark, unanswered

GUARD_FIELDS = ("guard_tick", "guard_mark")


class GuardedWords(forms.ModelForm):
    """The form of a row of a store's, on a `GuardedWordsPage`. `guard_fields` are the words."""

    guard_kind: ClassVar[str]
    guard_fields: ClassVar[tuple[str, ...]]

    guard_tick = forms.BooleanField(label=_("我已知晓下面的提示，并对它负责"), required=False)
    guard_mark = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guard_findings = wording({})
        self.fields["guard_tick"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.guard_findings = wording(
            {str(self.fields[name].label): data.get(name) or "" for name in self.guard_fields}
        )
        mark = findings_mark(self.guard_findings)
        is_ticked = data.get("guard_tick") and data.get("guard_mark") == mark
        if not is_ticked and self._is_unanswered():
            self._ask(mark)
        return data

    def guard_keep(self, *, by_id: int) -> None:
        """Who answered for what was just saved. Nothing when there is nothing to answer for."""
        if self.guard_findings:
            findings_acknowledge(
                store_id=self._store_id(),
                kind=self.guard_kind,
                reference=self._reference(),
                findings=self.guard_findings,
                by_id=by_id,
                now=clock.now(),
            )

    def _store_id(self) -> int:
        return int(self.instance.store_id)

    def _reference(self) -> str:
        return str(getattr(self.instance, "public_id", self.instance.pk))

    def _is_unanswered(self) -> bool:
        return unanswered(
            kind=self.guard_kind, reference=self._reference(), findings=self.guard_findings
        )

    def _ask(self, mark: str) -> None:
        """Show the tick, unticked, beside what it is for."""
        sent: Any = self.data
        data = sent.copy()  # what was sent is not to be edited
        data[self.add_prefix("guard_mark")] = mark
        data.pop(self.add_prefix("guard_tick"), None)
        self.data = data
        self.fields["guard_tick"].widget = UnfoldBooleanWidget()
        told = [f"{one.text} {one.rule}" for one in self.guard_findings]
        ask = gettext("请修改；坚持这样写的话，请勾选最下面的“我已知晓”，再保存一次。")
        self.add_error(None, ValidationError([*told, ask]))


class GuardedWordsPage:
    """Mixed into the page of a GuardedWords form, which names its `fields` or `fieldsets`."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)  # type: ignore[misc]
        can = self.has_change_permission if obj else self.has_add_permission  # type: ignore[attr-defined]
        if not can(request, obj):
            return found
        *others, (title, last) = found
        return [*others, (title, {**last, "fields": [*last["fields"], *GUARD_FIELDS]})]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        if isinstance(form, GuardedWords):  # a list edits rows by forms of its own
            form.guard_keep(by_id=request.user.pk or 0)


class RefusedWords(forms.Form):
    """The form of somebody who may not answer for a store. `refused_fields` are the words that
    shoppers read."""

    refused_fields: ClassVar[tuple[str, ...]]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in self.refused_fields:
            found = wording({str(self.fields[name].label): data.get(name) or ""})
            if found:
                self.add_error(name, ValidationError([one.text for one in found]))
        return data
