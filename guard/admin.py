"""Who answered for what; and the store's own page, because its words are asked about."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.columns import named_in_full
from core.numbers import foreign
from guard.models import Acknowledgement, WechatRisk
from guard.wording import GuardedWords, GuardedWordsPage
from stores.admin import StoreForm, StorePage
from stores.scoped import VIEW, ReadOnlyAdmin, StoreAdmin


@admin.register(Acknowledgement)
class AcknowledgementPage(ReadOnlyAdmin):
    """Findings that somebody took note of before publishing."""

    platform = owner = clerk = VIEW
    list_display = ["given_at", "kind", "reference", "by_name"]
    list_filter = ["kind"]
    search_numbers = [foreign("reference")]
    list_select_related = ["by", "store"]
    fields = ["given_at", "kind", "reference", "by_name", "told"]
    by_name = named_in_full("by", _("确认人"))
    ordering = ["-id"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        return list(self.fields)

    @admin.display(description=_("提示"))
    def told(self, row: Acknowledgement) -> Any:
        lines = ((one["rule"], one["text"]) for one in row.findings)
        return format_html_join("", "<p>{} {}</p>", lines)


@admin.register(WechatRisk)
class WechatRiskPage(StoreAdmin):
    """A store's answer for what WeChat's policy bans: added by its owner, and taken back."""

    platform = VIEW
    owner = frozenset({"view", "add", "delete"})
    list_display = ["__str__", "by_name", "accepted_at"]
    list_select_related = ["by", "store"]
    readonly_fields = ["policy", "by_name", "accepted_at"]
    fields = ["policy", "by_name", "accepted_at"]
    by_name = named_in_full("by", _("确认人"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.fields if obj else ["policy"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request) and not self.get_queryset(request).exists()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.by_id, obj.accepted_at = request.user.pk, clock.now()
        super().save_model(request, obj, form, change)

    @admin.display(description=_("你要承担的风险"))
    def policy(self, row: WechatRisk | None) -> str:
        return gettext(
            "《微信外部链接内容管理规范》禁止在外部链接里引导分享、用奖励诱导分享、诱导砍价和助力，"
            "违规可能封禁域名。平台按规范在微信里不展示本店的分享提示、分享奖励和帮砍；"
            "保存表示你了解并承担这个风险，在微信里也展示它们。删除这一条即收回。"
        )


class StoreWordsForm(GuardedWords, StoreForm):
    """A store, whose name and words stand on its page and its card."""

    guard_kind = "store"
    guard_fields = ("name", "intro", "story")

    def _store_id(self) -> int:
        return int(self.instance.pk)


@admin.register(StoreForm.Meta.model)
class StoreWordsPage(GuardedWordsPage, StorePage):
    """The store's own page."""

    form = StoreWordsForm
