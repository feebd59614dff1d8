"""The merchant's groups and their codes, and the codes on the counter."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from catalog.queries import photo_src
from community.models import CODE_LIVES, CounterCode, GroupCode, GroupEntry
from community.papers import counter_paper
from community.queries import (
    CounterResult,
    counter_results,
    state_labels,
    with_states,
    with_supply,
)
from community.services import (
    CodeRefused,
    CounterRefused,
    code_add,
    code_change,
    counter_add,
)
from core import clock
from core.columns import named_in_full
from core.downloads import PDF, PNG, download
from core.money import yuan
from core.qr import qr_png, qr_svg
from guard.wording import GuardedWords, GuardedWordsPage
from sharing.domains import share_origin
from stores.queries import staff_ids
from stores.scoped import EDIT, VIEW, StoreAdmin, staff_of


class EntryForm(GuardedWords):
    """A way into a group, whose welcome is read by everybody."""

    guard_kind = "entry"
    guard_fields = ("name", "welcome")

    class Meta:
        model = GroupEntry
        fields = ("name", "welcome", "is_open")


@admin.register(GroupEntry)
class GroupEntryPage(GuardedWordsPage, StoreAdmin):
    """Ways into the store's chat groups, and how long their codes will do."""

    platform = VIEW
    owner = EDIT
    clerk = VIEW
    list_display = ["name", "codes_left", "places_left", "lasts_until", "is_open", "page"]
    form = EntryForm
    fields = ["name", "welcome", "is_open", "address", "overview"]
    readonly_fields = ["address", "overview"]
    ordering = ["id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupEntry]:
        rows: QuerySet[GroupEntry] = super().get_queryset(request)
        return with_supply(rows, now=clock.now())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            # Never the whole row: visitors may have found it empty since the page was opened.
            obj.save(update_fields=["name", "welcome", "is_open"])
        else:
            super().save_model(request, obj, form, change)

    @admin.display(description=_("可用群码"))
    def codes_left(self, entry: Any) -> int:
        return entry.codes_left

    @admin.display(description=_("剩余名额"))
    def places_left(self, entry: Any) -> int:
        return entry.places_left

    @admin.display(description=_("能用到"))
    def lasts_until(self, entry: Any) -> Any:
        if entry.lasting:
            return _("长期")
        return _days(entry.lasts_until)

    @admin.display(description=_("页面"))
    def page(self, entry: Any) -> Any:
        path = reverse("community:entry", args=[entry.public_id])
        return format_html('<a class="underline" href="{}">{}</a>', path, _("查看"))

    @admin.display(description=_("网址"))
    def address(self, entry: Any) -> Any:
        if entry.pk is None:
            return _("保存后生成")
        url = share_origin(entry.store_id) + reverse("community:entry", args=[entry.public_id])
        return format_html('<a class="underline" href="{}">{}</a>', url, url)

    @admin.display(description=_("群码"))
    def overview(self, entry: Any) -> Any:
        rows: Any = with_states(GroupCode.objects.filter(entry_id=entry.pk), now=clock.now())
        labels = state_labels()
        lines = (
            f"{code.name} · {labels[code.state_now]} · {_shown(code)} · {_expiry(code)}"
            for code in rows.order_by("position", "id")
        )
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines)) or _(
            "还没有群码，请到“群码”里上传。"
        )


class CodeForm(forms.ModelForm):
    """A group's code."""

    class Meta:
        model = GroupCode
        fields = "__all__"  # noqa: DJ007  the page's own `fields` decide

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        capacity, spare = data.get("capacity"), data.get("spare")
        if capacity is not None and spare is not None and spare >= capacity:
            raise ValidationError(_("预留名额要少于人数上限，否则这个群码不会展示给任何人。"))
        if capacity is not None and capacity < self.instance.shown:
            raise ValidationError(
                _("这个群码已经展示给 %(shown)d 人，人数上限不能比它少；不想再用请勾选停用。"),
                params={"shown": self.instance.shown},
            )
        return data


@admin.register(GroupCode)
class GroupCodePage(StoreAdmin):
    """The codes of the store's groups, in the order in which they are shown."""

    form = CodeForm
    platform = VIEW
    owner = clerk = EDIT
    list_display = ["name", "entry", "state", "shown_to", "expiry", "added_at"]
    list_filter = ["entry"]
    list_select_related = ["entry", "store"]
    ordering = ["entry", "position", "id"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        first = ["entry", "name", "picture"]
        if obj is not None:
            first = ["entry", "name", "preview", "state", "shown_to"]
        rest = [("capacity", "spare"), ("expires_at", "position")]
        return [*first, *rest] if obj is None else [*first, *rest, "is_stopped"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whoever was shown a code must find the same group again: its picture stays."""
        return [] if obj is None else ["entry", "preview", "state", "shown_to"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        # Its choices would be every store's.
        return [] if staff_of(request) else ["entry"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "expires_at": clock.now() + CODE_LIVES,
            **super().get_changeform_initial_data(request),
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupCode]:
        rows: QuerySet[GroupCode] = super().get_queryset(request)
        return with_states(rows, now=clock.now())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        names = ("name", "capacity", "spare", "position", "expires_at")
        told = {name: getattr(obj, name) for name in names}
        if change:
            code_change(code_id=obj.pk, is_stopped=obj.is_stopped, now=clock.now(), **told)
            return
        picture = form.cleaned_data["picture"].picture
        made = code_add(entry_id=obj.entry_id, picture=picture, now=clock.now(), **told)
        obj.pk, obj.store_id, obj.added_at = made.pk, made.store_id, made.added_at

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except CodeRefused as refusal:  # somebody was shown the code since the form was checked
            messages.error(request, str(refusal))
            return redirect(request.path)

    @admin.display(description=_("状态"))
    def state(self, code: Any) -> str:
        return state_labels()[code.state_now]

    @admin.display(description=_("展示给"))
    def shown_to(self, code: Any) -> str:
        return _shown(code)

    @admin.display(description=_("失效时间"))
    def expiry(self, code: Any) -> Any:
        return _expiry(code)

    @admin.display(description=_("群二维码"))
    def preview(self, code: Any) -> Any:
        src = photo_src(str(code.picture))
        return format_html('<img src="{}" alt="" width="{}">', src, 200)


class CounterForm(forms.ModelForm):
    """Whose code, what it is called and what it opens."""

    class Meta:
        model = CounterCode
        fields = "__all__"  # noqa: DJ007  the page's own `fields` decide

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("product") and data.get("entry"):
            raise ValidationError(_("商品和群入口请只选一个。"))
        return data


@admin.register(CounterCode)
class CounterCodePage(StoreAdmin):
    """Codes on the counter, and what came through each in the last thirty days."""

    form = CounterForm
    platform = VIEW
    owner = frozenset({"view", "add", "delete"})
    clerk = VIEW
    list_display = ["label", "person_name", "opens", "people", "orders", "kept", "made_at"]
    list_select_related = ["person", "product", "entry", "store", "link"]
    person_name = named_in_full("person", _("店员"))
    ordering = ["-id"]
    actions_detail = ["paper", "picture"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        about = ["label", "product", "entry"]
        if obj is None:
            return ["person", *about]
        return ["person_name", *about, "address", "preview", "made_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else self.get_fields(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        staff = staff_of(request)
        if db_field.name == "person" and field is not None and staff is not None:
            # People belong to no store; those who work in this one may be chosen.
            people = db_field.related_model._default_manager
            field.queryset = people.filter(pk__in=staff_ids(staff.store_id))
            field.label_from_instance = lambda person: person.display_name
        return field

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        found = counter_results(rows, now=clock.now())
        for row in rows:
            row.results = found.get(row.pk, CounterResult())
        changelist.result_list = rows
        return changelist

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        staff = staff_of(request)
        if staff is None:
            raise CounterRefused(_("只能给本店在职的店员生成柜台码。"))
        made = counter_add(
            store_id=staff.store_id,
            person_id=obj.person_id,
            label=obj.label,
            product_id=obj.product_id,
            entry_id=obj.entry_id,
            now=clock.now(),
        )
        obj.pk, obj.store_id, obj.public_id = made.pk, made.store_id, made.public_id

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except CounterRefused as refusal:  # somebody left since the form was checked
            messages.error(request, str(refusal))
            return redirect(request.path)

    @admin.display(description=_("打开"))
    def opens(self, code: CounterCode) -> str:
        return _opens(code)

    @admin.display(description=_("来的人"))
    def people(self, code: Any) -> int:
        return code.results.people

    @admin.display(description=_("付款订单"))
    def orders(self, code: Any) -> int:
        return code.results.orders

    @admin.display(description=_("实收（元）"))
    def kept(self, code: Any) -> str:
        return yuan(code.results.kept_fen)

    @admin.display(description=_("链接"))
    def address(self, code: CounterCode) -> str:
        return _link(code)

    @admin.display(description=_("二维码"))
    def preview(self, code: CounterCode) -> Any:
        src = reverse("admin:community_countercode_svg", args=[code.pk])
        return format_html('<img src="{}" alt="" width="200" height="200">', src)

    def get_urls(self) -> list[Any]:
        svg = self.admin_site.admin_view(self.svg)
        return [
            path("<int:object_id>/svg/", svg, name="community_countercode_svg"),
            *super().get_urls(),
        ]

    def svg(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return qr_svg(_link(self._code(request, object_id)))

    @action(description=_("打印桌卡（A6）"), url_path="paper", icon="print", permissions=["look"])
    def paper(self, request: HttpRequest, object_id: int) -> HttpResponse:
        code = self._code(request, object_id)
        data = counter_paper(
            store=code.store.name, opens=_opens(code), label=code.label, link=_link(code)
        )
        return download(data, PDF, f"{code.public_id}.pdf")

    @action(description=_("下载二维码"), url_path="png", icon="download", permissions=["look"])
    def picture(self, request: HttpRequest, object_id: int) -> HttpResponse:
        code = self._code(request, object_id)
        return download(qr_png(_link(code)), PNG, f"{code.public_id}.png")

    def _code(self, request: HttpRequest, object_id: int) -> CounterCode:
        rows = self.get_queryset(request).select_related("store", "link", "product", "entry")
        code: CounterCode = get_object_or_404(rows, pk=object_id)
        return code


def _link(code: CounterCode) -> str:
    return f"{share_origin(code.store_id)}{code.link.path}?s={code.link.token}"


def _opens(code: CounterCode) -> str:
    if code.product is not None:
        return code.product.title
    return code.entry.name if code.entry is not None else str(_("店铺首页"))


def _shown(code: Any) -> str:
    return f"{code.shown} / {code.capacity - code.spare}"


def _expiry(code: Any) -> Any:
    return _days(code.expires_at) if code.expires_at else _("长期")


def _days(at: datetime | None) -> Any:
    if at is None:
        return "—"
    text = f"{timezone.localtime(at):%m-%d %H:%M}"
    left = (at - clock.now()).days
    return _("%(at)s，还有 %(days)d 天") % {"at": text, "days": left} if left >= 0 else text
