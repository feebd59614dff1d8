"""Invoices: asked for by the buyer after paying, uploaded or declined by the merchant."""

import io
import zipfile
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from core.facts import facts_record
from core.ids import random_token
from orders.events import InvoiceRequested, InvoiceReversed
from orders.invoices import over_fens
from orders.locks import order_lock, order_lock_by_ref, reversed_raise
from orders.models import Invoice
from orders.states import INVOICE, InvoiceState, OrderState
from orders.tax import credit_code_clean, credit_code_is_sound
from payments.queries import order_money

MAX_BYTES = 5 * 1024 * 1024
TYPES = {"pdf": "application/pdf", "ofd": "application/ofd"}
PAID = (OrderState.TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)


class InvoiceRefused(Exception):
    """It cannot be asked for, issued or declined; the message says why, for who tried."""


def invoice_storage() -> FileSystemStorage:
    """Outside of what the proxy serves."""
    return FileSystemStorage(location=settings.PRIVATE_ROOT)


def invoice_request(
    *, order_id: int, kind: str, title: str, tax_no: str, email: str, now: datetime
) -> Invoice:
    """The buyer asks for an invoice, or asks again after a refusal with what was corrected.

    Raises InvoiceRefused for an order that is not paid (or all refunded), one that was asked for
    before, and for particulars that cannot be.
    """
    fields = _checked(kind=kind, title=title, tax_no=tax_no, email=email)
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state not in PAID or invoice_fen(order.public_id) <= 0:
            raise InvoiceRefused(_("付款并且订单有效后才能申请发票。"))
        invoice = Invoice.objects.filter(order=order).first()
        if invoice is None:
            invoice = Invoice.objects.create(
                store_id=order.store_id, order=order, requested_at=now, **fields
            )
            facts_record(InvoiceRequested.of(invoice), now=now)
            return invoice
        if not INVOICE.move_row(
            invoice, "ask_again", now=now, changes={**fields, "requested_at": now}
        ):
            raise InvoiceRefused(_("这个订单已经申请过发票，不必重复申请。"))
        return invoice


def invoice_issue(*, invoice_id: int, data: bytes, by_id: int | None, now: datetime) -> Invoice:
    """Keep the uploaded PDF or OFD. Raises InvoiceRefused, for an order too of which nothing is kept;
    an issued invoice is never replaced.

    The file comes first: a process killed in between leaves a file that nobody refers to.
    """
    suffix = file_kind(data)
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.state != InvoiceState.REQUESTED:
        raise InvoiceRefused(_("这张发票不是待开票的状态，没有改动。"))
    storage = invoice_storage()
    name = storage.save(
        f"invoices/{invoice.store_id}/{random_token(26)}.{suffix}", ContentFile(data)
    )
    changes = {"file": name, "issued_at": now, "by_id": by_id, "decline_reason": ""}
    with transaction.atomic():
        order = order_lock(invoice.order_id)
        worth_fen = invoice_fen(order.public_id) if order.state in PAID else 0
        issued = worth_fen > 0 and INVOICE.move_row(
            invoice, "issue", now=now, changes={**changes, "issued_fen": worth_fen}
        )
    if not issued:
        storage.delete(name)
        if worth_fen <= 0:
            raise InvoiceRefused(_("这个订单的款项已经全部退回，没有可以开票的金额。"))
        raise InvoiceRefused(_("这张发票不是待开票的状态，没有改动。"))
    return invoice


def invoice_fen(order_ref: str) -> int:
    """What an invoice of the order is for: what is kept and stays kept, in fen."""
    money = order_money(order_ref)
    return money.kept_fen - money.refunding_fen


def invoice_end_if_refunded(*, order_ref: str, now: datetime) -> bool:
    """Nothing of the order's money is kept: a request for its invoice waits for nobody any more.
    False when there is none, or something is kept.

    Whoever asks for money back holds the order's lock, as whoever asks for an invoice does: a request
    that is not seen here comes after the money, and is refused.
    """
    if not Invoice.objects.filter(order__public_id=order_ref).exists():
        return False
    with transaction.atomic():
        order = order_lock_by_ref(order_ref)
        if order is None or order.payment_id is None or invoice_fen(order_ref) > 0:
            return False
        invoice = Invoice.objects.filter(order=order).first()
        reason = _("款项已全部退回，不能再开票")
        # By nobody, even if somebody declined an earlier request: that tells it from a refusal.
        changes = {"decline_reason": reason, "declined_at": now, "by_id": None}
        return invoice is not None and INVOICE.move_row(
            invoice, "decline", now=now, changes=changes
        )


def invoice_decline(*, invoice_id: int, reason: str, by_id: int | None, now: datetime) -> Invoice:
    """Say why it cannot be issued; the buyer reads it. Raises InvoiceRefused."""
    invoice = Invoice.objects.get(pk=invoice_id)
    changes = {"decline_reason": reason[:120], "declined_at": now, "by_id": by_id}
    with transaction.atomic():
        if not INVOICE.move_row(invoice, "decline", now=now, changes=changes):
            raise InvoiceRefused(_("这张发票不是待开票的状态，没有改动。"))
    return invoice


def invoice_reverse(*, invoice_id: int, upto_fen: int, now: datetime) -> bool:
    """The store has taken back so much of its invoice, in all, by credit notes (红字发票). False when
    that was said before. Raises InvoiceRefused for more than went back of the order's money."""
    with transaction.atomic():
        invoice = Invoice.objects.select_related("order").get(pk=invoice_id)
        if upto_fen > invoice.reversed_fen + over_fens([invoice]).get(invoice.pk, 0):
            raise InvoiceRefused(_("退回的款没有这么多，请刷新页面，按页面上的金额红冲。"))
        if not reversed_raise(invoice.pk, upto_fen=upto_fen, now=now):
            return False
        facts_record(InvoiceReversed.of(invoice), now=now)
        return True


def invoice_file(invoice: Invoice) -> tuple[bytes, str]:
    """The file and its content type. Raises FileNotFoundError when there is none (any more)."""
    if invoice.state != InvoiceState.ISSUED:
        raise FileNotFoundError(invoice.public_id)
    with invoice_storage().open(invoice.file) as kept:
        return kept.read(), TYPES[invoice.file.rpartition(".")[2]]


def file_kind(data: bytes) -> str:
    """ "pdf" or "ofd", by what the file is, not by its name. Raises InvoiceRefused."""
    if len(data) > MAX_BYTES:
        raise InvoiceRefused(_("发票文件最大 5 MB。"))
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]:
        return "pdf"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if "OFD.xml" in packed.namelist():
                return "ofd"
    except zipfile.BadZipFile:
        pass
    raise InvoiceRefused(_("请上传 PDF 或 OFD 格式的发票文件。"))


def _checked(*, kind: str, title: str, tax_no: str, email: str) -> dict[str, str]:
    title, email = title.strip(), email.strip()
    tax_no = credit_code_clean(tax_no) if kind == Invoice.Kind.COMPANY else ""
    if kind not in Invoice.Kind.values:
        raise InvoiceRefused(_("请选择抬头类型：个人或企业。"))
    if not 1 <= len(title) <= 100 or not title.isprintable():
        raise InvoiceRefused(_("请填写发票抬头，最多 100 个字。"))
    if kind == Invoice.Kind.COMPANY and not credit_code_is_sound(tax_no):
        raise InvoiceRefused(_("统一社会信用代码不对：应为 18 位，请对照营业执照核对。"))
    try:
        if email:
            validate_email(email)
    except ValidationError as wrong:
        raise InvoiceRefused(_("请填写正确的邮箱地址，或者留空。")) from wrong
    return {"kind": kind, "title": title, "tax_no": tax_no, "email": email}
