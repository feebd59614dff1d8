"""What every campaign page shares: a draft is edited and a published one only watched, and publishing
shows first what is objectionable, has it ticked, and keeps the name of whoever ticked it."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.utils import flatten
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core import clock
from guard.rules import Finding
from guard.services import findings_acknowledge, findings_mark, unanswered
from stores.scoped import StoreInline

DRAFT = "draft"  # the first word of every campaign's states


def is_draft(campaign: Any) -> bool:
    """Whether it was not published yet, or is only being made."""
    return campaign is None or campaign.state == DRAFT


class DraftOnly:
    """Mixed into the form of a campaign whose terms never change once it is published."""

    instance: Any
    published: ClassVar[Any] = _("活动已发布，内容不能再改；可以结束它，再建一个。")

    def still_draft(self) -> bool:
        """Whether the campaign may be edited; locked until the transaction ends."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        # The page may be older than the publishing: look again, under the lock.
        if self.instance.pk and not self.still_draft():
            raise ValidationError(self.published)
        return super().clean() or {}  # type: ignore[misc]


class DraftInline(StoreInline):
    """Rows of a campaign whose terms never change once it is published."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_delete_permission(request, obj)


class GuardedPublishing:
    """Mixed into a page of campaigns that have `public_id`, `store_id` and `state`. `watched` are the
    fields that are shown and never typed, not even into a draft."""

    guard_kind: ClassVar[str]
    watched: ClassVar[Sequence[str]] = ("state", "outlook")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = self.watched if is_draft(obj) else flatten(self.fields)  # type: ignore[attr-defined]
        return list(shown)

    def guard_findings(self, campaign: Any) -> Sequence[Finding]:
        """What there is to answer for."""
        raise NotImplementedError

    def guard_title(self, campaign: Any) -> str:
        """What the merchant calls it."""
        raise NotImplementedError

    def guarded(
        self, request: HttpRequest, rows: QuerySet[Any], publish: Callable[[Any], None]
    ) -> HttpResponse | None:
        """Publish every row that nobody has to answer for, or that somebody just did; a page that
        asks about the others. A tick is for the findings that were shown with it."""
        asked, changed = [], False
        for campaign in rows:
            findings = list(self.guard_findings(campaign))
            known = {"kind": self.guard_kind, "reference": campaign.public_id}
            mark = findings_mark(findings)
            ticked = f"ack-{campaign.public_id}" in request.POST
            is_same = request.POST.get(f"mark-{campaign.public_id}", "") == mark
            changed |= ticked and not is_same
            if ticked and is_same and findings:
                findings_acknowledge(
                    **known,
                    store_id=campaign.store_id,
                    findings=findings,
                    by_id=request.user.pk or 0,
                    now=clock.now(),
                )
            if unanswered(**known, findings=findings):
                asked.append((campaign, self.guard_title(campaign), findings, mark))
            else:
                publish(campaign)
        if not asked:
            return None
        if changed:
            messages.error(request, _("活动在这期间改过，提示和你刚才看到的不同，请重新确认。"))
        elif "asked" in request.POST:
            messages.error(request, _("没有勾选确认的活动没有发布。"))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": _("发布前请确认"),
            "asked": asked,
            "action": request.POST.get("action", ""),
        }
        return render(request, "admin/guard/acknowledgement/ask.html", context)
