"""Money, to look at; and the two lists that need a person: stuck refunds and incidents."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import clock
from core.money import yuan
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
from payments.services import difference_explain, incident_explain, refund_retry
from stores.scoped import VIEW, ReadOnlyAdmin, StoreAdmin


@admin.register(MerchantAccount)
class MerchantAccountPage(StoreAdmin):
    """A store's number at WeChat Pay. Keys go in and are never shown again."""

    form = MerchantAccountForm
    platform = frozenset({"view", "add", "change"})
    owner = VIEW
    list_display = [
        "mchid",
        "sp_mchid",
        "appid",
        "serial_no",
        "public_key_id",
        "is_active",
        "created_at",
    ]
    search_fields = ["=mchid"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["store", *IDENTITY, *KEYS, "is_active"]
        # To whoever may only look a secret is not even sent.
        return shown if self._edits(request) else [f for f in shown if f not in SECRETS]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Payments refer to the number: what it is called never changes."""
        return ["store", *IDENTITY] if obj else []

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
    search_fields = ["=out_trade_no", "=order_ref", "=transaction_id"]
    ordering = ["-id"]

    @admin.display(description=_("金额（元）"))
    def amount(self, payment: Payment) -> str:
        return yuan(payment.amount_fen)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = {"payer_openid", "payer_ip", "prepay_id", "code_url", "h5_url", "id"}
        return [f.name for f in self.model._meta.concrete_fields if f.name not in hidden]


@admin.register(Refund)
class RefundPage(ReadOnlyAdmin):
    """Money going back; those that need a person are one filter away."""

    platform = owner = VIEW | {"act"}
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
    list_filter = ["state", "reason"]
    search_fields = ["=out_refund_no", "=order_ref"]
    ordering = ["-id"]
    actions = ["retry"]

    @admin.display(description=_("金额（元）"))
    def amount(self, refund: Refund) -> str:
        return yuan(refund.amount_fen)

    @admin.action(description=_("用原单号重新提交退款"), permissions=["act"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        for refund in queryset:
            state = refund_retry(refund_id=refund.pk, by_id=request.user.pk or 0, now=clock.now())
            messages.info(request, f"{refund.out_refund_no}：{state.label}")


@admin.register(LedgerEntry)
class LedgerEntryPage(ReadOnlyAdmin):
    """What really moved."""

    platform = owner = VIEW
    list_display = ["entered_at", "kind", "amount", "order_ref", "account"]
    list_filter = ["kind"]
    search_fields = ["=order_ref"]
    list_select_related = ["account", "store"]
    ordering = ["-id"]

    @admin.display(description=_("金额（元）"))
    def amount(self, entry: LedgerEntry) -> str:
        return yuan(entry.amount_fen)


@admin.register(PaymentIncident)
class PaymentIncidentPage(ReadOnlyAdmin):
    """Signed messages that do not fit. Nothing is settled until a person has explained them."""

    platform = owner = frozenset({"view", "change"})
    clerk = VIEW
    list_display = ["seen_at", "kind", "reference", "amount", "seen_count", "explained_at"]
    list_filter = ["kind", ("explained_at", admin.EmptyFieldListFilter)]
    ordering = ["-id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [f for f in super().get_readonly_fields(request, obj) if f != "explanation"]

    @admin.display(description=_("金额（元）"))
    def amount(self, incident: PaymentIncident) -> str:
        return yuan(incident.amount_fen)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        incident_explain(
            incident_id=obj.pk,
            explanation=form.cleaned_data["explanation"],
            by_id=request.user.pk,  # type: ignore[arg-type]
            now=clock.now(),
        )


@admin.register(TradeBill)
class TradeBillPage(ReadOnlyAdmin):
    """What WeChat Pay says of each day, and whether it was matched."""

    platform = owner = clerk = VIEW
    list_display = ["day", "account", "lines", "open_differences", "fetched_at", "matched_at"]
    list_select_related = ["account", "store"]
    date_hierarchy = "day"
    ordering = ["-day", "account"]
    fields = ["account", "day", "lines", "open_differences", "checksum", "fetched_at", "matched_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TradeBill]:
        rows: QuerySet[TradeBill] = super().get_queryset(request)
        return rows.annotate(
            open_count=Count("differences", filter=Q(differences__explained_at=None))
        )

    @admin.display(description=_("待处理差异"))
    def open_differences(self, bill: TradeBill) -> int:
        return int(getattr(bill, "open_count", 0))


@admin.register(BillLine)
class BillLinePage(ReadOnlyAdmin):
    """Every line of every bill."""

    platform = owner = clerk = VIEW
    list_display = ["happened_at", "kind", "out_trade_no", "out_refund_no", "paid", "refunded"]
    list_filter = ["kind"]
    search_fields = ["=out_trade_no", "=out_refund_no", "=transaction_id"]
    list_select_related = ["bill", "store"]
    ordering = ["-id"]

    @admin.display(description=_("订单金额（元）"))
    def paid(self, line: BillLine) -> str:
        return yuan(line.amount_fen)

    @admin.display(description=_("申请退款（元）"))
    def refunded(self, line: BillLine) -> str:
        return yuan(line.refund_fen)


@admin.register(BillDifference)
class BillDifferencePage(ReadOnlyAdmin):
    """Where bill and books disagree, until a person has said why."""

    platform = owner = frozenset({"view", "change"})
    clerk = VIEW
    list_display = ["found_at", "side", "kind", "reference", "ours", "theirs", "explained_at"]
    list_filter = ["side", "kind", ("explained_at", admin.EmptyFieldListFilter)]
    search_fields = ["=reference", "=order_ref"]
    list_select_related = ["bill", "store"]
    ordering = ["-id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [f for f in super().get_readonly_fields(request, obj) if f != "explanation"]

    @admin.display(description=_("这里（元）"))
    def ours(self, difference: BillDifference) -> str:
        return "—" if difference.ours_fen is None else yuan(difference.ours_fen)

    @admin.display(description=_("账单（元）"))
    def theirs(self, difference: BillDifference) -> str:
        return "—" if difference.theirs_fen is None else yuan(difference.theirs_fen)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        difference_explain(
            difference_id=obj.pk,
            explanation=form.cleaned_data["explanation"],
            by_id=request.user.pk,  # type: ignore[arg-type]
            now=clock.now(),
        )
