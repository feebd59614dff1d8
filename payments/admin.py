"""Money, to look at; and the two lists that need a person: stuck refunds and incidents."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import clock
from core.columns import named_in_full
from core.filters import KnownFilter
from core.money import yuan
from core.numbers import Number, foreign, ref
from payments.bills import PAID, REFUNDED, REVOKED
from payments.forms import IDENTITY, KEYS, SECRETS, MerchantAccountForm
from payments.models import (
    BillDifference,
    BillLine,
    LedgerEntry,
    MerchantAccount,
    Payment,
    PaymentIncident,
    Refund,
    TradeBill,
)
from payments.services import (
    bill_explain,
    difference_explain,
    incident_explain,
    refund_explain,
    refund_retry,
)
from payments.states import RefundState
from stores.scoped import CHANGE, EDIT, VIEW, ReadOnlyAdmin, StoreAdmin
from wechat.services import sign_in_host

# What payers find out, and only a payment that is accepted clears.
TROUBLE = ("trouble", "trouble_at")
OF_ANY_ACCOUNT = {"account__in": MerchantAccount.objects.values("pk")}


class ExplainedPage(ReadOnlyAdmin):
    """A staff list: a row stays until somebody has said, once, what it was."""

    explained_by_name = named_in_full("explained_by", _("处理人"))

    def explain(self, *, row_id: int, **told: Any) -> bool:
        """The service that records it."""
        raise NotImplementedError

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = super().get_readonly_fields(request, obj)
        is_open = obj is not None and self.is_open(obj)
        return [field for field in shown if field != "explanation" or not is_open]

    def is_open(self, obj: Any) -> bool:
        """Whether it still waits to be explained."""
        return obj.explained_at is None

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "explanation":
            kwargs["required"] = True
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        # Without the field somebody else has explained it since this page was opened.
        text = form.cleaned_data.get("explanation")
        told = {"explanation": text, "by_id": request.user.pk, "now": clock.now()}
        obj.is_heard = bool(text) and self.explain(row_id=obj.pk, **told)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_change(request, obj, message) if obj.is_heard else None

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if obj.is_heard:
            return super().response_change(request, obj)
        messages.warning(request, _("没有保存：这一条已经处理过，以先写的说明为准。"))
        return HttpResponseRedirect(request.path)


@admin.register(MerchantAccount)
class MerchantAccountPage(StoreAdmin):
    """A store's number at WeChat Pay. Keys go in and are never shown again."""

    form = MerchantAccountForm
    platform = EDIT
    owner = VIEW
    list_display = [
        "mchid",
        "sp_mchid",
        "appid",
        "serial_no",
        "public_key_id",
        "is_active",
        *TROUBLE,
        "created_at",
    ]
    list_filter = [("trouble_at", admin.EmptyFieldListFilter)]
    search_numbers = [foreign("mchid")]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["store", *IDENTITY, *KEYS, "is_active", *(TROUBLE if obj else ())]
        # To whoever may only look a secret is not even sent.
        return shown if self._edits(request) else [f for f in shown if f not in SECRETS]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Payments refer to the number: what it is called never changes."""
        return ["store", *IDENTITY, *TROUBLE] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if sign_in_host(obj.appid) is None:
            messages.warning(
                request,
                _(
                    "AppID %(appid)s 既不是平台的服务号，也不是哪个分享域名的：买家在微信里只能扫码付款。"
                    "请在“分享域名”里登记这个服务号的域名、AppID 和 AppSecret。"
                )
                % {"appid": obj.appid},
            )

    def _edits(self, request: HttpRequest) -> bool:
        return bool(self.allowed(request) & {"add", "change"})


@admin.register(Payment)
class PaymentPage(ReadOnlyAdmin):
    """Every attempt to pay."""

    platform = owner = clerk = VIEW
    list_display = [
        "out_trade_no",
        "order_ref",
        "amount",
        "channel",
        "state",
        "opened_at",
        "paid_at",
    ]
    list_filter = ["state", "channel"]
    # Both indexes begin with the account. WeChat Pay's numbers are digits alone, and ours are not.
    search_numbers = [
        ref("ord", "order_ref"),
        Number("[0-9]{10,32}", "transaction_id", OF_ANY_ACCOUNT),
        Number("[0-9]{6}[0-9]*[a-z][0-9a-z]*", "out_trade_no", OF_ANY_ACCOUNT),
    ]
    ordering = ["-id"]

    @admin.display(description=_("金额（元）"))
    def amount(self, payment: Payment) -> str:
        return yuan(payment.amount_fen)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = {"payer_openid", "payer_ip", "prepay_id", "code_url", "h5_url", "id"}
        return [f.name for f in self.model._meta.concrete_fields if f.name not in hidden]


@admin.register(Refund)
class RefundPage(ExplainedPage):
    """Money going back; those that need a person are one filter away. One that WeChat Pay cannot make
    is explained by whoever paid it by another way."""

    platform = owner = CHANGE | {"act"}
    clerk = VIEW
    list_display = [
        "out_refund_no",
        "order_ref",
        "amount",
        "reason",
        "state",
        "requested_at",
        "succeeded_at",
        "error",
    ]
    list_filter = ["state", "reason", ("explained_at", admin.EmptyFieldListFilter)]
    search_numbers = [ref("ord", "order_ref"), Number(r"r[0-9]\w*", "out_refund_no")]
    ordering = ["-id"]
    actions = ["retry"]

    def is_open(self, obj: Refund) -> bool:
        return super().is_open(obj) and obj.state == RefundState.STUCK

    def explain(self, *, row_id: int, **told: Any) -> bool:
        return refund_explain(refund_id=row_id, **told)

    @admin.display(description=_("金额（元）"))
    def amount(self, refund: Refund) -> str:
        return yuan(refund.amount_fen)

    @admin.action(description=_("用原单号重新提交退款"), permissions=["act"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        for refund in queryset:
            state = refund_retry(refund_id=refund.pk, by_id=request.user.pk or 0, now=clock.now())
            refund.refresh_from_db()
            told = str(state.label)
            if state == RefundState.STUCK and refund.explained_at:
                told = str(_("已用其他方式退款，没有再提交"))
            if state == RefundState.REQUESTED and refund.due_at:
                at = timezone.localtime(refund.due_at)
                told = _("将在 %(time)s 用原单号提交") % {"time": f"{at:%H:%M:%S}"}
            messages.info(request, f"{refund.out_refund_no}：{told}")


@admin.register(LedgerEntry)
class LedgerEntryPage(ReadOnlyAdmin):
    """What really moved."""

    platform = owner = VIEW
    list_display = ["entered_at", "kind", "amount", "order_ref", "account"]
    list_filter = ["kind"]
    search_numbers = [ref("ord", "order_ref")]
    list_select_related = ["account", "store"]
    ordering = ["-id"]

    @admin.display(description=_("金额（元）"))
    def amount(self, entry: LedgerEntry) -> str:
        return yuan(entry.amount_fen)


@admin.register(PaymentIncident)
class PaymentIncidentPage(ExplainedPage):
    """Signed messages that do not fit. Nothing is settled until a person has explained them."""

    platform = owner = CHANGE
    clerk = VIEW
    list_display = ["seen_at", "kind", "reference", "amount", "seen_count", "explained_at"]
    list_filter = ["kind", ("explained_at", admin.EmptyFieldListFilter)]
    ordering = ["-id"]

    @admin.display(description=_("金额（元）"))
    def amount(self, incident: PaymentIncident) -> str:
        return yuan(incident.amount_fen)

    def explain(self, *, row_id: int, **told: Any) -> bool:
        return incident_explain(incident_id=row_id, **told)


@admin.register(TradeBill)
class TradeBillPage(ExplainedPage):
    """What WeChat Pay says of each day, and whether it was matched; those that did not come wait for
    a person until they do."""

    platform = owner = CHANGE
    clerk = VIEW
    list_display = [
        *("day", "account", "lines", "open_differences"),
        *("fetched_at", "error", "explained_at"),
    ]
    list_filter = [
        ("matched_at", admin.EmptyFieldListFilter),
        ("explained_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["account", "store"]
    date_hierarchy = "day"
    ordering = ["-day", "account"]
    fields = [
        *("account", "day", "lines", "open_differences", "checksum"),
        *("fetched_at", "matched_at", "tried_at", "error"),
        *("explained_at", "explained_by_name", "explanation"),
    ]

    def is_open(self, obj: TradeBill) -> bool:
        return super().is_open(obj) and obj.matched_at is None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "open_differences"]

    def explain(self, *, row_id: int, **told: Any) -> bool:
        return bill_explain(bill_id=row_id, **told)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TradeBill]:
        rows: QuerySet[TradeBill] = super().get_queryset(request)
        return rows.annotate(
            open_count=Count("differences", filter=Q(differences__explained_at=None))
        )

    @admin.display(description=_("待处理差异"))
    def open_differences(self, bill: TradeBill) -> int:
        return int(getattr(bill, "open_count", 0))


class LineKindFilter(KnownFilter):
    title = _("交易状态")
    parameter_name = "kind"

    def known(self) -> tuple[str, ...]:
        return PAID, REFUNDED, REVOKED


@admin.register(BillLine)
class BillLinePage(ReadOnlyAdmin):
    """Every line of every bill."""

    platform = owner = clerk = VIEW
    list_display = ["happened_at", "kind", "out_trade_no", "out_refund_no", "paid", "refunded"]
    list_filter = [LineKindFilter]
    search_numbers = [foreign("out_trade_no"), foreign("out_refund_no"), foreign("transaction_id")]
    list_select_related = ["bill", "store"]
    ordering = ["-id"]

    @admin.display(description=_("订单金额（元）"))
    def paid(self, line: BillLine) -> str:
        return yuan(line.amount_fen)

    @admin.display(description=_("申请退款（元）"))
    def refunded(self, line: BillLine) -> str:
        return yuan(line.refund_fen)


@admin.register(BillDifference)
class BillDifferencePage(ExplainedPage):
    """Where bill and books disagree, until a person has said why."""

    platform = owner = CHANGE
    clerk = VIEW
    list_display = ["found_at", "side", "kind", "reference", "ours", "theirs", "explained_at"]
    list_filter = ["side", "kind", ("explained_at", admin.EmptyFieldListFilter)]
    search_numbers = [foreign("reference"), ref("ord", "order_ref")]
    list_select_related = ["bill", "store"]
    ordering = ["-id"]

    @admin.display(description=_("这里（元）"))
    def ours(self, difference: BillDifference) -> str:
        return "—" if difference.ours_fen is None else yuan(difference.ours_fen)

    @admin.display(description=_("账单（元）"))
    def theirs(self, difference: BillDifference) -> str:
        return "—" if difference.theirs_fen is None else yuan(difference.theirs_fen)

    def explain(self, *, row_id: int, **told: Any) -> bool:
        return difference_explain(difference_id=row_id, **told)
