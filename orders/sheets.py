"""Spreadsheets of what is to be sent: written for people, read without trust.

What is written cannot become a formula in anybody's office program; what is read is bounded in
bytes, in unpacked bytes, in rows and in columns.
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from orders.models import Order, Shipment

MAX_BYTES = 2 * 1024 * 1024
MAX_UNPACKED = 20 * 1024 * 1024
MAX_ROWS = 500
MAX_COLUMNS = 30
MAX_CELL = 200
SEPARATOR = "；"

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ORDER, CARRIER, TRACKING = gettext_lazy("订单号"), gettext_lazy("快递公司"), gettext_lazy("运单号")
HEAD = (
    ORDER,
    gettext_lazy("收货人"),
    gettext_lazy("手机"),
    gettext_lazy("地区"),
    gettext_lazy("详细地址"),
    gettext_lazy("商品"),
    gettext_lazy("件数"),
    gettext_lazy("买家留言"),
    CARRIER,
    TRACKING,
)
WIDTHS = (28, 12, 14, 24, 36, 40, 8, 24, 14, 24)
# What office programs take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class SheetRefused(Exception):
    """The file cannot be read; the message says why, for the person who sent it."""


@dataclass(frozen=True)
class SheetRow:
    """A row as it was typed; `number` is what the office program shows beside it."""

    number: int
    order_ref: str
    carrier: str
    tracking_no: str


def harmless(text: str) -> str:
    """Text that no office program takes for a formula."""
    text = "".join(c for c in text if c.isprintable() or c == " ")
    return f"'{text}" if text.startswith(FORMULA) else text


def to_ship_sheet(orders: Iterable[Order], *, left_out: str = "") -> bytes:
    """The orders as a spreadsheet with two empty columns to fill in; what was `left_out` is said on
    a sheet of its own, which nobody uploads. Lines are prefetched."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = _("待发货")
    sheet.append([str(name) for name in HEAD])
    for order in orders:
        lines = [line for line in order.lines.all() if line.left]
        sheet.append(
            [
                order.public_id,
                harmless(order.recipient),
                harmless(order.phone),
                harmless(order.region),
                harmless(order.street),
                harmless(
                    SEPARATOR.join(f"{one.title} {one.sku_name} × {one.left}" for one in lines)
                ),
                sum(line.left for line in lines),
                harmless(order.note),
                "",
                "",
            ]
        )
    for index, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    for row in sheet.iter_rows(min_row=2):
        row[-1].number_format = "@"
    sheet.freeze_panes = "A2"
    if left_out:
        book.create_sheet(_("说明")).append([left_out])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_read(data: bytes) -> list[SheetRow]:
    """The filled-in rows of an uploaded spreadsheet. Raises SheetRefused."""
    if len(data) > MAX_BYTES:
        raise SheetRefused(_("文件太大了，最多 2 MB。"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
                raise SheetRefused(_("文件太大了，请只保留需要发货的行。"))
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        rows = list(
            book.worksheets[0].iter_rows(
                max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS, values_only=True
            )
        )
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        ParseError,
        KeyError,
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
        OSError,
        EOFError,
    ) as broken:
        raise SheetRefused(_("打不开这个文件：请上传 .xlsx 表格。")) from broken
    return _rows(rows)


def carrier_code(text: str) -> str:
    """The carrier that a person means by its code or its name; "" for none that we know."""
    text = text.strip().lower()
    for code, label in Shipment.Carrier.choices:
        if text in {code, str(label).lower(), str(label)[:2].lower()}:
            return code
    return ""


def _rows(rows: Sequence[Sequence[Any]]) -> list[SheetRow]:
    head = [_text(cell) for cell in rows[0]] if rows else []
    wanted = [str(name) for name in (ORDER, CARRIER, TRACKING)]
    missing = [name for name in wanted if name not in head]
    if missing:
        raise SheetRefused(
            _("第一行缺少这些列：%(names)s。请用下载的表格填写。") % {"names": ", ".join(missing)}
        )
    if len(rows) > MAX_ROWS + 1:
        raise SheetRefused(_("一次最多 %(count)d 行，请分几次上传。") % {"count": MAX_ROWS})
    places = [head.index(name) for name in wanted]
    found = []
    for number, row in enumerate(rows[1:], start=2):
        order_ref, carrier, tracking_no = (
            _text(row[place]) if place < len(row) else "" for place in places
        )
        if order_ref or carrier or tracking_no:
            found.append(SheetRow(number, order_ref, carrier, tracking_no))
    return found


def _text(cell: Any) -> str:
    """A cell as text; a number that lost its last digits is marked, so that it is refused."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and cell >= 10**15:
        return f"#{cell}"
    return str(cell).strip().removeprefix("'")[:MAX_CELL]
