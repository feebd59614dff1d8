"""Printed papers: what to take from the shelves, and what to stick on a parcel."""

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from core.pdf import paper_font
from orders.models import Order
from orders.words import moved_words

MAX_ORDERS = 200
LABEL = (100 * mm, 150 * mm)


def _style(size: int) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}", fontName=paper_font(), fontSize=size, leading=size * 1.4, wordWrap="CJK"
    )


def picking_list(orders: Sequence[Order], *, left_out: str = "") -> bytes:
    """How many of what to take, then order by order, a row for each line; `left_out` says what was
    chosen and is not on it. Lines are prefetched."""
    head, text = _style(16), _style(10)
    totals: dict[tuple[str, str], int] = {}
    for order in orders:
        for line in order.lines.all():
            if line.left:
                key = (line.title, line.sku_name)
                totals[key] = totals.get(key, 0) + line.left
    rows = [[_p(_("商品"), text), _p(_("规格"), text), _p(_("件数"), text)]]
    rows += [[_p(a, text), _p(b, text), _p(str(n), text)] for (a, b), n in sorted(totals.items())]
    parts = [
        _p(_("拣货单（%(count)d 个订单）") % {"count": len(orders)}, head),
        *([_p(left_out, text)] if left_out else []),
        Spacer(1, 4 * mm),
        _grid(rows, [90 * mm, 60 * mm, 20 * mm]),
        Spacer(1, 8 * mm),
    ]
    rows = [[_p(_("订单"), text), _p(_("商品"), text), _p(_("买家留言"), text)]]
    for order in orders:
        name = f"{order.public_id} {moved_words(order)}"
        # A row for each line: a row longer than a page could not be set at all.
        for number, line in enumerate(one for one in order.lines.all() if one.left):
            shown = (name, order.note) if number == 0 else ("", "")
            item = f"{line.title} {line.sku_name} × {line.left}"
            rows.append([_p(shown[0], text), _p(item, text), _p(shown[1], text)])
    parts.append(_grid(rows, [55 * mm, 75 * mm, 40 * mm]))
    return _built(parts, A4, margin=15 * mm)


def shipping_labels(orders: Sequence[Order], *, left_out: str = "") -> bytes:
    """A label of 100 × 150 mm for each order, and one more for what was `left_out`. Store and lines
    are prefetched."""
    head, text = _style(16), _style(10)
    parts: list[object] = []
    for order in orders:
        if parts:
            parts.append(PageBreak())
        parts += [
            _p(_("收件"), text),
            _p(f"{order.recipient} {order.phone}", head),
            _p(f"{order.region} {order.street}", head),
            Spacer(1, 6 * mm),
            _p(
                _("寄件：%(store)s %(phone)s")
                % {"store": order.store.name, "phone": order.store.phone},
                text,
            ),
            Spacer(1, 6 * mm),
            *[
                _p(f"{one.title} {one.sku_name} × {one.left}", text)
                for one in order.lines.all()
                if one.left
            ],
            Spacer(1, 6 * mm),
            _p(f"{order.public_id} · {timezone.localtime(order.placed_at):%Y-%m-%d %H:%M}", text),
            _p(moved_words(order), text),
        ]
    if left_out:
        parts += [PageBreak(), _p(left_out, head)]
    return _built(parts, LABEL, margin=6 * mm)


def _p(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(str(text)), style)


def _grid(rows: list[list[Paragraph]], widths: list[float]) -> Table:
    table = Table(rows, colWidths=widths, repeatRows=1)
    line = ("GRID", (0, 0), (-1, -1), 0.4, colors.grey)
    table.setStyle(TableStyle([line, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _built(parts: Sequence[object], size: tuple[float, float], *, margin: float) -> bytes:
    out = io.BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=size,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
    ).build(list(parts))
    return out.getvalue()
